//! Pages: plain HTML that works without scripts, in the colours of the
//! workspace, light or dark as the reader's system is.

use crate::{Problem, Response, response::html};
use askama::Template;
use portico_domain::{Accent, Workspace};
use portico_keys::sha256_base64;

const STYLE: &str = include_str!("../templates/style.css");

/// What every page has around its content.
#[derive(Template)]
#[template(path = "base.html")]
struct Layout<'a> {
    title: &'a str,
    brand: Option<&'a Brand>,
    theme: &'a str,
    style: &'a str,
    content: &'a str,
}

/// How a workspace shows itself to its clients.
#[derive(Clone, Debug)]
pub struct Brand {
    name: String,
    logo: Option<String>,
    accent: Accent,
}

impl Brand {
    /// The brand of a workspace.
    pub fn of(workspace: &Workspace) -> Self {
        Self {
            name: workspace.name.clone(),
            logo: workspace
                .logo_url
                .as_ref()
                .map(|link| link.as_str().to_owned()),
            accent: Accent::of(workspace.accent_color.as_deref()),
        }
    }

    /// What stands for a logo where there is none.
    fn initial(&self) -> String {
        let first = self.name.chars().find(|letter| letter.is_alphanumeric());
        first.into_iter().flat_map(char::to_uppercase).collect()
    }
}

/// The colours of a page.
fn theme(accent: &Accent) -> String {
    let Accent {
        fill,
        on_fill,
        on_light,
        on_dark,
    } = accent;
    format!(
        ":root{{color-scheme:light dark;--page:#f4f4f6;--card:#fff;--ink:#1d1d24;--soft:#51515e;--line:#767684;--edge:#dcdce2;--bad:#b3261e;--bad-back:#fdeeed;--fill:{fill};--on-fill:{on_fill};--accent:{on_light}}}\
         @media (prefers-color-scheme:dark){{:root{{--page:#131318;--card:#1f1f27;--ink:#ececf1;--soft:#b4b4c0;--line:#8a8a99;--edge:#34343f;--bad:#f2b8b5;--bad-back:#46201f;--accent:{on_dark}}}}}"
    )
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
    /// Where to go on, and what that is called.
    pub(crate) way: Option<(&'a str, &'a str)>,
}

/// Answers with a page of Portico's own: `content` is the template of what it
/// shows. It may not be framed or kept, sends no referrer (its address may hold
/// a token), loads nothing and runs no scripts.
pub fn page(title: &str, content: &impl Template) -> Result<Response, Problem> {
    lay_out(None, &Accent::of(None), title, content)
}

/// Answers with a page of a workspace, which may load the workspace's logo
/// besides.
pub fn branded_page(
    brand: &Brand,
    title: &str,
    content: &impl Template,
) -> Result<Response, Problem> {
    lay_out(Some(brand), &brand.accent, title, content)
}

/// Answers with a page that is a whole document already.
pub fn document_page(document: &impl Template) -> Result<Response, Problem> {
    let document = document.render().map_err(|error| broken(&error))?;
    Ok(secured(html(document), "style-src 'unsafe-inline'"))
}

fn lay_out(
    brand: Option<&Brand>,
    accent: &Accent,
    title: &str,
    content: &impl Template,
) -> Result<Response, Problem> {
    let theme = theme(accent);
    let written = content.render().and_then(|content| {
        Layout {
            title,
            brand,
            theme: &theme,
            style: STYLE,
            content: &content,
        }
        .render()
    });
    // Exactly these two style sheets: whatever else finds its way into a page
    // does nothing.
    let mut sources = format!(
        "style-src 'sha256-{}' 'sha256-{}'",
        sha256_base64(&theme),
        sha256_base64(STYLE)
    );
    if let Some(logo) = brand.and_then(|brand| brand.logo.as_deref()) {
        // The host alone: a path could hold what ends a directive.
        let host = logo.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        sources = format!("{sources}; img-src {host}");
    }
    let written = written.map_err(|error| broken(&error))?;
    Ok(secured(html(written), &sources))
}

fn secured(response: Response, sources: &str) -> Response {
    let policy = format!(
        "default-src 'none'; {sources}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    response
        .with_header("content-security-policy", &policy)
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-frame-options", "DENY")
        .with_header("x-robots-tag", "noindex, nofollow")
}

fn broken(error: &askama::Error) -> Problem {
    tracing::error!(%error, "failed to write a page");
    Problem::internal()
}
