//! Forms: that a request which changes something was sent from our own page.
//!
//! A browser sends cookies along whoever wrote the page that it shows. So what
//! comes with a cookie, and every form that somebody sends who is not signed in
//! yet, has to show two things: that it does not come from another site (the
//! browser says so itself), and the text that was written into the form for
//! this browser. The text goes with a cookie of its own and with the session,
//! so it is worth nothing in another browser or after another sign-in.

use crate::{
    Problem, Request,
    session::{cookie, cookie_session},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_app::App;
use portico_keys::random;

const FORM_COOKIE: &str = "__Host-portico-form";
/// The field of a form that carries the text; programs that hold a cookie put
/// it into the header of the same name.
const FIELD: &str = "csrf";
const HEADER: &str = "x-csrf-token";
/// A form stays good for as long as somebody may leave it open.
const LIFETIME_SECONDS: u64 = 24 * 60 * 60;

/// What a page with a form needs.
#[derive(Clone, Debug)]
pub struct FormToken {
    /// The value of the hidden field `csrf`.
    pub field: String,
    /// The cookie to set with the page.
    pub cookie: String,
}

/// The text for the forms of a page, and the cookie that goes with it. A
/// browser that has the cookie keeps it, so that pages side by side all work.
pub fn form_token(app: &App, request: &Request) -> Result<FormToken, Problem> {
    let nonce = match held(request) {
        Some(nonce) => nonce.to_owned(),
        None => URL_SAFE_NO_PAD.encode(random::<32>()?),
    };
    Ok(FormToken {
        field: app.keys.form_token(&binding(&nonce, request)),
        cookie: cookie(FORM_COOKIE, &nonce, LIFETIME_SECONDS),
    })
}

/// Refuses what was not sent from a page of ours. Reading is let through: it
/// changes nothing.
pub fn refuse_forgery(app: &App, request: &Request) -> Result<(), Problem> {
    if matches!(request.method.as_str(), "GET" | "HEAD") {
        return Ok(());
    }
    if !is_from_here(request) {
        return Err(Problem::form_refused());
    }
    if request.cookie(FORM_COOKIE).is_none() {
        return Err(Problem::form_without_cookie());
    }
    let shown = match request.header(HEADER) {
        Some(text) => Some(text.to_owned()),
        // A body that cannot be read carries nothing.
        None => request.field(FIELD).ok().flatten(),
    };
    let is_ours = held(request)
        .zip(shown)
        .is_some_and(|(nonce, shown)| app.keys.is_form_token(&binding(nonce, request), &shown));
    if is_ours {
        Ok(())
    } else {
        Err(Problem::form_refused())
    }
}

/// The same, for requests that anybody may send: only browsers are in danger,
/// and they ask for a page.
pub fn refuse_forged_form(app: &App, request: &Request) -> Result<(), Problem> {
    if request.wants_page() {
        refuse_forgery(app, request)
    } else {
        Ok(())
    }
}

fn held(request: &Request) -> Option<&str> {
    let is_nonce = |text: &&str| {
        text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    request.cookie(FORM_COOKIE).filter(is_nonce)
}

fn binding(nonce: &str, request: &Request) -> String {
    let session = cookie_session(request).map(|session| session.session_id.to_string());
    format!("{nonce}|{}", session.unwrap_or_default())
}

/// Whether the browser says that the request comes from our own pages. Those
/// that know `Sec-Fetch-Site` send it with every request; older ones send
/// `Origin` with every form.
fn is_from_here(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return site == "same-origin";
    }
    match (request.header("origin"), request.header("host")) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host)),
        (None, _) => true,
        (Some(_), None) => false,
    }
}
