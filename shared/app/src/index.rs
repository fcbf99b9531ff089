//! What lists and searches show follows what happened.
//!
//! It hangs on the outbox: an event leaves the index of due work only when what
//! it is about has been listed anew, so what the stream or a process loses is
//! made up for by the sweep. Doing it again changes nothing, whatever the
//! order, because each time the thing itself is read, not what the event says
//! of it.
//!
//! A thing that cannot be read is passed over and told in the log: nothing that
//! comes again would mend it, and its events must not be due for ever.

pub mod rebuild;

use futures_util::{StreamExt as _, stream};
use portico_domain::{ClientId, CompanyId, Listed, Time, WorkspaceId};
use portico_store::{CALLS_AT_ONCE, Error, Move, Relisted, Store, WorkspaceStore};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often clients are read anew because they, or who counts them, moved on.
const ROUNDS: usize = 5;
/// After this time an event no longer waits for what it is about to be listed.
/// Whatever fails for so long is not going to pass by itself, and the sweep
/// takes a bounded number of events at a time.
const PATIENCE: Duration = Duration::from_hours(1);

/// Lists these anew. Answers with those for which that failed.
pub async fn relist(
    store: &Store,
    workspace_id: WorkspaceId,
    now: Time,
    listed: BTreeSet<Listed>,
) -> BTreeSet<Listed> {
    let workspace = store.workspace(workspace_id);
    let (mut clients, mut companies) = (BTreeSet::new(), BTreeSet::new());
    for one in listed {
        match one {
            Listed::Client(id) => clients.insert(id),
            Listed::Company(id) => companies.insert(id),
        };
    }
    let mut failed = BTreeSet::new();
    for _ in 0..ROUNDS {
        clients = relist_clients(&workspace, clients, &mut companies, &mut failed, now).await;
    }
    failed.extend(clients.into_iter().map(Listed::Client));
    // Companies last, and each once, however many clients have joined it.
    let results = at_once(companies, |id| workspace.relist_company(id)).await;
    for (id, result) in results {
        note(Listed::Company(id), result, &mut failed);
    }
    failed
}

/// Whether an event has to wait until this is listed.
pub fn holds_back(
    failed: &BTreeSet<Listed>,
    listed: Option<Listed>,
    created: Time,
    now: Time,
) -> bool {
    let Some(listed) = listed.filter(|listed| failed.contains(listed)) else {
        return false;
    };
    let is_given_up = now.since(created) > PATIENCE;
    if is_given_up {
        tracing::error!(?listed, "lists do not follow it; given up");
    }
    !is_given_up
}

/// Answers with the clients that have to be read anew.
async fn relist_clients(
    workspace: &WorkspaceStore<'_>,
    clients: BTreeSet<ClientId>,
    companies: &mut BTreeSet<CompanyId>,
    failed: &mut BTreeSet<Listed>,
    now: Time,
) -> BTreeSet<ClientId> {
    let mut done: BTreeMap<ClientId, Relisted> = BTreeMap::new();
    for (id, result) in at_once(clients, |id| workspace.relist_client(id)).await {
        done.extend(note(Listed::Client(id), result, failed).map(|relisted| (id, relisted)));
    }
    // Those of one company together: its count takes one writer at a time.
    let mut moves: BTreeMap<CompanyId, Vec<Move>> = BTreeMap::new();
    for step in done.values().flat_map(|relisted| &relisted.moves) {
        moves.entry(step.company_id).or_default().push(*step);
    }
    let touched: Vec<CompanyId> = moves.keys().copied().collect();
    companies.extend(&touched);
    let mut again = BTreeSet::new();
    let counted = at_once(touched, |id| workspace.count_moves(&moves[&id], now)).await;
    for (id, result) in counted {
        let clients = moves[&id].iter().map(|step| step.client_id);
        match note(Listed::Company(id), result, failed) {
            Some(true) => {}
            Some(false) => again.extend(clients),
            None => failed.extend(clients.map(Listed::Client)),
        }
    }
    let is_listed = |id: &ClientId| !again.contains(id) && !failed.contains(&Listed::Client(*id));
    let listed: Vec<ClientId> = done.keys().copied().filter(is_listed).collect();
    for (id, result) in at_once(listed, |id| workspace.client_is_listed(id, &done[&id])).await {
        note(Listed::Client(id), result, failed);
    }
    again
}

async fn at_once<K: Copy, T, F>(
    of: impl IntoIterator<Item = K>,
    work: impl Fn(K) -> F,
) -> Vec<(K, Result<T, Error>)>
where
    F: Future<Output = Result<T, Error>>,
{
    let work = &work;
    stream::iter(of)
        .map(|key| async move { (key, work(key).await) })
        .buffer_unordered(CALLS_AT_ONCE)
        .collect()
        .await
}

fn note<T>(listed: Listed, result: Result<T, Error>, failed: &mut BTreeSet<Listed>) -> Option<T> {
    match result {
        Ok(done) => return Some(done),
        Err(error @ Error::Corrupt { .. }) => {
            tracing::error!(?listed, ?error, "lists do not follow what cannot be read");
        }
        Err(error @ (Error::Busy(_) | Error::Unavailable(_))) => {
            tracing::warn!(?listed, ?error, "lists wait for the sweep");
            failed.insert(listed);
        }
    }
    None
}
