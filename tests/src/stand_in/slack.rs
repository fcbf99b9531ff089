//! A Slack channel with an incoming webhook, as `docs.slack.dev` describes it.

use super::{Asked, StandIn, Told};
use std::sync::{Arc, Mutex};

/// The path of the webhook.
pub const PATH: &str = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";

/// A Slack channel.
pub struct Slack {
    /// The requests that it got.
    pub stand_in: StandIn,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Slack {
    /// A channel without messages.
    pub async fn start() -> Self {
        let messages: Arc<Mutex<Vec<String>>> = Arc::default();
        let inside = Arc::clone(&messages);
        let answer = move |asked: &Asked| match message(asked) {
            Ok(text) => {
                inside.lock().expect("no test panicked").push(text);
                Told::text(200, "ok")
            }
            Err(told) => told,
        };
        Self {
            stand_in: StandIn::start(answer).await,
            messages,
        }
    }

    /// Where the webhook is.
    pub fn webhook_url(&self) -> String {
        format!("{}{PATH}", self.stand_in.base)
    }

    /// The messages in the channel, as people read them.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().expect("no test panicked").clone()
    }
}

fn message(asked: &Asked) -> Result<String, Told> {
    if asked.path != PATH {
        return Err(Told::text(404, "no_service"));
    }
    let payload = asked.json();
    if asked.method != "POST" || !asked.is_json() || !payload.is_object() {
        return Err(Told::text(400, "invalid_payload"));
    }
    let text = payload["text"].as_str().unwrap_or_default();
    if text.is_empty() {
        return Err(Told::text(400, "no_text"));
    }
    // Slack shows such a text all the same, but not as it was meant.
    let bare = text
        .replace("&amp;", "")
        .replace("&lt;", "")
        .replace("&gt;", "");
    assert!(!bare.contains(['&', '<', '>']), "not escaped: {text}");
    Ok(text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&"))
}
