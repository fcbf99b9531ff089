//! Pages: plain HTML that works without scripts.

use crate::{Problem, Response, response::html};
use askama::Template;

/// What every page has around its content.
#[derive(Template)]
#[template(path = "base.html")]
struct Layout<'a> {
    title: &'a str,
    content: &'a str,
}

/// A page that says one thing.
#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub(crate) struct Notice<'a> {
    /// In a few words.
    pub(crate) title: &'a str,
    /// In a sentence.
    pub(crate) message: &'a str,
    /// The problem's code, for programs that look at the page.
    pub(crate) code: &'a str,
}

/// Answers with a page: `content` is the template of what it shows. It may not
/// be framed or kept, sends no referrer (its address may hold a token), loads
/// nothing and runs no scripts.
pub fn page(title: &str, content: &impl Template) -> Result<Response, Problem> {
    let written = content.render().and_then(|content| {
        Layout {
            title,
            content: &content,
        }
        .render()
    });
    Ok(secured(html(written.map_err(|error| broken(&error))?)))
}

/// Answers with a page that is a whole document already.
pub fn document_page(document: &impl Template) -> Result<Response, Problem> {
    Ok(secured(html(
        document.render().map_err(|error| broken(&error))?,
    )))
}

fn secured(response: Response) -> Response {
    response
        .with_header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-frame-options", "DENY")
        .with_header("x-robots-tag", "noindex, nofollow")
}

fn broken(error: &askama::Error) -> Problem {
    tracing::error!(%error, "failed to write a page");
    Problem::internal()
}
