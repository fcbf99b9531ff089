//! Receivers that ask instead of being told: they read the list of events, again
//! and again, each time behind the last event that they have.

use e2e::Actor;
use serde_json::Value;

/// A receiver that pulls.
#[derive(Default)]
pub(crate) struct Puller {
    /// What it has, in the order in which it came.
    pub(crate) events: Vec<Value>,
}

impl Puller {
    /// Asks once; answers whether there was something new.
    pub(crate) async fn pull(&mut self, actor: &Actor, limit: u8) -> bool {
        let path = match self.events.last() {
            Some(last) => format!("/v1/events?after={}&limit={limit}", e2e::id(last)),
            None => format!("/v1/events?settled=true&limit={limit}"),
        };
        let answer = actor.get(&path).await;
        // Whatever went wrong, it asks again later.
        let page = match answer.body["data"].as_array() {
            Some(page) if answer.status == 200 => page.as_slice(),
            _ => return false,
        };
        self.events.extend_from_slice(page);
        !page.is_empty()
    }
}
