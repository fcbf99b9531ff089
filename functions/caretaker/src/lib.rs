//! Does the chores that decisions leave behind: clears the values of deleted
//! custom fields, deletes files, erases what is left of purged clients.
//!
//! A chore is due until it is done. Each run does a part of it and notes how
//! far it has come; a run that dies, or two at once, do some of it twice, which
//! changes nothing.

mod clear;
mod erase;

use portico_app::{App, Grant, Source, Trigger, TriggerError};
use portico_domain::{Chore, Task, Work, kind};
use portico_store::{DueKind, Index, SHARDS};
use serde_json::{Value, json};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "caretaker",
    source: Source::Schedule("rate(1 minute)"),
    grants: &[
        Grant::query(Index::Due),
        Grant::query(Index::Table),
        Grant::query(Index::Gsi1),
        Grant::query(Index::Gsi2),
        Grant::GET,
        Grant::PUT,
        Grant::UPDATE,
        Grant::DELETE,
        Grant::DELETE_FILE,
    ],
    at_once: SHARDS,
    handle: |app, _| Box::pin(handle(app)),
};

/// How many chores are taken up in one run from each shard.
const BATCH: u16 = 10;
/// How many pages of 100 things one run looks at for one chore. What is left
/// waits a minute.
const PAGES: usize = 10;

async fn handle(app: &App) -> Result<Value, TriggerError> {
    let due = app.store.due(DueKind::Chore, app.now(), BATCH).await?;
    let mut done = 0;
    for task in &due {
        match work(app, *task).await {
            Ok(is_done) => done += usize::from(is_done),
            // It stays due, and keeps none of the others.
            Err(error) => tracing::error!(chore = %task.id, ?error, "a chore failed"),
        }
    }
    if !due.is_empty() {
        tracing::info!(due = due.len(), done, "did chores");
    }
    Ok(json!({ "done": done }))
}

/// Does a part of a chore; answers whether it is done.
async fn work(app: &App, task: Task<kind::Chore>) -> Result<bool, TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    // The index is a moment behind the table, which decides.
    let Some(chore) = workspace.chore(task.id).await? else {
        return Ok(false);
    };
    let is_done = match &chore.work {
        Work::ClearField { entity, key } => {
            clear::clear(app, &workspace, &chore, *entity, key).await?
        }
        Work::DeleteFiles { files } => {
            for file in files {
                app.files.delete(file).await?;
            }
            true
        }
        Work::Erase { clients } => erase::erase(app, &workspace, &chore, clients).await?,
    };
    if is_done {
        workspace.chore_is_done(task.id).await?;
    }
    Ok(is_done)
}

/// Notes how far a chore has come. If another run was quicker, that one's note
/// stands, and this run ends where it is.
async fn note(
    workspace: &portico_store::WorkspaceStore<'_>,
    mut chore: Chore,
    change: impl FnOnce(&mut Chore),
) -> Result<Chore, TriggerError> {
    change(&mut chore);
    chore.version += 1;
    workspace.save_chore(&chore).await?;
    Ok(chore)
}
