//! Deliveries in the table.
//!
//! What is not over is in its lane's partition of the second index, by the
//! time when it is due. That index may be a moment behind, so whoever takes
//! deliveries from it reads them from the table before sending anything.

pub(crate) mod attempts;
mod queued;

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore, endpoint,
    error::unless_condition_fails,
    event::type_filter,
    item::{Attributes, ENTITY as KIND, expire_after, item, read},
    lane,
    list::{Filter, Order, Question},
    number,
    pattern::Key,
    text,
};
use portico_domain::{
    DELIVERY_RETENTION, DeliveryId, DeliveryStatus, Endpoint, EndpointId, EventFilter, EventId,
    Lane, LaneId, Recovery, WebhookDelivery, WorkspaceId,
};
pub use queued::{Current, Queued};
use std::collections::{BTreeSet, HashMap};

pub(crate) const PATTERNS: &[Pattern] = &[THIS, OF_ENDPOINT, OF_LANE];

const THIS: Pattern = Pattern::new(
    "this delivery",
    Index::Table,
    "WS#<workspace>#DL#<delivery>",
    "DELIVERY",
);
const OF_ENDPOINT: Pattern = Pattern::new(
    "deliveries to an endpoint in the order of their events",
    Index::Gsi1,
    "WS#<workspace>#WE#<endpoint>#DL",
    "<event>",
);
const OF_LANE: Pattern = Pattern::new(
    "deliveries of a lane that are not over, by the time when they are due",
    Index::Gsi2,
    "WS#<workspace>#LN#<lane>#DL",
    "<due time>#<event>",
);

const ENTITY: &str = "delivery";

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// How far they are, one of these; all, if empty.
    pub statuses: Vec<DeliveryStatus>,
    /// Of events that one of these lets through; all, if empty.
    pub event_types: Vec<EventFilter>,
}

impl WorkspaceStore<'_> {
    /// Writes a new delivery; answers whether there was none with its id.
    pub async fn create_delivery(&self, delivery: &WebhookDelivery) -> Result<bool, Error> {
        self.store.put_new(delivery_item(delivery)?).await
    }

    /// The delivery with this id.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<WebhookDelivery>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// What decides how far a delivery is, by one call: its endpoint and its
    /// lane, if they are there.
    pub async fn endpoint_and_lane(
        &self,
        delivery: &WebhookDelivery,
    ) -> Result<(Option<Endpoint>, Option<Lane>), Error> {
        let keys = vec![
            endpoint::this_key(self.id, delivery.endpoint_id),
            lane::lane_key(self.id, delivery.lane_id),
        ];
        let (mut endpoint, mut lane) = (None, None);
        for item in self.fetch_many(keys).await? {
            if item.get(KIND) == Some(&text(&lane::ENTITY)) {
                lane = Some(read(lane::ENTITY, item)?);
            } else {
                endpoint = Some(endpoint::read_endpoint(item)?);
            }
        }
        Ok((endpoint, lane))
    }

    /// The lanes with these ids that there are.
    pub async fn lanes(&self, ids: BTreeSet<LaneId>) -> Result<HashMap<LaneId, Lane>, Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = ids.iter().map(|id| lane::lane_key(self.id, *id));
        let mut lanes = HashMap::new();
        for item in self.fetch_many(keys.collect()).await? {
            let lane: Lane = read(lane::ENTITY, item)?;
            lanes.insert(lane.id, lane);
        }
        Ok(lanes)
    }

    /// Deliveries to an endpoint that pass the filter, newest first.
    pub async fn deliveries(
        &self,
        endpoint: EndpointId,
        filter: &DeliveryFilter,
        page: &PageRequest,
    ) -> Result<Page<WebhookDelivery>, Error> {
        let partition = OF_ENDPOINT.partition(&[&self.id, &endpoint]);
        let question = Question::new(OF_ENDPOINT.index, partition, Order::NewestFirst);
        if filter.statuses.is_empty() && filter.event_types.is_empty() {
            return self.store.list(ENTITY, question, page).await;
        }
        let statuses = filter
            .statuses
            .iter()
            .map(|status| status.name().to_owned());
        let question = question
            .filter_any(Filter::Is, "status", statuses.collect())
            .filter_mixed("eventType", type_filter(&filter.event_types));
        self.store.sift(ENTITY, question, page).await
    }

    /// The deliveries that a recovery looks at next, by their events, oldest
    /// first; few if their logs are long. One that this version cannot read is
    /// `None`.
    pub async fn deliveries_to_recover(
        &self,
        recovery: &Recovery,
        limit: u16,
    ) -> Result<Page<(EventId, Option<WebhookDelivery>)>, Error> {
        let partition = OF_ENDPOINT.partition(&[&self.id, &recovery.endpoint_id]);
        let question = Question::new(OF_ENDPOINT.index, partition, Order::OldestFirst)
            .after(Some(recovery.begins_after().to_string()))
            .until(&EventId::least_at(recovery.until));
        let page = PageRequest { limit, after: None };
        let Page { items, next } = self.store.query(question, &page).await?;
        let items = items.into_iter().map(|item| {
            let event = text_of(&item, OF_ENDPOINT.index.attributes().1).unwrap_or_default();
            let event: Result<EventId, _> = event.parse();
            let event = event.map_err(|error| Error::corrupt(ENTITY, error))?;
            let delivery = read(ENTITY, item).inspect_err(|error| {
                tracing::error!(%event, ?error, "a delivery cannot be read; not recovered");
            });
            Ok((event, delivery.ok()))
        });
        let items = items.collect::<Result<_, Error>>()?;
        Ok(Page { items, next })
    }

    /// Writes the next version of a delivery; answers whether nobody else was
    /// quicker.
    pub async fn save_delivery(&self, after: &WebhookDelivery) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(delivery_item(after)?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(after.version - 1))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: DeliveryId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn delivery_item(delivery: &WebhookDelivery) -> Result<Attributes, Error> {
    let (w, id) = (&delivery.workspace_id, &delivery.id);
    let mut keys = vec![
        THIS.key(&[w, id]),
        OF_ENDPOINT.key(&[w, &delivery.endpoint_id, &delivery.event_id]),
    ];
    if let Some(due_at) = delivery.due_at {
        keys.push(OF_LANE.key(&[w, &delivery.lane_id, &due_at, &delivery.event_id]));
    }
    let mut item = item(ENTITY, delivery, &keys)?;
    expire_after(&mut item, delivery.created_at + DELIVERY_RETENTION);
    Ok(item)
}

fn text_of(item: &Attributes, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}
