//! Pictures: avatars of clients, icons of companies.

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
