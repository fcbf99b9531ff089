//! Takes clients out of deleted companies.
//!
//! Each client leaves in a transaction of its own, several at once, so a run can
//! die anywhere and the next one goes on with whoever is left. The company stays
//! due until nobody is, which is then told (`company.emptied`).

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use portico_app::{App, Grant, Source, Trigger, TriggerError, retry, sqs_batch};
use portico_domain::{Change, Client, ClientId, CompanyId, Task, kind};
use portico_queue::Queue;
use portico_store::{CALLS_AT_ONCE, ClientFilter, Index, PageRequest, WorkspaceStore};
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "detacher",
    source: Source::Queue(Queue::Companies),
    grants: &[
        Grant::GET,
        Grant::query(Index::Gsi1),
        Grant::PUT,
        Grant::DELETE,
        Grant::wake(Queue::Companies),
    ],
    at_once: CALLS_AT_ONCE,
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
    let company = company.filter(|company| company.emptied_at.is_none());
    let Some((deleted_at, company)) =
        company.and_then(|company| Some((company.deleted_at?, company)))
    else {
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
    let ids: Vec<ClientId> = page.items.iter().map(|client| client.id).collect();
    stream::iter(ids)
        .map(|id| leave(app, &workspace, id, task.id))
        .buffer_unordered(CALLS_AT_ONCE)
        .try_collect::<()>()
        .await?;
    if page.next.is_some() {
        app.queues
            .send(Queue::Companies, &[task], Duration::ZERO)
            .await?;
    } else if app.now().since(deleted_at) > INDEX_LAG {
        let mut change = Change::by_system(app.moment());
        let mut after = company.clone();
        after.empty(&mut change);
        change.save_company(Some(&company), after);
        workspace.commit(&change).await?;
    }
    Ok(())
}

async fn leave(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    client_id: ClientId,
    company_id: CompanyId,
) -> Result<(), TriggerError> {
    retry(TriggerError::is_stale, || async {
        let before = workspace.client(client_id).await?;
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
