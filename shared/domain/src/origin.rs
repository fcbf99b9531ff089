//! Where a change comes from: who asked for it, with what, and from where.

use crate::{Actor, ApiKeyId};
use serde::{Deserialize, Serialize};

/// How many characters of a user agent are kept; browsers send about 120.
const MAX_USER_AGENT: usize = 300;

/// Where a change comes from. It goes into the audit log and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Who asked.
    pub actor: Actor,
    /// By which way.
    pub source: ChangeSource,
    /// The key that was shown, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<ApiKeyId>,
    /// The network address of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// What the caller's program calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The request, as the log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// By which way a change came, in the compatible API's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeSource {
    /// The API, with a key.
    Platform,
    /// A page, by a person who is signed in or has a link.
    Web,
    /// A rule that the workspace has set up.
    Automation,
    /// Portico itself, such as a scheduled function.
    System,
}

impl Origin {
    /// Portico itself, with no request behind it.
    pub const fn system() -> Self {
        Self {
            actor: Actor::System,
            source: ChangeSource::System,
            api_key_id: None,
            ip: None,
            user_agent: None,
            request_id: None,
        }
    }

    /// A request by this actor.
    pub fn request(
        actor: Actor,
        source: ChangeSource,
        ip: Option<&str>,
        user_agent: Option<&str>,
        request_id: &str,
    ) -> Self {
        Self {
            actor,
            source,
            api_key_id: None,
            ip: ip.map(ToOwned::to_owned),
            user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
            request_id: Some(request_id.to_owned()),
        }
    }
}
