//! Which events an endpoint wants.

use crate::{
    EventName, EventType, Invalid,
    event::{is_ours, nearest, parts, resembled},
    text,
};
use serde::{Deserialize, Serialize};

/// More filters than there are event types would only repeat some.
const MAX_FILTERS: usize = 100;

/// Which events an endpoint wants: `*`, all of an object (`client.*`), or one
/// type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct EventFilter(String);

impl EventFilter {
    /// Checks the filter in `field`. What apps call their events nobody knows
    /// beforehand, so any name that one could give is good; one that is nearly
    /// ours no app can give.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let is_object = |object: &str| {
            EventType::ALL
                .iter()
                .any(|kind| belongs_to(kind.name(), object))
                || (parts(&format!("{object}.x")).is_some()
                    && !is_ours(object)
                    && resembled(object).is_none())
        };
        let known = text == "*"
            || EventName::parse(text).is_some()
            || text.strip_suffix(".*").is_some_and(is_object);
        if known {
            return Ok(Self(text.to_owned()));
        }
        let shown = text::line(field, text, 1, 100)?;
        if nearest(&shown).is_some() {
            return Err(EventType::unknown(field, &shown));
        }
        let message = format!(
            "there is no event type {shown:?}; use *, an object such as client.*, or a type such as client.created"
        );
        Err(Invalid::new(field, "event_type_unknown", message))
    }

    /// Checks the `eventTypes` of an endpoint, which are kept once each. Those
    /// that it has already may stay, whatever is accepted now.
    pub fn parse_all(given: &[String], present: &[Self]) -> Result<Vec<Self>, Invalid> {
        if given.is_empty() || given.len() > MAX_FILTERS {
            let message = format!("eventTypes has 1 to {MAX_FILTERS} entries");
            return Err(Invalid::new("eventTypes", "event_types_invalid", message));
        }
        let each = given.iter().enumerate().map(|(place, text)| {
            let known = present.iter().find(|one| one.0 == *text).cloned();
            known.map_or_else(|| Self::parse(&format!("eventTypes[{place}]"), text), Ok)
        });
        once_each(each)
    }

    /// Checks the `eventType` of a list, which can be several.
    pub fn parse_query(given: &[String]) -> Result<Vec<Self>, Invalid> {
        if given.len() > MAX_FILTERS {
            let message = format!("eventType is {MAX_FILTERS} types at most");
            return Err(Invalid::new("eventType", "event_types_invalid", message));
        }
        once_each(given.iter().map(|text| Self::parse("eventType", text)))
    }

    /// Whether it lets everything through.
    pub fn is_all(&self) -> bool {
        self.0 == "*"
    }

    /// The one type that it lets through, if it is one.
    pub fn single(&self) -> Option<&str> {
        (!self.0.ends_with('*')).then_some(&self.0)
    }

    /// How every type begins that it lets through, if it is all of an object.
    pub fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*').filter(|prefix| !prefix.is_empty())
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

fn once_each(
    filters: impl Iterator<Item = Result<EventFilter, Invalid>>,
) -> Result<Vec<EventFilter>, Invalid> {
    let mut kept = Vec::new();
    for filter in filters {
        let filter = filter?;
        if !kept.contains(&filter) {
            kept.push(filter);
        }
    }
    Ok(kept)
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
    fn a_list_names_each_filter_once_and_keeps_what_is_there() {
        let list = |given: &[&str]| {
            given
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let given = list(&["client.*", "client.created", "client.*"]);
        let filters = EventFilter::parse_all(&given, &[]);
        let filters = filters.expect("they are good");
        assert_eq!(filters.len(), 2);

        let slip = list(&["client.*", "clint.created"]);
        let refused = EventFilter::parse_all(&slip, &[]).expect_err("a slip");
        assert_eq!(refused.field, "eventTypes[1]");
        assert!(
            refused.message.contains("did you mean client.created?"),
            "{refused:?}"
        );
        let present = [EventFilter("clint.created".to_owned())];
        let kept = EventFilter::parse_all(&slip, &present);
        assert_eq!(kept.map(|kept| kept.len()).ok(), Some(2));
    }

    #[test]
    fn what_nothing_can_be_called_is_refused() {
        for text in [
            "",
            "client",
            "client.",
            "client.invented",
            "clint.created",
            "clients.*",
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
