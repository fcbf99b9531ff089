//! Links to pages and pictures of others, as callers give them.
//!
//! Portico never follows them; they are shown to people. So what is checked is
//! that a browser may be sent there: the scheme, and that the link hides
//! nothing.

use crate::Invalid;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The longest link; browsers and proxies cut longer ones.
const MAX_LENGTH: usize = 2_048;

/// A link to a page or a picture on the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebLink(String);

impl WebLink {
    /// Checks that the text in `field` is a link that begins with `https://`.
    pub fn https(field: &str, text: &str) -> Result<Self, Invalid> {
        Self::parse(field, text, &["https"])
    }

    /// Checks that the text in `field` is a link to the web, safe or not.
    pub fn http(field: &str, text: &str) -> Result<Self, Invalid> {
        Self::parse(field, text, &["https", "http"])
    }

    fn parse(field: &str, text: &str, schemes: &[&str]) -> Result<Self, Invalid> {
        let text = text.trim();
        let invalid = |message: &str| Err(Invalid::new(field, "url_invalid", message));
        if text.is_empty() {
            return Err(Invalid::missing(field));
        }
        if text.len() > MAX_LENGTH {
            return invalid(&format!("a link has at most {MAX_LENGTH} characters"));
        }
        let Ok(url) = Url::parse(text) else {
            return invalid("this is not a link such as https://example.com/page");
        };
        if !schemes.contains(&url.scheme()) {
            return invalid(&format!("a link here begins with {}://", schemes[0]));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("a link may not carry a user name or a password");
        }
        match url.host() {
            Some(Host::Domain(name)) if name.trim_end_matches('.').contains('.') => {
                Ok(Self(url.to_string()))
            }
            _ => invalid("a link names a host of the web, such as example.com"),
        }
    }

    /// The link in its canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_kept_in_their_canonical_form() {
        let link = WebLink::https("website", " HTTPS://Example.com ").map(|link| link.0);

        assert_eq!(link, Ok("https://example.com/".to_owned()));
    }

    #[test]
    fn what_a_browser_should_not_be_sent_to_is_refused() {
        for text in [
            "",
            "example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://example.com/",
            "https://user:pass@example.com/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f000001/",
            &format!("https://example.com/{}", "a".repeat(2_048)),
        ] {
            let refused = WebLink::https("website", text);
            assert!(
                refused.is_err_and(|invalid| invalid.field == "website"),
                "{text}"
            );
        }
        assert!(WebLink::http("url", "http://example.com/").is_ok());
    }
}
