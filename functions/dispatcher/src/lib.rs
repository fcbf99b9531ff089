//! Turns the table's stream into work for the others.
//!
//! The stream is only a doorbell. A record that comes twice changes nothing,
//! one that cannot be understood is passed over, and one that never comes is
//! made up for by the sweeper. The events of a batch are dispatched together,
//! so endpoints are read and lanes are rung once for all of them.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use portico_app::{App, BatchFailures, Grant, Source, Trigger, TriggerError, index, outbox};
use portico_domain::{Listed, Task};
use portico_queue::Queue;
use portico_store::{CALLS_AT_ONCE, Doorbell, Index};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "dispatcher",
    source: Source::Stream,
    grants: &[
        Grant::query(Index::Table),
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
    handle: |app, event| Box::pin(handle(app, event)),
};

async fn handle(app: &App, event: Value) -> Result<Value, TriggerError> {
    let event: StreamEvent = serde_json::from_value(event)?;
    let mut places = BTreeMap::new();
    let mut events = Vec::new();
    let mut listed = BTreeMap::new();
    let mut failures = BatchFailures::default();
    for record in event.records {
        let place = record.change.sequence_number.clone().unwrap_or_default();
        match read(record) {
            Some(Doorbell::Event(event)) => {
                places.insert(event.id, place);
                events.push(*event);
            }
            Some(Doorbell::Client(workspace, id)) => {
                let of_workspace: &mut BTreeSet<_> = listed.entry(workspace).or_default();
                of_workspace.insert(Listed::Client(id));
            }
            Some(other) => {
                if let Err(error) = wake(app, other).await {
                    failures.add(&place, &error);
                }
            }
            None => {}
        }
    }
    for (workspace_id, listed) in listed {
        // One that fails stays due, and the sweep finds it.
        index::relist(&app.store, workspace_id, app.now(), listed).await;
    }
    for (event, error) in outbox::dispatch(app, &events).await {
        let place = places.get(&event).map(String::as_str).unwrap_or_default();
        failures.add(place, &error);
    }
    failures.into_answer()
}

/// What a record means, if it can be read.
fn read(record: EventRecord) -> Option<Doorbell> {
    Doorbell::of(&record.event_name, record.change.new_image).unwrap_or_else(|error| {
        tracing::error!(
            record = record.event_id,
            ?error,
            "a stream record cannot be read; passed over"
        );
        None
    })
}

/// Wakes whoever does the work that a doorbell asks for.
async fn wake(app: &App, doorbell: Doorbell) -> Result<(), TriggerError> {
    let (queues, now) = (&app.queues, Duration::ZERO);
    match doorbell {
        Doorbell::Letter(workspace_id, id) => {
            queues
                .send(Queue::Mail, &[Task { workspace_id, id }], now)
                .await?;
        }
        Doorbell::Recovery(workspace_id, id) => {
            queues
                .send(Queue::Recoveries, &[Task { workspace_id, id }], now)
                .await?;
        }
        Doorbell::Company(workspace_id, id) => {
            queues
                .send(Queue::Companies, &[Task { workspace_id, id }], now)
                .await?;
        }
        // Events are dispatched, and clients listed, together.
        Doorbell::Event(_) | Doorbell::Client(..) => {}
    }
    Ok(())
}
