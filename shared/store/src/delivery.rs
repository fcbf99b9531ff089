//! Deliveries in the table.

use crate::{
    DueKind, Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    error::unless_condition_fails,
    item::{Attributes, expire_after, item},
    list::{Order, Question},
    number,
};
use portico_domain::{
    DELIVERY_RETENTION, DeliveryId, DeliveryStatus, EndpointId, Time, WebhookDelivery,
};

pub(crate) const PATTERNS: &[Pattern] = &[THIS, OF_ENDPOINT];

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

const ENTITY: &str = "delivery";

impl WorkspaceStore<'_> {
    /// Writes a new delivery; answers whether there was none with its id.
    pub async fn create_delivery(&self, delivery: &WebhookDelivery) -> Result<bool, Error> {
        self.store.put_new(delivery_item(delivery)?).await
    }

    /// The delivery with this id.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<WebhookDelivery>, Error> {
        self.store.get(ENTITY, &THIS.key(&[&self.id, &id])).await
    }

    /// Deliveries to an endpoint, newest first.
    pub async fn deliveries(
        &self,
        endpoint: EndpointId,
        page: &PageRequest,
    ) -> Result<Page<WebhookDelivery>, Error> {
        let partition = OF_ENDPOINT.partition(&[&self.id, &endpoint]);
        let question = Question::new(OF_ENDPOINT.index, partition, Order::NewestFirst);
        self.store.list(ENTITY, question, page).await
    }

    /// Takes a delivery up until `until`, if its time has come and nobody else
    /// has it.
    pub async fn lease_delivery(
        &self,
        id: DeliveryId,
        now: Time,
        until: Time,
    ) -> Result<Option<WebhookDelivery>, Error> {
        let key = THIS.key(&[&self.id, &id]);
        self.store
            .lease(
                ENTITY,
                &key,
                "lease",
                Some(DeliveryStatus::InFlight),
                now,
                until,
            )
            .await
    }

    /// Records what became of a delivery that was read under this lease;
    /// answers whether it was still the latest. If not, somebody else has it.
    pub async fn record_delivery(
        &self,
        delivery: &WebhookDelivery,
        lease: u64,
    ) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(delivery_item(delivery)?))
            .condition_expression("#lease = :lease")
            .expression_attribute_names("#lease", "lease")
            .expression_attribute_values(":lease", number(lease))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }
}

fn delivery_item(delivery: &WebhookDelivery) -> Result<Attributes, Error> {
    let (w, id) = (&delivery.workspace_id, &delivery.id);
    let mut keys = vec![
        THIS.key(&[w, id]),
        OF_ENDPOINT.key(&[w, &delivery.endpoint_id, &delivery.event_id]),
    ];
    if let Some(due_at) = delivery.due_at {
        keys.push(DueKind::Delivery.key(*id, due_at));
    }
    let mut item = item(ENTITY, delivery, &keys)?;
    expire_after(&mut item, delivery.created_at + DELIVERY_RETENTION);
    Ok(item)
}
