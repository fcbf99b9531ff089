//! The queue of a lane.
//!
//! Every delivery in it can be put off without being read: one that this
//! version cannot read (a later one may have written it) holds nothing up and
//! is not lost.

use super::{ENTITY, OF_LANE, THIS, text_of};
use crate::{
    Error, Index, Page, PageRequest, WorkspaceStore,
    error::unless_condition_fails,
    event::{self, event_key},
    health,
    item::{Attributes, ENTITY as KIND, read},
    list::{Order, Question},
    pattern::Key,
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{
    DeliveryId, Endpoint, EndpointHealth, EndpointId, Event, EventId, LaneContents, LaneId, Time,
    WebhookDelivery,
};
use std::collections::HashMap;

/// A place in the queue of a lane.
#[derive(Clone, Debug)]
pub struct Queued {
    /// When it is due.
    pub due_at: Time,
    /// Whose it is, if that can be read.
    ids: Option<(EventId, DeliveryId)>,
    /// The key of its item.
    key: Attributes,
    sort: String,
}

/// What a place in a queue stands for now.
#[derive(Clone, Debug)]
pub enum Current {
    /// A delivery and its event; `None` if that is gone.
    Delivery(Box<WebhookDelivery>, Option<Box<Event>>),
    /// The delivery or its event cannot be read by this version.
    Unreadable(Box<Queued>),
}

impl WorkspaceStore<'_> {
    /// What is due first in a lane, as the index knows it; little if the logs
    /// of the deliveries are long.
    pub async fn lane_queue(&self, lane: LaneId, limit: u16) -> Result<Page<Queued>, Error> {
        let partition = OF_LANE.partition(&[&self.id, &lane]);
        let question = Question::new(OF_LANE.index, partition, Order::OldestFirst);
        let page = PageRequest { limit, after: None };
        let Page { items, next } = self.store.query(question, &page).await?;
        let items = items
            .into_iter()
            .map(Queued::of)
            .collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// An endpoint with how it is doing, and what these places in the queues of its
    /// lanes stand for now, in the same order, without deliveries that are gone.
    /// One call reads 49 places.
    pub async fn endpoint_and_current(
        &self,
        endpoint: EndpointId,
        queue: Vec<Queued>,
    ) -> Result<(Option<(Endpoint, EndpointHealth)>, Vec<Current>), Error> {
        let of_endpoint = health::keys_with_endpoint(self.id, endpoint);
        let keys = of_endpoint.into_iter().chain(self.keys_of(&queue));
        let items = self.store.get_many(keys.collect()).await?;
        let (of_endpoint, of_queue) = items.into_iter().partition(health::is_of_endpoint);
        let endpoint = health::read_with_endpoint(of_endpoint)?;
        Ok((endpoint, standing(queue, of_queue)))
    }

    /// The same for deliveries that were put into a lane just before.
    pub async fn endpoint_and_contents(
        &self,
        contents: &LaneContents,
    ) -> Result<(Option<(Endpoint, EndpointHealth)>, Vec<Current>), Error> {
        let place = |(event, delivery): &(EventId, DeliveryId)| Queued {
            due_at: contents.due_at,
            ids: Some((*event, *delivery)),
            key: THIS.key(&[&self.id, delivery]).attributes(),
            sort: format!("{}#{event}", contents.due_at),
        };
        let queue = contents.deliveries.iter().map(place).collect();
        self.endpoint_and_current(contents.endpoint_id, queue).await
    }

    /// Of the deliveries at these places and their events.
    fn keys_of(&self, queue: &[Queued]) -> impl Iterator<Item = Key> {
        queue
            .iter()
            .filter_map(|place| place.ids)
            .flat_map(|(event, id)| [THIS.key(&[&self.id, &id]), event_key(self.id, event)])
    }

    /// Puts off what stands at this place; answers whether it still stood
    /// there.
    pub async fn put_off(&self, place: &Queued, until: Time) -> Result<bool, Error> {
        let (_, sort) = OF_LANE.index.attributes();
        let (_, event) = place.sort.split_once('#').unwrap_or_default();
        let request = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(place.key.clone()))
            .update_expression("SET #sort = :then")
            .condition_expression("#sort = :now")
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":now", AttributeValue::S(place.sort.clone()))
            .expression_attribute_values(":then", AttributeValue::S(format!("{until}#{event}")));
        Ok(unless_condition_fails(request.send().await)?.is_some())
    }
}

impl Queued {
    fn of(item: Attributes) -> Result<Self, Error> {
        let (_, sort) = OF_LANE.index.attributes();
        let sort = text_of(&item, sort).unwrap_or_default();
        let (due_at, _) = sort.split_once('#').unwrap_or_default();
        let due_at: Result<Time, _> = due_at.parse();
        let due_at = due_at.map_err(|error| Error::corrupt(ENTITY, error))?;
        let (pk, sk) = Index::Table.attributes();
        let key = [pk, sk].into_iter();
        let key = key.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())));
        let key: Attributes = key.collect();
        let delivery: Result<WebhookDelivery, _> = read(ENTITY, item).inspect_err(|error| {
            tracing::error!(item = ?key, ?error, "a delivery cannot be read");
        });
        let ids = delivery.map(|delivery| (delivery.event_id, delivery.id));
        Ok(Self {
            due_at,
            ids: ids.ok(),
            key,
            sort,
        })
    }
}

/// What these places stand for, of which these items were read.
fn standing(queue: Vec<Queued>, items: Vec<Attributes>) -> Vec<Current> {
    let mut deliveries: HashMap<String, Attributes> = HashMap::new();
    let mut events: HashMap<String, Attributes> = HashMap::new();
    for item in items {
        let Some(id) = text_of(&item, "id") else {
            continue;
        };
        if text_of(&item, KIND).as_deref() == Some(ENTITY) {
            deliveries.insert(id, item);
        } else {
            events.insert(id, item);
        }
    }
    let mut current = Vec::with_capacity(queue.len());
    for place in queue {
        let Some((event_id, id)) = place.ids else {
            current.push(Current::Unreadable(Box::new(place)));
            continue;
        };
        let Some(delivery) = deliveries.remove(&id.to_string()) else {
            continue;
        };
        let delivery = read(ENTITY, delivery).map(Box::new);
        let event = events.remove(&event_id.to_string());
        let event = event.map(event::read_event).transpose();
        current.push(match (delivery, event) {
            (Ok(delivery), Ok(event)) => Current::Delivery(delivery, event.map(Box::new)),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(delivery = %id, event = %event_id, ?error, "a delivery or its event cannot be read");
                Current::Unreadable(Box::new(place))
            }
        });
    }
    current
}
