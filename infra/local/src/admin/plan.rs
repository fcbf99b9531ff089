//! `portico admin plan`: how much of Portico a workspace may use.
//!
//! Clients who come once a limit is set are counted with what adds them. Those
//! who were there are counted afterwards, one transaction each that says so on
//! the client too: whatever happens meanwhile, nobody counts twice or not at
//! all, and the command can be run again at any time. Until it is through, the
//! limit lets in too many, never too few.

use super::AdminError;
use crate::server::store_in;
use portico_bootstrap::aws_config;
use portico_domain::{Change, ClientId, IdSource, Moment, Plan, SETTLED_AFTER, Time, WorkspaceId};
use portico_store::{ClientFilter, Clock, CommitError, PageRequest, Position, Store};
use std::path::Path;

/// How many clients are looked at together.
const PAGE: u16 = 100;

/// Gives a workspace in this table another plan, with the credentials and the
/// region of the environment; answers how many clients it has if they are
/// limited.
pub async fn set_plan(
    table: &str,
    workspace: WorkspaceId,
    plan: Plan,
) -> Result<Option<u64>, AdminError> {
    let clock = Clock::new(Time::system_now);
    let store = Store::new(&aws_config().await, table, clock.clone());
    set_and_count(&store, &clock, workspace, plan).await
}

/// The same on this machine, for the installation that keeps its data in this
/// directory. Its server may go on meanwhile. Without a workspace, it is the
/// first one.
pub async fn set_local_plan(
    directory: &Path,
    workspace: Option<WorkspaceId>,
    plan: Plan,
) -> Result<(WorkspaceId, Option<u64>), AdminError> {
    let (store, clock, first) = store_in(directory)?;
    let workspace = workspace.unwrap_or(first);
    let counted = set_and_count(&store, &clock.for_app(), workspace, plan).await?;
    Ok((workspace, counted))
}

async fn set_and_count(
    store: &Store,
    clock: &Clock,
    workspace: WorkspaceId,
    plan: Plan,
) -> Result<Option<u64>, AdminError> {
    let is_limited = plan.client_limit.is_some();
    let ids = IdSource::new();
    let moment = || Moment::new(clock.now(), &ids);
    set_plan_in(store, moment(), workspace, plan).await?;
    if !is_limited {
        return Ok(None);
    }
    // Whoever was let in before the limit was set may add clients, uncounted,
    // until this long afterwards; the list of clients follows in less.
    tokio::time::sleep(SETTLED_AFTER).await;
    let mut place = None;
    loop {
        place = count_page(store, moment(), workspace, place).await?;
        if place.is_none() {
            let counted = store.workspace(workspace).counted_clients().await?;
            return Ok(Some(counted));
        }
    }
}

/// Gives a workspace another plan; from now on clients who come are counted if
/// they are limited.
pub async fn set_plan_in(
    store: &Store,
    moment: Moment<'_>,
    workspace: WorkspaceId,
    plan: Plan,
) -> Result<(), AdminError> {
    let workspace = store.workspace(workspace);
    loop {
        let mut change = Change::by_system(moment);
        let _ = workspace.get().await?.with_plan(&mut change, plan.clone());
        match workspace.commit(&change).await {
            Err(CommitError::Stale) => {}
            done => return Ok(done?),
        }
    }
}

/// Counts the clients of a page who are not counted yet; answers where to go
/// on.
pub async fn count_page(
    store: &Store,
    moment: Moment<'_>,
    workspace: WorkspaceId,
    after: Option<Position>,
) -> Result<Option<Position>, AdminError> {
    let page = PageRequest { limit: PAGE, after };
    let page = store
        .workspace(workspace)
        .clients(ClientFilter::default(), &page)
        .await?;
    for client in page.items.iter().filter(|client| !client.is_counted) {
        count(store, moment, workspace, client.id).await?;
    }
    Ok(page.next)
}

async fn count(
    store: &Store,
    moment: Moment<'_>,
    workspace: WorkspaceId,
    id: ClientId,
) -> Result<(), AdminError> {
    let workspace = store.workspace(workspace);
    loop {
        let client = workspace.client(id).await?;
        let uncounted = client.filter(|client| !client.is_archived() && !client.is_counted);
        let Some(before) = uncounted else {
            return Ok(());
        };
        let mut change = Change::by_system(moment);
        let mut after = before.clone();
        after.is_counted = true;
        change.save_client(Some(&before), after);
        match workspace.commit(&change).await {
            Err(CommitError::Stale) => {}
            done => return Ok(done?),
        }
    }
}
