//! Which events an endpoint wants.

use crate::{EventType, Invalid, text};
use serde::{Deserialize, Serialize};

/// Which events an endpoint wants: `*`, all of an object (`client.*`), or one
/// type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct EventFilter(String);

impl EventFilter {
    /// Checks the filter in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let known = text == "*"
            || EventType::parse(text).is_some()
            || text
                .strip_suffix(".*")
                .is_some_and(|object| EventType::ALL.iter().any(|kind| belongs_to(*kind, object)));
        if known {
            return Ok(Self(text.to_owned()));
        }
        let shown = text::line(field, text, 1, 100)?;
        let message = format!(
            "there is no event type {shown:?}; use *, an object such as client.*, or a type such as client.created"
        );
        Err(Invalid::new(field, "event_type_unknown", message))
    }

    /// Whether it lets this type through.
    pub fn matches(&self, kind: EventType) -> bool {
        self.0 == "*"
            || self.0 == kind.name()
            || self
                .0
                .strip_suffix(".*")
                .is_some_and(|object| belongs_to(kind, object))
    }
}

fn belongs_to(kind: EventType, object: &str) -> bool {
    kind.name()
        .split_once('.')
        .is_some_and(|(prefix, _)| prefix == object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_let_through_what_they_name() {
        let all = EventFilter("*".into());
        let clients = EventFilter("client.*".into());
        let one = EventFilter("client.created".into());

        assert!(all.matches(EventType::CompanyDeleted));
        assert!(clients.matches(EventType::ClientArchived));
        assert!(!clients.matches(EventType::CompanyClientAdded));
        assert!(one.matches(EventType::ClientCreated));
        assert!(!one.matches(EventType::ClientUpdated));
    }

    #[test]
    fn unknown_types_are_refused() {
        for text in [
            "",
            "client",
            "client.",
            "nobody.*",
            "client.created.*",
            "**",
        ] {
            assert!(EventFilter::parse("eventTypes[0]", text).is_err(), "{text}");
        }
    }
}
