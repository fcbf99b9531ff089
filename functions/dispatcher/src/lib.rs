//! Turns the table's stream into work for the others.
//!
//! The stream is only a doorbell. A record that comes twice changes nothing,
//! one that cannot be understood is passed over, and one that never comes is
//! made up for by the sweeper. Records are taken in order: at the first that
//! fails the rest waits, so events are dispatched in the order in which they
//! happened.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use portico_app::{App, BatchFailures, Grant, Source, Trigger, TriggerError, outbox};
use portico_domain::Task;
use portico_queue::Queue;
use portico_store::{Doorbell, Index};
use serde_json::Value;
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "dispatcher",
    source: Source::Stream,
    grants: &[
        Grant::query(Index::Table),
        Grant::PUT,
        Grant::UPDATE,
        Grant::wake(Queue::Mail),
        Grant::wake(Queue::Deliveries),
        Grant::wake(Queue::Companies),
    ],
    handle: |app, event| Box::pin(handle(app, event)),
};

async fn handle(app: &App, event: Value) -> Result<Value, TriggerError> {
    let event: StreamEvent = serde_json::from_value(event)?;
    let mut failures = BatchFailures::default();
    for record in event.records {
        let place = record.change.sequence_number.clone().unwrap_or_default();
        if let Err(error) = answer(app, record).await {
            failures.add(&place, &error);
            break;
        }
    }
    failures.into_answer()
}

async fn answer(app: &App, record: EventRecord) -> Result<(), TriggerError> {
    let doorbell = match Doorbell::of(&record.event_name, record.change.new_image) {
        Ok(doorbell) => doorbell,
        Err(error) => {
            tracing::error!(
                record = record.event_id,
                ?error,
                "a stream record cannot be read; passed over"
            );
            None
        }
    };
    match doorbell {
        Some(Doorbell::Event(event)) => outbox::dispatch(app, &event).await?,
        Some(Doorbell::Letter(workspace_id, id)) => {
            app.queues
                .send(Queue::Mail, &[Task { workspace_id, id }], Duration::ZERO)
                .await?;
        }
        Some(Doorbell::Company(workspace_id, id)) => {
            app.queues
                .send(
                    Queue::Companies,
                    &[Task { workspace_id, id }],
                    Duration::ZERO,
                )
                .await?;
        }
        None => {}
    }
    Ok(())
}
