//! Which events an endpoint wants.

use crate::{
    EventName, EventType, Invalid,
    event::{is_ours, parts},
    text,
};
use serde::{Deserialize, Serialize};

/// Which events an endpoint wants: `*`, all of an object (`client.*`), or one
/// type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct EventFilter(String);

impl EventFilter {
    /// Checks the filter in `field`. What apps call their events nobody knows
    /// beforehand, so any name that one could give is good.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let is_object = |object: &str| {
            EventType::ALL
                .iter()
                .any(|kind| belongs_to(kind.name(), object))
                || (parts(&format!("{object}.x")).is_some() && !is_ours(object))
        };
        let known = text == "*"
            || EventName::parse(text).is_some()
            || text.strip_suffix(".*").is_some_and(is_object);
        if known {
            return Ok(Self(text.to_owned()));
        }
        let shown = text::line(field, text, 1, 100)?;
        let message = format!(
            "there is no event type {shown:?}; use *, an object such as client.*, or a type such as client.created"
        );
        Err(Invalid::new(field, "event_type_unknown", message))
    }

    /// Whether it lets this through.
    pub fn matches(&self, event: &EventName) -> bool {
        let name = event.name();
        self.0 == "*"
            || self.0 == name
            || self
                .0
                .strip_suffix(".*")
                .is_some_and(|object| belongs_to(name, object))
    }
}

fn belongs_to(name: &str, object: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(prefix, _)| prefix == object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_through(filter: &str, name: &str) -> bool {
        let filter = EventFilter::parse("eventTypes[0]", filter).expect(filter);
        filter.matches(&EventName::parse(name).expect(name))
    }

    #[test]
    fn filters_let_through_what_they_name() {
        for (filter, name) in [
            ("*", "company.deleted"),
            ("*", "task.created"),
            ("client.*", "client.archived"),
            ("client.created", "client.created"),
            ("task.*", "task.created"),
            ("task.created", "task.created"),
        ] {
            assert!(lets_through(filter, name), "{filter} {name}");
        }
        for (filter, name) in [
            ("client.*", "company.clientAdded"),
            ("client.created", "client.updated"),
            ("task.*", "tasks.created"),
            ("task.created", "task.deleted"),
        ] {
            assert!(!lets_through(filter, name), "{filter} {name}");
        }
    }

    #[test]
    fn what_nothing_can_be_called_is_refused() {
        for text in [
            "",
            "client",
            "client.",
            "client.invented",
            "message.*",
            "client.created.*",
            "nobody.",
            "no body.*",
            "**",
            "*.*",
            ".*",
        ] {
            assert!(EventFilter::parse("eventTypes[0]", text).is_err(), "{text}");
        }
    }
}
