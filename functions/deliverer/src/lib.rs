//! Works off lanes of deliveries.
//!
//! A worker takes a lane on lease and sends what is due in it, one delivery
//! after the other, recording each before the next one begins. One that dies
//! after sending and before recording lets the lease run out, and that event,
//! with the same id, is sent once more. After [`SLICE`] the worker makes room
//! and the lane queues up again, behind the lanes of everybody else.
//!
//! A message that says what waits in the lane saves looking for it; whether it is
//! right the lease shows (see [`portico_domain::LaneContents`]). One that comes
//! twice, or for a lane that another worker has, finds nothing to do. An error
//! lets go of the lane and leaves it due.

mod health;
mod order;
mod slice;

use portico_app::{App, Grant, Source, Trigger, TriggerError, sqs_batch};
use portico_domain::{LANE_LEASE, LaneTask};
use portico_queue::{MAX_DELAY, Queue, hold_back};
use portico_store::{Index, WorkspaceStore};
use slice::Slice;
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "deliverer",
    source: Source::Queue(Queue::Deliveries),
    grants: &[
        Grant::GET,
        Grant::BATCH_GET,
        Grant::query(Index::Gsi1),
        Grant::query(Index::Gsi2),
        Grant::PUT,
        Grant::UPDATE,
        Grant::wake(Queue::Deliveries),
    ],
    at_once: 2,
    handle: |app, event| Box::pin(sqs_batch(event, |task| work(app, task))),
};

/// How long a worker stays with a lane before it makes room for others.
const SLICE: Duration = Duration::from_secs(20);

/// When a lane is looked at again after an error.
const AFTER_ERROR: Duration = Duration::from_secs(5);

async fn work(app: &App, task: LaneTask) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    let now = app.now();
    let Some(lane) = workspace.lease_lane(task.id, now, now + LANE_LEASE).await? else {
        return Ok(());
    };
    let mut slice = Slice::begin(lane, now + SLICE, task.contents);
    let done = work_off(app, &workspace, &mut slice).await;
    if done.is_err() {
        slice.next = Some(app.now() + AFTER_ERROR);
        // Best effort: otherwise the lease runs out.
        if let Err(error) = leave(app, &workspace, &slice).await {
            tracing::warn!(lane = %task.id, ?error, "a lane stays leased after an error");
        }
    }
    done
}

async fn work_off(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    slice: &mut Slice,
) -> Result<(), TriggerError> {
    loop {
        slice.serve(app, workspace).await?;
        if slice.is_lost {
            return Ok(());
        }
        if slice.goes_on {
            continue;
        }
        if leave(app, workspace, slice).await? {
            return Ok(());
        }
        // It was rung meanwhile, or the lease has run out.
        match workspace.lane(slice.lane.id).await? {
            Some(lane) if lane.lease == slice.lane.lease => slice.lane = lane,
            Some(_) | None => return Ok(()),
        }
    }
}

/// Leaves the lane and has somebody woken for what is next in it; answers
/// whether it could be left.
async fn leave(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    slice: &Slice,
) -> Result<bool, TriggerError> {
    let now = app.now();
    let lane = &slice.lane;
    // What is further away than a queue can hold back is left to the sweep.
    let wake = slice
        .next
        .map(|next| (next, hold_back(next, now)))
        .filter(|(_, wait)| *wait <= MAX_DELAY);
    let due_at = lane.next_look(slice.next, now);
    let due_at = due_at.into_iter().chain(slice.look_by).min();
    let woken_for = wake.map(|(next, _)| next);
    if !workspace.leave_lane(lane, due_at, woken_for).await? {
        return Ok(false);
    }
    if let Some((next, wait)) = wake
        && lane.is_to_be_woken(next, now)
    {
        let task = LaneTask {
            workspace_id: lane.workspace_id,
            id: lane.id,
            contents: None,
        };
        app.queues.send(Queue::Deliveries, &[task], wait).await?;
    }
    Ok(true)
}
