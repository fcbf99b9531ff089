//! Events in the table: what every receiver is told, in the order in which it
//! happened.
//!
//! An event's body is stored as the text that receivers get, so it is the same
//! on every attempt.

use crate::{
    CommitError, DueKind, Error, Index, Page, PageRequest, Pattern, Store, WorkspaceStore,
    error::unless_condition_fails,
    item::{Attributes, expire_after, item, read},
    list::{Filter, Order, Question},
    pattern::Key,
    serialized, text,
};
use portico_domain::{
    DELIVERY_RETENTION, Event, EventFilter as TypeFilter, EventId, Task, Time, WorkspaceId, kind,
};
use serde::Deserialize;
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, OF_OBJECT, OF_TYPE];

const THIS: Pattern = Pattern::new(
    "events of a workspace in order, and this one",
    Index::Table,
    "WS#<workspace>#EV",
    "<event>",
);
const OF_OBJECT: Pattern = Pattern::new(
    "events of an object in order",
    Index::Gsi1,
    "WS#<workspace>#EV#OBJECT#<object>",
    "<event>",
);
const OF_TYPE: Pattern = Pattern::new(
    "events of a type in order",
    Index::Gsi2,
    "WS#<workspace>#EV#TYPE#<type>",
    "<event>",
);

pub(crate) const ENTITY: &str = "event";

/// The most bytes that the body of an event may have. Receivers refuse larger
/// requests, and an item of the table holds 400 KB.
pub const MAX_EVENT_LENGTH: usize = 256 * 1024;

/// Bodies of more bytes than this are noted in the log: Standard Webhooks
/// advises to stay below.
const LARGE_EVENT_LENGTH: usize = 20 * 1024;

/// Which events to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// What happened after this event.
    pub after: Option<EventId>,
    /// What happened to this object.
    pub object_id: Option<String>,
    /// What one of these lets through; everything, if empty.
    pub event_types: Vec<TypeFilter>,
    /// What happened before this.
    pub before: Option<EventId>,
    /// Whether the newest come first.
    pub is_newest_first: bool,
}

/// How many events a page of several types is picked out of.
const LOOKED_AT: u16 = 250;

#[derive(Deserialize)]
struct StoredEvent {
    body: String,
}

impl Store {
    /// The events of these tasks that there are, in the order in which they
    /// happened.
    pub async fn events_of(&self, tasks: &[Task<kind::Event>]) -> Result<Vec<Event>, Error> {
        let key = |task: &Task<kind::Event>| event_key(task.workspace_id, task.id);
        let items = self.get_many(tasks.iter().map(key).collect()).await?;
        let mut events: Vec<Event> = items
            .into_iter()
            .filter_map(|item| match read_event(item) {
                Ok(event) => Some(event),
                Err(error) => {
                    tracing::error!(?error, "an event cannot be read; passed over");
                    None
                }
            })
            .collect();
        events.sort_by_key(|event| event.id);
        Ok(events)
    }
}

impl WorkspaceStore<'_> {
    /// The event with this id.
    pub async fn event(&self, id: EventId) -> Result<Option<Event>, Error> {
        let stored: Option<StoredEvent> = self.fetch(ENTITY, &event_key(self.id, id)).await?;
        stored.as_ref().map(parse).transpose()
    }

    /// Events that pass the filter, in order. One Query: of one type they
    /// are read from an index that has only these, of several types they are
    /// picked out of [`LOOKED_AT`] events at most.
    pub async fn events(
        &self,
        filter: EventFilter,
        page: &PageRequest,
    ) -> Result<Page<Event>, Error> {
        let w = &self.id;
        let order = if filter.is_newest_first {
            Order::NewestFirst
        } else {
            Order::OldestFirst
        };
        let list = |pattern: Pattern, partition| Question::new(pattern.index, partition, order);
        let is_narrow = !filter.event_types.iter().any(TypeFilter::is_all);
        let kinds = if is_narrow { &*filter.event_types } else { &[] };
        let single = match kinds {
            [one] => one.single(),
            _ => None,
        };
        let picked = type_filter(kinds);
        let is_picked = !picked.is_empty() && (filter.object_id.is_some() || single.is_none());
        let question = match (filter.object_id, single) {
            (Some(object), _) => list(OF_OBJECT, OF_OBJECT.partition(&[w, &object])),
            (None, Some(kind)) => list(OF_TYPE, OF_TYPE.partition(&[w, &kind])),
            (None, None) => list(THIS, THIS.partition(&[w])),
        };
        let question = if is_picked {
            question.filter_mixed("eventType", picked)
        } else {
            question
        };
        let mut question = question.after(filter.after.map(|id| id.to_string()));
        if let Some(before) = filter.before {
            // A range of the table must not end before it begins.
            if filter.after.is_some_and(|after| after >= before) {
                return Ok(Page::empty());
            }
            question = question.until(&before);
        }
        let looked_at = if is_picked {
            page.limit.max(LOOKED_AT)
        } else {
            page.limit
        };
        let Page { items, next } = self
            .store
            .sift_within::<StoredEvent>(ENTITY, question, page, (looked_at, 1))
            .await?;
        let items = items.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// Whether there is an event with this id.
    pub async fn is_event(&self, id: EventId) -> Result<bool, Error> {
        let found = self.fetch_many(vec![event_key(self.id, id)]).await?;
        Ok(!found.is_empty())
    }

    /// Events of an object that came before this one, the latest first, as far
    /// back as this version can read them.
    pub async fn events_before(&self, event: &Event, limit: u16) -> Result<Vec<Event>, Error> {
        let partition = OF_OBJECT.partition(&[&self.id, &event.object_id]);
        let question =
            Question::new(OF_OBJECT.index, partition, Order::NewestFirst).until(&event.id);
        // The event itself ends the range.
        let limit = limit.saturating_add(1);
        let page = PageRequest { limit, after: None };
        let found = self.store.query(question, &page).await?;
        let events = found.items.into_iter().map_while(|item| {
            let read = read_event(item);
            read.inspect_err(|error| tracing::error!(?error, "an event cannot be read"))
                .ok()
        });
        Ok(events.filter(|one| one.id != event.id).collect())
    }

    /// Takes what is personal out of an event.
    pub async fn erase_event(&self, event: &Event) -> Result<(), Error> {
        let result = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(event_key(self.id, event.id).attributes()))
            .update_expression("SET body = :body")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":body", text(&serialized(ENTITY, &event.erased())?))
            .send()
            .await;
        // It may have reached the end of its time meanwhile.
        unless_condition_fails(result).map(drop)
    }

    /// Notes that every delivery of the event has been made.
    pub async fn event_is_dispatched(&self, id: EventId) -> Result<(), Error> {
        self.store.clear_due(&event_key(self.id, id)).await
    }

    /// Whether deliveries of the event have still to be made.
    pub async fn is_event_to_be_dispatched(&self, id: EventId) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Place {
            duepk: Option<String>,
        }
        let found: Option<Place> = self.store.get(ENTITY, &event_key(self.id, id)).await?;
        Ok(found.is_some_and(|place| place.duepk.is_some()))
    }

    /// Has the event dispatched again then, unless that has been done.
    pub async fn dispatch_again(&self, id: EventId, at: Time) -> Result<(), Error> {
        self.store.put_off_due(&event_key(self.id, id), at).await
    }
}

/// How the type of an event has to compare to be let through by one of these.
pub(crate) fn type_filter(filters: &[TypeFilter]) -> Vec<(Filter, String)> {
    if filters.iter().any(TypeFilter::is_all) {
        return Vec::new();
    }
    let compared = |filter: &TypeFilter| {
        let all_of = filter.prefix().map(|prefix| (Filter::BeginsWith, prefix));
        let one = filter.single().map(|kind| (Filter::Is, kind));
        all_of.or(one).map(|(how, text)| (how, text.to_owned()))
    };
    filters.iter().filter_map(compared).collect()
}

pub(crate) fn event_key(workspace: WorkspaceId, id: EventId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn event_item(event: &Event) -> Result<Attributes, CommitError> {
    let (w, id, kind) = (&event.workspace_id, &event.id, &event.event_type);
    let body = serialized(ENTITY, event)?;
    let length = body.len();
    if length > MAX_EVENT_LENGTH {
        return Err(CommitError::EventTooLarge(kind.clone(), length));
    }
    if length > LARGE_EVENT_LENGTH {
        tracing::warn!(event = %id, %kind, length, "a large event");
    }
    let fields = json!({ "workspaceId": w, "id": id, "eventType": kind, "body": body });
    let keys = [
        THIS.key(&[w, id]),
        OF_OBJECT.key(&[w, &event.object_id, id]),
        OF_TYPE.key(&[w, kind, id]),
        DueKind::Event.key(*id, event.created),
    ];
    let mut item = item(ENTITY, &fields, &keys)?;
    expire_after(&mut item, event.created + DELIVERY_RETENTION);
    Ok(item)
}

pub(crate) fn read_event(item: Attributes) -> Result<Event, Error> {
    parse(&read(ENTITY, item)?)
}

fn parse(stored: &StoredEvent) -> Result<Event, Error> {
    serde_json::from_str(&stored.body).map_err(|error| Error::corrupt(ENTITY, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_domain::{IdSource, Moment, samples};

    #[test]
    fn an_event_that_receivers_would_refuse_is_not_written() {
        let ids = IdSource::new();
        let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
        let mut event = samples(moment.id(), moment).remove(0);
        assert!(event_item(&event).is_ok());

        event
            .data
            .insert("text".to_owned(), json!("x".repeat(MAX_EVENT_LENGTH)));
        let refused = event_item(&event);

        let length = serialized(ENTITY, &event).expect("it serializes").len();
        assert!(
            matches!(refused, Err(CommitError::EventTooLarge(kind, found)) if kind == event.event_type && found == length)
        );
    }
}
