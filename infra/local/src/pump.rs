//! The pumps: what AWS does between its services.
//!
//! Each source of events has a pump that hands its events, in AWS's own form,
//! to the function that they wake, one batch at a time. What a function asks
//! to have again comes again: messages when their visibility runs out, stream
//! records at once, a few times. The stream begins anew at a start of the
//! process, and queues begin empty; the sweeper makes up for what they held.

use crate::{aws::Aws, filter, grants::Acting, sqs};
use dynoxide::actions::{
    get_records::{GetRecordsRequest, GetRecordsResponse, Record},
    get_shard_iterator::GetShardIteratorRequest,
    list_streams::ListStreamsRequest,
};
use portico_app::{App, Source, Trigger, TriggerError};
use portico_domain::Time;
use portico_queue::Queue;
use portico_store::Doorbell;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::{Mutex, RwLock};

/// Lambda reads this many records of a stream at once unless told otherwise.
const STREAM_BATCH: usize = 100;
/// How often a stream record is tried before it is passed over.
const STREAM_TRIES: u32 = 5;

/// How many of each event-driven function run at once, at most.
///
/// Lambda begins with five for a queue and goes up to a thousand. Deliveries
/// wait for their receivers, so many of them take one machine no more effort.
pub(crate) const fn concurrency(queue: Queue) -> usize {
    match queue {
        Queue::Deliveries => 32,
        Queue::Mail => 5,
        Queue::Recoveries | Queue::Companies | Queue::MailEvents => 2,
    }
}

/// Hands a function its events.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) app: Arc<App>,
    pub(crate) aws: Aws,
}

/// The pump of the table's stream.
pub(crate) struct StreamPump {
    runner: Runner,
    trigger: Trigger,
    place: Mutex<Place>,
}

struct Place {
    iterator: String,
    tries: u32,
}

/// The pump of one queue.
pub(crate) struct QueuePump {
    runner: Runner,
    trigger: Trigger,
    queue: Queue,
    // Shared while one of several works, exclusive for whoever wants to know
    // that nothing is left.
    turn: RwLock<()>,
}

/// The pump of a scheduled function.
pub(crate) struct SchedulePump {
    runner: Runner,
    trigger: Trigger,
    turn: Mutex<()>,
}

impl Runner {
    /// A function's work on an event.
    pub(crate) fn work(
        &self,
        trigger: &Trigger,
        event: Value,
    ) -> impl Future<Output = Result<Value, TriggerError>> + Send + use<> {
        let acting = Acting {
            name: trigger.name,
            grants: trigger.grants.to_vec(),
        };
        let app = Arc::clone(&self.app);
        let handle = trigger.handle;
        acting.scope(async move { handle(&app, event).await })
    }

    /// Runs a function; `None` if it did not do its work.
    async fn run(&self, trigger: &Trigger, event: Value) -> Option<Value> {
        // A task of its own, so that a panic ends it and nothing else.
        let task = tokio::spawn(self.work(trigger, event));
        match task.await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::error!(function = trigger.name, error = ?error, "a function failed");
                None
            }
            Err(error) => {
                if error.is_panic() {
                    tracing::error!(function = trigger.name, "a function panicked");
                }
                None
            }
        }
    }
}

impl StreamPump {
    /// A pump that begins at what is written from now on.
    pub(crate) fn new(runner: Runner, trigger: Trigger, table: &str) -> dynoxide::Result<Self> {
        let iterator = latest(&runner.aws, table)?;
        Ok(Self {
            runner,
            trigger,
            place: Mutex::new(Place { iterator, tries: 0 }),
        })
    }

    /// What there is, handed to nobody.
    pub(crate) async fn take(&self) -> Vec<Value> {
        let mut place = self.place.lock().await;
        let mut taken = Vec::new();
        loop {
            let read = self.records(&place).await;
            let Some(found) = read.ok().filter(|found| !found.records.is_empty()) else {
                return taken;
            };
            taken.extend(ringing(&found.records));
            if let Some(next) = found.next_shard_iterator {
                place.iterator = next;
            }
        }
    }

    /// What follows this place.
    async fn records(&self, place: &Place) -> dynoxide::Result<GetRecordsResponse> {
        let request = GetRecordsRequest {
            shard_iterator: place.iterator.clone(),
            limit: Some(STREAM_BATCH),
        };
        let table = self.runner.aws.table();
        table.call(|database| database.get_records(request)).await
    }

    /// Hands on what there is; answers how many records that was.
    pub(crate) async fn pump(&self) -> usize {
        let mut place = self.place.lock().await;
        let records = match self.records(&place).await {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, "the stream cannot be read");
                return 0;
            }
        };
        let next = records
            .next_shard_iterator
            .unwrap_or_else(|| place.iterator.clone());
        if records.records.is_empty() {
            place.iterator = next;
            return 0;
        }
        let count = records.records.len();
        let ringing = ringing(&records.records);
        let is_done = if ringing.is_empty() {
            true
        } else {
            let event = json!({ "Records": ringing });
            let answer = self.runner.run(&self.trigger, event).await;
            answer.is_some_and(|answer| failed(&answer).is_empty())
        };
        place.tries += 1;
        if is_done || place.tries >= STREAM_TRIES {
            if !is_done {
                tracing::error!(
                    count,
                    "stream records are passed over; the sweeper makes up for them"
                );
            }
            place.iterator = next;
            place.tries = 0;
        }
        count
    }
}

impl QueuePump {
    pub(crate) fn new(runner: Runner, trigger: Trigger, queue: Queue) -> Self {
        Self {
            runner,
            trigger,
            queue,
            turn: RwLock::default(),
        }
    }

    /// How many may work at once.
    pub(crate) const fn concurrency(&self) -> usize {
        concurrency(self.queue)
    }

    /// Hands on what is visible once nobody else is at work on this queue;
    /// answers how many messages that was.
    pub(crate) async fn pump_alone(&self, now: Time) -> usize {
        let _turn = self.turn.write().await;
        self.hand_on(now).await
    }

    /// Hands on what is visible, beside others; answers how many messages that
    /// was.
    pub(crate) async fn pump(&self, now: Time) -> usize {
        let _turn = self.turn.read().await;
        self.hand_on(now).await
    }

    async fn hand_on(&self, now: Time) -> usize {
        let queues = self.runner.aws.queues();
        let name = self.queue.name();
        let messages = queues.take(name, self.queue.batch_size().into(), now);
        if messages.is_empty() {
            return 0;
        }
        let event = sqs::event(&arn(self.queue), &messages);
        if let Some(answer) = self.runner.run(&self.trigger, event).await {
            let failed = failed(&answer);
            for message in messages
                .iter()
                .filter(|message| !failed.contains(&message.message_id))
            {
                queues.delete(name, &message.receipt);
            }
        }
        messages.len()
    }
}

impl SchedulePump {
    pub(crate) fn new(runner: Runner, trigger: Trigger) -> Self {
        Self {
            runner,
            trigger,
            turn: Mutex::default(),
        }
    }

    /// Runs the function once, as EventBridge Scheduler would.
    pub(crate) async fn pump(&self) {
        let _turn = self.turn.lock().await;
        let event = schedule_event(&self.runner.app, &self.trigger);
        self.runner.run(&self.trigger, event).await;
    }
}

/// The event that EventBridge Scheduler has for a function.
pub(crate) fn schedule_event(app: &App, trigger: &Trigger) -> Value {
    let moment = app.moment();
    json!({
        "version": "0",
        "id": moment.id::<()>(),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": moment.now,
        "region": "local",
        "resources": [format!("arn:aws:scheduler:local:000000000000:schedule/portico/{}", trigger.name)],
        "detail": "{}",
    })
}

/// The name of a queue in AWS's terms.
pub(crate) fn arn(queue: Queue) -> String {
    format!("arn:aws:sqs:local:000000000000:{}", queue.name())
}

/// Which kind of source wakes a trigger.
pub(crate) fn queue_of(trigger: &Trigger) -> Option<Queue> {
    match trigger.source {
        Source::Queue(queue) => Some(queue),
        Source::Stream | Source::Schedule(_) => None,
    }
}

/// The records that the event source mapping lets through.
fn ringing(records: &[Record]) -> Vec<Value> {
    let patterns = Doorbell::patterns();
    let rings = |record: &Value| {
        patterns
            .iter()
            .any(|pattern| filter::matches(pattern, record))
    };
    let records = records.iter().map(|record| json!(record));
    records.filter(rings).collect()
}

fn failed(answer: &Value) -> BTreeSet<String> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["itemIdentifier"].as_str().map(ToOwned::to_owned))
        .collect()
}

fn latest(aws: &Aws, table: &str) -> dynoxide::Result<String> {
    let request = ListStreamsRequest {
        table_name: Some(table.to_owned()),
        ..ListStreamsRequest::default()
    };
    let database = aws.table().database();
    let streams = database.list_streams(request)?;
    let stream_arn = streams
        .streams
        .into_iter()
        .next()
        .map(|stream| stream.stream_arn)
        .unwrap_or_default();
    let request = GetShardIteratorRequest {
        stream_arn,
        shard_id: dynoxide::streams::shard_id(table),
        shard_iterator_type: "LATEST".to_owned(),
        sequence_number: None,
    };
    let iterator = database.get_shard_iterator(request)?.shard_iterator;
    Ok(iterator.unwrap_or_default())
}
