//! Finds all work that is due and that nobody has taken up.
//!
//! This is the guarantee behind the stream and the queues: whatever was lost,
//! died half-way or waits for longer than a queue can hold it back is in the
//! index of due work. Waking a worker for something that another one has just
//! taken up does no harm, for it finds nothing due.

use portico_app::{App, Grant, Source, Trigger, TriggerError, index, outbox};
use portico_domain::{Listed, kind};
use portico_queue::Queue;
use portico_store::{CALLS_AT_ONCE, DueKind, Index};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "sweeper",
    source: Source::Schedule("rate(1 minute)"),
    grants: &[
        Grant::query(Index::Due),
        Grant::query(Index::Table),
        Grant::BATCH_GET,
        Grant::PUT,
        Grant::UPDATE,
        Grant::DELETE,
        Grant::CHECK,
        Grant::wake(Queue::Mail),
        Grant::wake(Queue::Deliveries),
        Grant::wake(Queue::Recoveries),
        Grant::wake(Queue::Companies),
    ],
    at_once: CALLS_AT_ONCE,
    handle: |app, _| Box::pin(handle(app)),
};

/// How much of each kind is swept up in one run from each shard; the rest
/// waits a minute.
const BATCH: u16 = 1_000;

async fn handle(app: &App) -> Result<Value, TriggerError> {
    let events = sweep_events(app).await?;
    let letters = wake::<kind::Letter>(app, DueKind::Letter, Queue::Mail).await?;
    let lanes = wake::<kind::Lane>(app, DueKind::Lane, Queue::Deliveries).await?;
    let recoveries = wake::<kind::Recovery>(app, DueKind::Recovery, Queue::Recoveries).await?;
    let companies = wake::<kind::Company>(app, DueKind::Company, Queue::Companies).await?;
    let listed = sweep_lists(app).await?;
    if events + letters + lanes + recoveries + companies + listed > 0 {
        tracing::info!(
            events,
            letters,
            lanes,
            recoveries,
            companies,
            listed,
            "swept up work"
        );
    }
    Ok(
        json!({ "events": events, "letters": letters, "lanes": lanes, "recoveries": recoveries, "companies": companies, "listed": listed }),
    )
}

/// Dispatches the events that the stream did not bring. One that cannot be
/// dispatched stays due and keeps nobody else.
async fn sweep_events(app: &App) -> Result<usize, TriggerError> {
    let due = app
        .store
        .due::<kind::Event>(DueKind::Event, app.now(), BATCH)
        .await?;
    let events = app.store.events_of(&due).await?;
    for (event, error) in outbox::dispatch(app, &events).await {
        tracing::error!(%event, ?error, "an event could not be dispatched; it stays due");
    }
    Ok(due.len())
}

/// Lists anew what was changed without an event, and companies whose count of
/// clients has changed.
async fn sweep_lists(app: &App) -> Result<usize, TriggerError> {
    let (store, now) = (&app.store, app.now());
    let clients = store
        .due::<kind::Client>(DueKind::Client, now, BATCH)
        .await?;
    let companies = store
        .due::<kind::Company>(DueKind::CompanyCount, now, BATCH)
        .await?;
    let clients = clients
        .into_iter()
        .map(|task| (task.workspace_id, Listed::Client(task.id)));
    let companies = companies
        .into_iter()
        .map(|task| (task.workspace_id, Listed::Company(task.id)));
    let mut listed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut count = 0;
    for (workspace_id, one) in clients.chain(companies) {
        listed.entry(workspace_id).or_default().insert(one);
        count += 1;
    }
    for (workspace_id, listed) in listed {
        index::relist(&app.store, workspace_id, app.now(), listed).await;
    }
    Ok(count)
}

async fn wake<K>(app: &App, kind: DueKind, queue: Queue) -> Result<usize, TriggerError> {
    let mut due = app.store.due::<K>(kind, app.now(), BATCH).await?;
    due.sort_by_key(|task| task.id);
    app.queues.send(queue, &due, Duration::ZERO).await?;
    Ok(due.len())
}
