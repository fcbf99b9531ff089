//! Takes clients out of deleted companies.
//!
//! Each client leaves in a transaction of its own, so a run can die anywhere
//! and the next one goes on with whoever is left. The company stays due until
//! nobody is.

use portico_app::{App, Grant, Source, Trigger, TriggerError, retry, sqs_batch};
use portico_domain::{Change, Client, CompanyId, Task, kind};
use portico_queue::Queue;
use portico_store::{ClientFilter, Index, PageRequest, WorkspaceStore};
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "detacher",
    source: Source::Queue(Queue::Companies),
    grants: &[
        Grant::GET,
        Grant::query(Index::Gsi1),
        Grant::PUT,
        Grant::UPDATE,
        Grant::DELETE,
        Grant::wake(Queue::Companies),
    ],
    at_once: 1,
    handle: |app, event| Box::pin(sqs_batch(event, |task| detach(app, task))),
};

/// How many clients one message takes out; the next message goes on.
const BATCH: u16 = 100;

/// How long after its deletion a company may still get a member in the index:
/// joining was possible until then, and the index is a moment behind.
const INDEX_LAG: Duration = Duration::from_secs(10);

async fn detach(app: &App, task: Task<kind::Company>) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    let company = workspace.company(task.id).await?;
    let Some(deleted_at) = company.and_then(|company| company.deleted_at) else {
        return Ok(());
    };
    let members = ClientFilter {
        company_id: Some(task.id),
        ..ClientFilter::default()
    };
    let page = workspace
        .clients(
            members,
            &PageRequest {
                limit: BATCH,
                after: None,
            },
        )
        .await?;
    for client in &page.items {
        leave(app, &workspace, client, task.id).await?;
    }
    if page.next.is_some() {
        app.queues
            .send(Queue::Companies, &[task], Duration::ZERO)
            .await?;
    } else if app.now().since(deleted_at) > INDEX_LAG {
        workspace.company_is_empty(task.id).await?;
    }
    Ok(())
}

async fn leave(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    client: &Client,
    company_id: CompanyId,
) -> Result<(), TriggerError> {
    retry(TriggerError::is_stale, || async {
        let before = workspace.client(client.id).await?;
        let is_member = |client: &Client| client.archived_at.is_none() && client.is_in(company_id);
        let Some(before) = before.filter(is_member) else {
            return Ok(());
        };
        let mut change = Change::by_system(app.moment());
        let mut after = before.clone();
        after.leave(&mut change, company_id);
        change.save_client(Some(&before), after);
        Ok(workspace.commit(&change).await?)
    })
    .await
}
