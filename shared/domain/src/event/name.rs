//! What an event is called: a type of our catalogue, or a name that an app gave
//! an event of its own.

use super::{EventType, near::resembled};
use crate::Invalid;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt};

/// How many characters the name of an app's event has at most.
const MAX_LENGTH: usize = 100;

/// What our own events are about, now or in what is planned, and what the
/// compatible API's own are about: no app tells of these, so that a receiver
/// can believe what it is told of them.
const RESERVED: &[&str] = &[
    "channel",
    "contract",
    "event",
    "fileChannel",
    "file",
    "folder",
    "form",
    "formResponse",
    "import",
    "invoice",
    "link",
    "message",
    "messageChannel",
    "notification",
    "payment",
    "request",
    "service",
    "session",
    "subscription",
];

/// What an event is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    /// A type of the catalogue.
    Ours(EventType),
    /// An event of an app's own.
    OfApp(AppEvent),
}

/// The name of an event that an app has us send, such as `task.created`: what
/// it is about, and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppEvent(String);

impl AppEvent {
    /// The event with this name, if an app may send it.
    pub fn parse(field: &str, name: &str) -> Result<Self, Invalid> {
        let Some((object, _)) = parts(name) else {
            let message = format!(
                "the name of an event is an object and what happened to it, such as task.created: letters and digits, {MAX_LENGTH} at most"
            );
            return Err(Invalid::new(field, "event_type_invalid", message));
        };
        if is_ours(object) {
            let message = format!("events about {object} are told by Portico alone");
            return Err(Invalid::new(field, "event_type_reserved", message));
        }
        if let Some(known) = resembled(object) {
            let message = format!(
                "{object} is too much like {known}, whose events are told by Portico alone; use another word"
            );
            return Err(Invalid::new(field, "event_type_reserved", message));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as receivers see it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// What it is about.
    pub fn object(&self) -> &str {
        self.0.split_once('.').map_or(&self.0, |(object, _)| object)
    }
}

impl EventName {
    /// What is called so, if anything can be.
    pub fn parse(name: &str) -> Option<Self> {
        let ours = EventType::parse(name).map(Self::Ours);
        ours.or_else(|| AppEvent::parse("", name).ok().map(Self::OfApp))
    }

    /// The name as receivers see it.
    pub fn name(&self) -> &str {
        match self {
            Self::Ours(kind) => kind.name(),
            Self::OfApp(event) => event.name(),
        }
    }

    /// The type of the catalogue, if it is one.
    pub const fn ours(&self) -> Option<EventType> {
        match self {
            Self::Ours(kind) => Some(*kind),
            Self::OfApp(_) => None,
        }
    }
}

/// The two parts of the name of an app's event.
pub(crate) fn parts(name: &str) -> Option<(&str, &str)> {
    let (object, happened) = name.split_once('.')?;
    let is_word = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.chars().all(|one| one.is_ascii_alphanumeric())
    };
    (name.len() <= MAX_LENGTH && is_word(object) && is_word(happened)).then_some((object, happened))
}

/// Whether we alone tell of this kind of thing.
pub(crate) fn is_ours(object: &str) -> bool {
    let of_catalogue = || {
        EventType::ALL
            .iter()
            .filter_map(|kind| kind.name().split_once('.'))
    };
    // A name that differs in case alone would be mistaken for ours.
    RESERVED.iter().any(|one| one.eq_ignore_ascii_case(object))
        || of_catalogue().any(|(known, _)| known.eq_ignore_ascii_case(object))
}

impl From<EventType> for EventName {
    fn from(kind: EventType) -> Self {
        Self::Ours(kind)
    }
}

impl PartialEq<EventType> for EventName {
    fn eq(&self, kind: &EventType) -> bool {
        self.ours() == Some(*kind)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        if let Some(kind) = EventType::parse(&name) {
            return Ok(Self::Ours(kind));
        }
        // What an app was allowed to send stays what it was, also when its
        // object has become one of ours since.
        parts(&name)
            .map(|_| Self::OfApp(AppEvent(name.clone().into_owned())))
            .ok_or_else(|| D::Error::custom("not the name of an event"))
    }
}

impl schemars::JsonSchema for EventName {
    fn schema_name() -> Cow<'static, str> {
        "EventName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "What happened: a type of `GET /v1/event-types`, or what an app called an event of its own, such as `task.created`.",
            "pattern": "^[A-Za-z][A-Za-z0-9]*\\.[A-Za-z][A-Za-z0-9]*$",
            "examples": ["client.created", "task.created"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_names_its_events_after_its_own_things() {
        for name in ["task.created", "comment.created", "Task2.reOpened"] {
            let event = AppEvent::parse("event", name).expect(name);
            assert_eq!(event.name(), name);
        }
        for name in [
            "client.created",
            "client.invented",
            "Client.created",
            "clint.created",
            "clients.created",
            "invoice.paid",
            "import.completed",
        ] {
            let refused = AppEvent::parse("event", name).expect_err(name);
            assert_eq!(refused.code, "event_type_reserved", "{name}");
        }
        let long = format!("task.{}", "x".repeat(MAX_LENGTH));
        for name in [
            "",
            "task",
            "task.",
            ".created",
            "task.a.b",
            "task.*",
            "*",
            "tâche.faite",
            "task.1",
            "task.a b",
            &long,
        ] {
            let refused = AppEvent::parse("event", name).expect_err(name);
            assert_eq!(refused.code, "event_type_invalid", "{name}");
        }
    }

    #[test]
    fn names_are_read_as_they_were_written() {
        for name in ["client.created", "task.created", "import.laterOurs"] {
            let json = serde_json::Value::from(name);
            let read: EventName = serde_json::from_value(json.clone()).expect(name);
            assert_eq!(serde_json::to_value(&read).ok(), Some(json));
        }
        assert_eq!(
            EventName::parse("client.created"),
            Some(EventName::Ours(EventType::ClientCreated))
        );
        assert_eq!(EventName::parse("client.invented"), None);
        assert!(serde_json::from_value::<EventName>("nothing".into()).is_err());
    }
}
