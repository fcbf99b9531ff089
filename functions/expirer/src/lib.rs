//! Tells which invitations have run out.
//!
//! An invitation ends at its second whether or not this function runs: every
//! read and every accept checks the time. This function only tells it, once
//! each: the change names the version that it replaces, so of two that run at
//! once one writes and the other finds nothing left to tell.

use portico_app::{App, Grant, Source, Trigger, TriggerError, retry};
use portico_domain::{Change, Task, kind};
use portico_store::{DueKind, Index};
use serde_json::{Value, json};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "expirer",
    source: Source::Schedule("rate(1 minute)"),
    grants: &[Grant::query(Index::Due), Grant::GET, Grant::PUT],
    handle: |app, _| Box::pin(handle(app)),
};

/// How many are expired in one run from each shard; the rest waits a minute.
const BATCH: u16 = 250;

async fn handle(app: &App) -> Result<Value, TriggerError> {
    let due = app.store.due(DueKind::Invitation, app.now(), BATCH).await?;
    let mut expired = 0;
    for task in &due {
        expired += u32::from(expire(app, *task).await?);
    }
    if !due.is_empty() {
        tracing::info!(due = due.len(), expired, "expired invitations");
    }
    Ok(json!({ "expired": expired }))
}

async fn expire(app: &App, task: Task<kind::Invitation>) -> Result<bool, TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    retry(TriggerError::is_stale, || async {
        // The index is a moment behind the table, which decides.
        let invitation = workspace.invitation(task.id).await?;
        let Some(invitation) =
            invitation.filter(|invitation| invitation.is_due_to_expire(app.now()))
        else {
            return Ok(false);
        };
        let mut change = Change::by_system(app.moment());
        let before = workspace.client(invitation.client_id).await?;
        // Whoever was archived meanwhile has no open invitation to be freed of.
        let before = before.filter(|client| client.archived_at.is_none());
        let mut after = before.clone();
        invitation.expire(&mut change, after.as_mut());
        if let Some(after) = after {
            change.save_client(before.as_ref(), after);
        }
        workspace.commit(&change).await?;
        Ok(true)
    })
    .await
}
