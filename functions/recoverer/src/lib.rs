//! Has the deliveries of a time sent again, a page at a time.
//!
//! Each page is ordered, then the recovery notes how far it has come. A run can
//! die anywhere: the next one takes the same page again, passes over what was
//! ordered already, and goes on. While it is running a recovery is due, so a
//! lost message is made up for by the sweep. One that is ended during a page
//! still notes the page, so that the rest begins behind it.

use portico_app::{App, Grant, Source, Trigger, TriggerError, outbox, sqs_batch};
use portico_domain::{
    Endpoint, EndpointId, EventId, LaneId, Recovery, StopReason, Task, WebhookDelivery, kind,
};
use portico_queue::Queue;
use portico_store::{CALLS_AT_ONCE, Index, WorkspaceStore};
use std::{collections::BTreeSet, time::Duration};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "recoverer",
    source: Source::Queue(Queue::Recoveries),
    grants: &[
        Grant::GET,
        Grant::query(Index::Gsi1),
        Grant::PUT,
        Grant::UPDATE,
        Grant::wake(Queue::Deliveries),
        Grant::wake(Queue::Recoveries),
    ],
    at_once: CALLS_AT_ONCE,
    handle: |app, event| Box::pin(sqs_batch(event, |task| go_on(app, task))),
};

/// How many deliveries are ordered at once.
const PAGE: u16 = 100;

/// How long to wait between pages, so that a recovery leaves room for what
/// happens now.
const PACE: Duration = Duration::from_secs(1);

/// How often a delivery that others change is ordered.
const MAX_TRIES: usize = 5;

async fn go_on(app: &App, task: Task<kind::Recovery>) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    let found = workspace.recovery(task.id).await?;
    let Some(recovery) = found.filter(Recovery::is_running) else {
        return Ok(());
    };
    let endpoint = workspace.endpoint(recovery.endpoint_id).await?;
    let endpoint = endpoint.ok_or(StopReason::EndpointDeleted);
    let endpoint = endpoint.and_then(|endpoint| match endpoint.disabled {
        None => Ok(endpoint),
        Some(_) => Err(StopReason::EndpointDisabled),
    });
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(reason) => {
            let stopped = recovery.stop(reason, app.now());
            workspace.save_recovery(&stopped).await?;
            return Ok(());
        }
    };
    let page = workspace.deliveries_to_recover(&recovery, PAGE).await?;
    let events: Vec<EventId> = page.items.iter().map(|(event, _)| *event).collect();
    let part = page.next.and_then(|_| Recovery::part(&events));
    let (count, rest) = part.map_or((events.len(), None), |(count, rest)| (count, Some(rest)));
    let mut lanes = BTreeSet::new();
    let mut resent = 0;
    let items = page.items.iter().take(count);
    for delivery in items.filter_map(|(_, found)| found.as_ref()) {
        if order(app, &workspace, &endpoint, &recovery, delivery, &mut lanes).await? {
            resent += 1;
        }
    }
    outbox::ring(app, &workspace, task.workspace_id, lanes).await?;

    let examined = u64::try_from(count).unwrap_or(0);
    let advance = |from: &Recovery| from.advance(examined, resent, rest, app.now());
    if note(&workspace, recovery, advance).await? && rest.is_some() {
        app.queues.send(Queue::Recoveries, &[task], PACE).await?;
    }
    Ok(())
}

/// Notes a page; answers whether the recovery goes on. One that was cancelled
/// or stopped while the page was under way stays so, but tells of the page, or
/// whoever orders the rest would have it sent twice.
async fn note(
    workspace: &WorkspaceStore<'_>,
    recovery: Recovery,
    advance: impl Fn(&Recovery) -> Recovery,
) -> Result<bool, TriggerError> {
    let begun_after = recovery.position;
    let mut before = recovery;
    loop {
        if workspace.save_recovery(&advance(&before)).await? {
            return Ok(before.is_running());
        }
        // Whoever was quicker has ended it, or has taken the same page.
        let found = workspace.recovery(before.id).await?;
        match found.filter(|found| !found.is_running() && found.position == begun_after) {
            Some(ended) => before = ended,
            None => return Ok(false),
        }
    }
}

/// Orders one delivery, if the recovery wants it; answers whether it is ordered.
async fn order(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoint: &Endpoint,
    recovery: &Recovery,
    found: &WebhookDelivery,
    lanes: &mut BTreeSet<(EndpointId, LaneId)>,
) -> Result<bool, TriggerError> {
    for _ in 0..MAX_TRIES {
        // The index may be a moment behind.
        let Some(mut delivery) = workspace.delivery(found.id).await? else {
            return Ok(false);
        };
        if recovery.has_ordered(&delivery) {
            return Ok(true);
        }
        if !recovery.wants(&delivery)
            || delivery
                .resend(endpoint, Some(recovery.id), app.now())
                .is_err()
        {
            return Ok(false);
        }
        // Rung before it is written: dying in between leaves a lane that is
        // looked at in vain, not a delivery that nobody looks for.
        if lanes.insert((endpoint.id, delivery.lane_id)) {
            workspace
                .ring(endpoint.id, delivery.lane_id, app.now())
                .await?;
        }
        if workspace.save_delivery(&delivery).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
