//! From events to their deliveries, and to the lists that show what happened.
//!
//! Doing it again changes nothing: a delivery's id is decided by event and
//! endpoint, and a ring too many finds nothing to do. Dying half-way loses
//! nothing: an event stays due until the last step, and a sweep finds it.

use crate::{App, TriggerError, index};
use futures_util::future::try_join_all;
use portico_domain::{
    Endpoint, EndpointId, Event, EventId, Gate, LaneContents, LaneId, LaneTask, RungLane, Time,
    WebhookDelivery, WorkspaceId,
};
use portico_queue::Queue;
use portico_store::{CALLS_AT_ONCE, WorkspaceStore};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How many events are dispatched together: after so many they are taken out
/// of the index of due work, so that a run that is cut short has not been in
/// vain.
const TOGETHER: usize = 50;

/// How long what cannot be read is put off: until then an operator may have
/// mended it, or brought back the version that wrote it.
pub const UNREADABLE: Duration = Duration::from_hours(1);

/// A lane of an endpoint.
type LaneKey = (EndpointId, LaneId);

/// Makes the deliveries of these events to every endpoint that wants them,
/// wakes the deliverer, and lists anew what they are about. Answers with the
/// events for which there are no deliveries; one that cannot be dispatched does
/// not keep the others.
pub async fn dispatch(app: &App, events: &[Event]) -> Vec<(EventId, TriggerError)> {
    let mut tenants: BTreeMap<WorkspaceId, Vec<&Event>> = BTreeMap::new();
    for event in events {
        tenants.entry(event.workspace_id).or_default().push(event);
    }
    let mut failed = Vec::new();
    for (workspace_id, events) in tenants {
        for events in events.chunks(TOGETHER) {
            if dispatch_together(app, workspace_id, events).await.is_ok() {
                continue;
            }
            for event in events {
                if let Err(error) = dispatch_together(app, workspace_id, &[*event]).await {
                    failed.push((event.id, error));
                }
            }
        }
    }
    failed
}

async fn dispatch_together(
    app: &App,
    workspace_id: WorkspaceId,
    events: &[&Event],
) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(workspace_id);
    let (endpoints, is_all) = workspace.readable_endpoints().await?;
    let wanted = events
        .iter()
        .flat_map(|event| endpoints.iter().map(move |endpoint| (*event, endpoint)))
        .filter(|(event, endpoint)| endpoint.is_told_of(event));
    let now = app.now();
    let mut lanes: BTreeMap<LaneKey, Vec<WebhookDelivery>> = BTreeMap::new();
    for (event, endpoint) in wanted {
        let delivery = WebhookDelivery::new(event, endpoint, now);
        let lane = (delivery.endpoint_id, delivery.lane_id);
        lanes.entry(lane).or_default().push(delivery);
    }
    let lanes: Vec<(LaneKey, Vec<WebhookDelivery>)> = lanes.into_iter().collect();
    // The first webhooks do not wait for the last lanes.
    for lanes in lanes.chunks(CALLS_AT_ONCE) {
        fill(app, &workspace, workspace_id, lanes, now).await?;
    }
    // Webhooks do not wait for lists, nor a stream for what cannot be listed:
    // the event stays due, and the sweep tries again.
    let listed = events.iter().filter_map(|event| event.listed());
    let failed = index::relist(&app.store, workspace_id, app.now(), listed.collect()).await;
    let is_done =
        |event: &&&Event| !index::holds_back(&failed, event.listed(), event.created, app.now());
    let done: Vec<&Event> = events.iter().filter(is_done).copied().collect();
    for chunk in done.chunks(CALLS_AT_ONCE) {
        if is_all {
            let done = chunk
                .iter()
                .map(|event| workspace.event_is_dispatched(event.id));
            try_join_all(done).await?;
        } else {
            // An endpoint that cannot be read holds up no other, and misses
            // nothing.
            let again = now + UNREADABLE;
            let put_off = chunk
                .iter()
                .map(|event| workspace.dispatch_again(event.id, again));
            try_join_all(put_off).await?;
        }
    }
    Ok(())
}

/// Puts new deliveries into their lanes, and has those looked at.
async fn fill(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    workspace_id: WorkspaceId,
    lanes: &[(LaneKey, Vec<WebhookDelivery>)],
    now: Time,
) -> Result<(), TriggerError> {
    let deliveries: Vec<&WebhookDelivery> = lanes.iter().flat_map(|(_, put)| put).collect();
    let mut new = BTreeSet::new();
    for chunk in deliveries.chunks(CALLS_AT_ONCE) {
        let writes = chunk
            .iter()
            .map(|delivery| workspace.create_delivery(delivery));
        let is_new = try_join_all(writes).await?;
        let made = chunk.iter().zip(is_new).filter(|(_, is_new)| *is_new);
        new.extend(made.map(|(delivery, _)| delivery.id));
    }
    let found = ring_all(app, workspace, lanes.iter().map(|(lane, _)| *lane)).await?;
    let tasks = lanes
        .iter()
        .zip(found)
        .map(|(((endpoint, id), put), found)| {
            let new = put.iter().filter(|delivery| new.contains(&delivery.id));
            let new = new
                .map(|delivery| (delivery.event_id, delivery.id))
                .collect();
            LaneTask {
                workspace_id,
                id: *id,
                contents: found
                    .and_then(|found| LaneContents::after_ring(&found, *endpoint, now, new)),
            }
        });
    wake_for(app, &tasks.collect::<Vec<_>>()).await;
    Ok(())
}

/// Has lanes looked at, now.
///
/// A ring is remembered by the table; a message only makes it quick, and one
/// that is not taken is made up for by the sweep.
pub async fn ring(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    workspace_id: WorkspaceId,
    lanes: BTreeSet<LaneKey>,
) -> Result<(), TriggerError> {
    ring_all(app, workspace, lanes.iter().copied()).await?;
    wake(app, workspace_id, lanes.into_iter().map(|(_, lane)| lane)).await;
    Ok(())
}

/// Rings these lanes; answers how they were before.
async fn ring_all(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    lanes: impl Iterator<Item = LaneKey>,
) -> Result<Vec<Option<RungLane>>, TriggerError> {
    let now = app.now();
    let lanes: Vec<LaneKey> = lanes.collect();
    let mut found = Vec::with_capacity(lanes.len());
    for chunk in lanes.chunks(CALLS_AT_ONCE) {
        let rings = chunk
            .iter()
            .map(|(endpoint, lane)| workspace.ring(*endpoint, *lane, now));
        found.extend(try_join_all(rings).await?);
    }
    Ok(found)
}

/// Ends the pause of an endpoint, if it has one: somebody orders something to be
/// sent, so it is tried at once.
pub async fn unpause(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoint: &Endpoint,
) -> Result<(), portico_store::Error> {
    let now = app.now();
    let health = workspace.health(endpoint).await?;
    if matches!(health.gate(now), Gate::Paused(_)) {
        // If a worker was quicker, it has news of its own.
        workspace.save_health(health.unpaused(now)).await?;
    }
    Ok(())
}

/// Rings lanes that have been rung before, where it only has to be quick.
pub async fn ring_again(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    workspace_id: WorkspaceId,
    lanes: BTreeSet<LaneKey>,
) {
    if let Err(error) = ring(app, workspace, workspace_id, lanes).await {
        tracing::warn!(?error, "lanes wait for the sweep");
    }
}

/// Wakes workers for lanes that are due.
pub async fn wake(app: &App, workspace_id: WorkspaceId, lanes: impl Iterator<Item = LaneId>) {
    let tasks: Vec<LaneTask> = lanes
        .map(|id| LaneTask {
            workspace_id,
            id,
            contents: None,
        })
        .collect();
    wake_for(app, &tasks).await;
}

async fn wake_for(app: &App, tasks: &[LaneTask]) {
    if let Err(error) = app
        .queues
        .send(Queue::Deliveries, tasks, Duration::ZERO)
        .await
    {
        tracing::warn!(?error, "lanes wait for the sweep");
    }
}
