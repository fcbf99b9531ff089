//! Pictures: avatars of clients, icons of companies.

use crate::{Invalid, WebLink};
use serde::{Deserialize, Serialize};

/// A picture that browsers can load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// Where browsers load it.
    pub url: String,
    /// Its file, if we keep it; `None` for a link to somebody else's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Picture {
    /// The picture that a caller links to in `field` instead of the present one.
    /// An empty text or `null` takes it away; what is shown of the present one
    /// keeps it, so that what was read can be written back.
    pub fn parse(
        field: &str,
        link: Option<Option<String>>,
        present: Option<&Self>,
    ) -> Result<Option<Option<Self>>, Invalid> {
        let Some(text) = link else { return Ok(None) };
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Some(None));
        };
        if present.is_some_and(|present| present.url == text) {
            return Ok(None);
        }
        let url = WebLink::https(field, &text)?.as_str().to_owned();
        Ok(Some(Some(Self { url, file: None })))
    }
}
