//! What an attempt means for its endpoint.

use portico_app::{App, TriggerError, outbox};
use portico_domain::{
    Change, Endpoint, EndpointHealth, Gate, GivenUp, LaneId, Setback, Time, Tried,
};
use portico_store::{CommitError, WorkspaceStore};

/// How often a health that others write too is tried to be written.
const MAX_TRIES: usize = 5;

/// Whether the lane goes on.
pub(crate) enum Verdict {
    GoOn,
    /// Nothing is sent before then.
    Pause(Time),
    /// The endpoint gets nothing any more.
    Disabled,
}

/// Forgets the failures, if there were any; lanes that a pause held back are
/// looked at again.
pub(crate) async fn succeeded(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    health: &mut EndpointHealth,
) -> Result<Verdict, TriggerError> {
    if health.failures == 0 {
        return Ok(Verdict::GoOn);
    }
    let was_paused = health.paused_until.is_some();
    // If another worker was quicker, its news is as good as this.
    if let Some(after) = workspace.save_health(health.after_success()).await? {
        *health = after;
        if was_paused {
            let endpoint = health.endpoint_id;
            let lanes = LaneId::all(endpoint).map(|lane| (endpoint, lane));
            outbox::ring(app, workspace, health.workspace_id, lanes.collect()).await?;
        }
    } else {
        *health = health.after_success();
    }
    Ok(Verdict::GoOn)
}

/// Counts a failure, and gives the endpoint up when it has failed for long.
pub(crate) async fn failed(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoint: &Endpoint,
    health: &mut EndpointHealth,
    (setback, tried): (Setback, Tried),
) -> Result<Verdict, TriggerError> {
    let now = app.now();
    for _ in 0..MAX_TRIES {
        if let Some(after) = workspace
            .save_health(health.after_failure(setback, tried, now))
            .await?
        {
            *health = after;
            break;
        }
        *health = workspace.health(endpoint).await?;
    }
    if health.is_beyond_hope(app.patience.until_disabled, now) {
        let since = health.failing_since.unwrap_or(now);
        return give_up(app, endpoint, GivenUp::FailingSince(since)).await;
    }
    Ok(match health.gate(now) {
        Gate::Paused(until) => Verdict::Pause(until),
        Gate::Open | Gate::Probe => Verdict::GoOn,
    })
}

/// The endpoint says that it is gone for good.
pub(crate) async fn gone(app: &App, endpoint: &Endpoint) -> Result<Verdict, TriggerError> {
    give_up(app, endpoint, GivenUp::Gone).await
}

async fn give_up(app: &App, endpoint: &Endpoint, why: GivenUp) -> Result<Verdict, TriggerError> {
    let workspace = app.store.workspace(endpoint.workspace_id);
    let mut found = endpoint.clone();
    for _ in 0..MAX_TRIES {
        let mut change = Change::by_system(app.moment());
        found.give_up(&mut change, why);
        match workspace.commit(&change).await {
            Ok(()) => return Ok(Verdict::Disabled),
            // It was written meanwhile, perhaps for another reason.
            Err(CommitError::Stale) => {}
            Err(CommitError::Late) => break,
            Err(error) => return Err(error.into()),
        }
        match workspace.endpoint(endpoint.id).await? {
            Some(other) if other.disabled.is_none() && other.restarts == endpoint.restarts => {
                found = other;
            }
            // Somebody has disabled or deleted it, or given it another URL.
            Some(_) | None => break,
        }
    }
    // The next look at the lane sees what it has become.
    Ok(Verdict::Pause(app.now()))
}
