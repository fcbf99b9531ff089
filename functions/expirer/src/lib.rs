//! Tells which invitations have run out, and has those reminded of that soon
//! will.
//!
//! An invitation ends at its second whether or not this function runs: every
//! read and every accept checks the time. This function only tells it, once
//! each: the change names the version that it replaces, so of two that run at
//! once one writes and the other finds nothing left to tell.

use portico_app::{App, Grant, Source, Trigger, TriggerError, retry};
use portico_domain::{Change, Invitation, Task, kind};
use portico_store::{CommitError, DueKind, Index, SHARDS, WorkspaceStore};
use serde_json::{Value, json};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "expirer",
    source: Source::Schedule("rate(1 minute)"),
    grants: &[
        Grant::query(Index::Due),
        Grant::GET,
        Grant::PUT,
        Grant::CHECK,
    ],
    at_once: SHARDS,
    handle: |app, _| Box::pin(handle(app)),
};

/// How many are looked after in one run from each shard; the rest waits a minute.
const BATCH: u16 = 250;

async fn handle(app: &App) -> Result<Value, TriggerError> {
    let due = app.store.due(DueKind::Invitation, app.now(), BATCH).await?;
    let (mut expired, mut reminded) = (0, 0);
    for task in &due {
        match work(app, *task).await? {
            Some(Done::Expired) => expired += 1,
            Some(Done::Reminded) => reminded += 1,
            None => {}
        }
    }
    if !due.is_empty() {
        tracing::info!(
            due = due.len(),
            expired,
            reminded,
            "looked after invitations"
        );
    }
    Ok(json!({ "expired": expired, "reminded": reminded }))
}

/// What was done about an invitation.
enum Done {
    Expired,
    Reminded,
}

async fn work(app: &App, task: Task<kind::Invitation>) -> Result<Option<Done>, TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    retry(TriggerError::is_stale, || async {
        // The index is a moment behind the table, which decides.
        let Some(invitation) = workspace.invitation(task.id).await? else {
            return Ok(None);
        };
        let mut change = Change::by_system(app.moment());
        let done = if invitation.is_due_to_expire(app.now()) {
            expire(&workspace, &invitation, &mut change).await?;
            Done::Expired
        } else if invitation.is_due_to_remind(app.now()) {
            let client = workspace.client(invitation.client_id).await?;
            invitation.remind(&mut change, client.as_ref());
            Done::Reminded
        } else {
            return Ok(None);
        };
        match workspace.commit(&change).await {
            Err(CommitError::InactiveCompany(..) | CommitError::UnknownCompany(_)) => {
                let mut change = Change::by_system(app.moment());
                invitation.forgo_reminder(&mut change);
                workspace.commit(&change).await?;
                Ok(None)
            }
            written => Ok(written.map(|()| Some(done))?),
        }
    })
    .await
}

async fn expire(
    workspace: &WorkspaceStore<'_>,
    invitation: &Invitation,
    change: &mut Change<'_>,
) -> Result<(), TriggerError> {
    let before = workspace.client(invitation.client_id).await?;
    // Whoever was archived meanwhile has no open invitation to be freed of.
    let before = before.filter(|client| client.archived_at.is_none());
    let mut after = before.clone();
    invitation.expire(change, after.as_mut());
    if let Some(after) = after {
        change.save_client(before.as_ref(), after);
    }
    Ok(())
}
