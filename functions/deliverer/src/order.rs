//! Strict ordering: the next event of an object waits for the one before.
//!
//! The sequence of an object's events has no holes, so the event before is
//! known even if the index does not show it yet.

use portico_app::{App, TriggerError};
use portico_domain::{DeliveryId, Endpoint, Event, Time};
use portico_store::WorkspaceStore;
use std::time::Duration;

/// How long to wait for something that must be about to appear.
const MOMENT: Duration = Duration::from_secs(2);

/// After this long an event goes out though the index does not show the one
/// before it, as when this version cannot read that; it keeps an object from
/// waiting for ever.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long to wait, after [`PATIENCE`], for an event to be dispatched: as long
/// as the sweep, which will do that, takes to come again.
const SWEEP: Duration = Duration::from_mins(1);

/// How many events are looked back at in one go.
const LOOK_BACK: u16 = 25;

/// Until when this event has to wait, if it has to.
pub(crate) async fn must_wait(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoint: &Endpoint,
    event: &Event,
) -> Result<Option<Time>, TriggerError> {
    if event.sequence <= 1 {
        return Ok(None);
    }
    let now = app.now();
    let is_early = now.since(event.created) < PATIENCE;
    let unknown = is_early.then(|| now + MOMENT);
    let before = workspace.events_before(event, LOOK_BACK).await?;
    let mut expected = event.sequence;
    for earlier in &before {
        expected -= 1;
        if earlier.sequence != expected {
            return Ok(unknown);
        }
        if !endpoint.is_told_of(earlier) {
            continue;
        }
        let id = DeliveryId::of(earlier.id, endpoint.id);
        let mut delivery = workspace.delivery(id).await?;
        if delivery.is_none() {
            if workspace.is_event_to_be_dispatched(earlier.id).await? {
                return Ok(Some(now + if is_early { MOMENT } else { SWEEP }));
            }
            // It may have been made between the two looks; if not, it never is.
            delivery = workspace.delivery(id).await?;
        }
        if let Some(delivery) = delivery {
            return Ok(delivery.due_at.map(|due| due.max(now + MOMENT)));
        }
    }
    // Either nothing before is for this endpoint, or it is so long ago that
    // its own order was settled with what came in between.
    Ok(if before.is_empty() { unknown } else { None })
}
