//! Lanes in the table: what a worker of deliveries takes up.
//!
//! An idle lane is an item without a due time, or none at all. See
//! [`portico_domain::Lane`] for why nothing is overlooked.

use crate::{
    DueKind, Error, Index, Pattern, WorkspaceStore,
    error::unless_condition_fails,
    item::{ENTITY as KIND, read},
    number,
    pattern::Key,
    text,
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, Update};
use portico_domain::{CLOCK_TOLERANCE, EndpointId, Lane, LaneId, RungLane, Time, WorkspaceId};
use std::collections::HashMap;

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this lane of an endpoint",
    Index::Table,
    "WS#<workspace>#LN#<lane>",
    "LANE",
);

pub(crate) const ENTITY: &str = "lane";

const RING: &str = "SET id = :id, workspaceId = :workspace, endpointId = :endpoint, #kind = :kind, \
    rungAt = :now, dueAt = :due, duepk = :duepk, duesk = :due ADD rings :one";

impl WorkspaceStore<'_> {
    /// Has a lane looked at. It is due from then on, by whoever's clock, and if a
    /// worker has it, the worker looks once more before it leaves. Answers how it
    /// was before, if that can be read.
    pub async fn ring(
        &self,
        endpoint: EndpointId,
        lane: LaneId,
        now: Time,
    ) -> Result<Option<RungLane>, Error> {
        let answer = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(lane_key(self.id, lane).attributes()))
            .update_expression(RING)
            .expression_attribute_names("#kind", KIND)
            .set_expression_attribute_values(Some(ring_values(self.id, endpoint, lane, now)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        Ok(match answer.attributes {
            Some(item) => read(ENTITY, item).ok(),
            None => Some(RungLane::default()),
        })
    }

    /// Takes a lane up until `until`, if it is due and nobody has it.
    pub async fn lease_lane(
        &self,
        id: LaneId,
        now: Time,
        until: Time,
    ) -> Result<Option<Lane>, Error> {
        let result = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(lane_key(self.id, id).attributes()))
            .update_expression(
                "SET leasedUntil = :until, dueAt = :until, duesk = :until ADD lease :one",
            )
            .condition_expression(
                "dueAt <= :now AND (attribute_not_exists(leasedUntil) OR leasedUntil <= :now)",
            )
            .expression_attribute_values(":now", text(&now))
            .expression_attribute_values(":until", text(&until))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let answer = unless_condition_fails(result)?;
        let item = answer.and_then(|answer| answer.attributes);
        item.map(|item| read(ENTITY, item)).transpose()
    }

    /// Keeps a lane for longer; answers whether it was still this worker's.
    pub async fn keep_lane(&self, lane: &Lane, until: Time) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(lane_key(self.id, lane.id).attributes()))
            .update_expression("SET leasedUntil = :until, dueAt = :until, duesk = :until")
            .condition_expression("lease = :lease")
            .expression_attribute_values(":until", text(&until))
            .expression_attribute_values(":lease", number(lane.lease))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }

    /// Leaves a lane until it is due again, if ever, noting when somebody is
    /// woken for it; answers whether that was possible: not if it was rung since
    /// `lane` was read, or is another's.
    pub async fn leave_lane(
        &self,
        lane: &Lane,
        due_at: Option<Time>,
        woken_for: Option<Time>,
    ) -> Result<bool, Error> {
        let mut request = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(lane_key(self.id, lane.id).attributes()))
            .condition_expression("lease = :lease AND rings = :rings")
            .expression_attribute_values(":lease", number(lane.lease))
            .expression_attribute_values(":rings", number(lane.rings));
        request = match (due_at, woken_for) {
            (Some(due_at), Some(woken_for)) => request
                .update_expression(
                    "SET dueAt = :due, duesk = :due, wokenFor = :woken REMOVE leasedUntil",
                )
                .expression_attribute_values(":due", text(&due_at))
                .expression_attribute_values(":woken", text(&woken_for)),
            (Some(due_at), None) => request
                .update_expression("SET dueAt = :due, duesk = :due REMOVE leasedUntil, wokenFor")
                .expression_attribute_values(":due", text(&due_at)),
            (None, _) => {
                request.update_expression("REMOVE dueAt, duepk, duesk, leasedUntil, wokenFor")
            }
        };
        Ok(unless_condition_fails(request.send().await)?.is_some())
    }

    /// The lane as it is now.
    pub async fn lane(&self, id: LaneId) -> Result<Option<Lane>, Error> {
        self.fetch(ENTITY, &lane_key(self.id, id)).await
    }
}

/// The same ring as a part of a transaction.
pub(crate) fn ring_update(
    table: &str,
    workspace: WorkspaceId,
    endpoint: EndpointId,
    lane: LaneId,
    now: Time,
) -> Result<Update, aws_sdk_dynamodb::error::BuildError> {
    Update::builder()
        .table_name(table)
        .set_key(Some(lane_key(workspace, lane).attributes()))
        .update_expression(RING)
        .expression_attribute_names("#kind", KIND)
        .set_expression_attribute_values(Some(ring_values(workspace, endpoint, lane, now)))
        .build()
}

fn ring_values(
    workspace: WorkspaceId,
    endpoint: EndpointId,
    lane: LaneId,
    now: Time,
) -> HashMap<String, AttributeValue> {
    let (partition, _) = Index::Due.attributes();
    let due = DueKind::Lane.key(lane, now).attributes();
    let mut values = HashMap::from([
        (":id".to_owned(), text(&lane)),
        (":workspace".to_owned(), text(&workspace)),
        (":endpoint".to_owned(), text(&endpoint)),
        (":kind".to_owned(), text(&ENTITY)),
        (":now".to_owned(), text(&now)),
        (":due".to_owned(), text(&(now - CLOCK_TOLERANCE * 2))),
        (":one".to_owned(), number(1)),
    ]);
    values.extend(
        due.get(partition)
            .cloned()
            .map(|value| (":duepk".to_owned(), value)),
    );
    values
}

pub(crate) fn lane_key(workspace: WorkspaceId, id: LaneId) -> Key {
    THIS.key(&[&workspace, &id])
}
