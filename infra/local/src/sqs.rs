//! The embedded SQS: the endpoint that the SQS client calls, and the event
//! source mapping's side of the queues.
//!
//! Functions send through [`Queues::answer`]; the pump takes messages with
//! [`Queues::take`], hands them to a function as an [`event`] and deletes or
//! releases what the function is done with. The queues are standard ones: a
//! message that is sent twice is there twice. A message that is not deleted in
//! time becomes visible again; once it is taken again, the older receipt has
//! gone stale and neither deletes nor releases it, because somebody else is at
//! work on it. What was taken as often as its queue allows goes to the dead
//! letters instead of being taken once more.
//!
//! Messages live in memory and end with the process: the sweep sends again
//! what was lost.

mod protocol;

use crate::journal::id_at;
use portico_domain::Time;
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// The account that queue URLs and events name.
const ACCOUNT: &str = "000000000000";

/// How a queue behaves.
#[derive(Clone, Debug)]
pub struct QueueSpec {
    /// Its name, the last part of its URL.
    pub name: String,
    /// How long a taken message stays invisible.
    pub visibility: Duration,
    /// How often a message is taken before it is a dead letter.
    pub max_receives: u32,
}

/// A message, as [`Queues::take`] hands it out.
#[derive(Clone, Debug)]
pub struct Message {
    /// Names the message for its whole life.
    pub message_id: String,
    /// Names this taking of it; empty until it is taken.
    pub receipt: String,
    /// The body.
    pub body: String,
    /// The attributes that the sender set, as the protocol has them.
    pub attributes: Map<String, Value>,
    /// When it was sent.
    pub sent_at: Time,
    /// When it was first taken.
    pub first_received_at: Option<Time>,
    /// How often it was taken.
    pub receives: u32,
    visible_at: Time,
}

/// All queues. Clones share them.
#[derive(Clone, Debug)]
pub struct Queues {
    queues: Arc<[Queue]>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct Queue {
    spec: QueueSpec,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    // In the order of sending.
    messages: Vec<Message>,
    dead: Vec<Message>,
}

impl Queues {
    /// Empty queues with these names.
    pub fn new(specs: &[QueueSpec]) -> Self {
        let queue = |spec: &QueueSpec| Queue {
            spec: spec.clone(),
            state: Mutex::default(),
        };
        Self {
            queues: specs.iter().map(queue).collect(),
            changed: Arc::default(),
        }
    }

    /// Signalled whenever a message is sent or released.
    ///
    /// Every `notified()` that exists at that moment is woken, and if there is
    /// none the next one is. A waiter that makes its `notified()` before it
    /// looks at the queue therefore misses nothing, but may wake for nothing.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Puts a message into a queue, as another service of AWS does.
    pub fn post(&self, queue: &str, now: Time, body: String) {
        if let Some(queue) = self.queue(queue) {
            queue.send(now, body, Map::new(), Duration::ZERO);
            self.signal();
        }
    }

    /// Takes up to `max` visible messages, oldest first. They are invisible
    /// for as long as the queue says. A queue that does not exist is empty.
    pub fn take(&self, queue: &str, max: usize, now: Time) -> Vec<Message> {
        self.queue(queue)
            .map_or_else(Vec::new, |queue| queue.take(max, now))
    }

    /// Deletes the message that was taken with this receipt; says whether
    /// there was one.
    pub fn delete(&self, queue: &str, receipt: &str) -> bool {
        let Some(queue) = self.queue(queue) else {
            return false;
        };
        let mut state = queue.state();
        let before = state.messages.len();
        state
            .messages
            .retain(|message| !message.is_held_by(receipt));
        state.messages.len() < before
    }

    /// Has the message that was taken with this receipt visible from then on;
    /// says whether there was one.
    pub fn release(&self, queue: &str, receipt: &str, visible_at: Time) -> bool {
        let Some(queue) = self.queue(queue) else {
            return false;
        };
        let mut state = queue.state();
        let mut messages = state.messages.iter_mut();
        let Some(message) = messages.find(|message| message.is_held_by(receipt)) else {
            return false;
        };
        message.visible_at = visible_at;
        drop(state);
        self.signal();
        true
    }

    /// How many messages could be taken now.
    pub fn visible(&self, queue: &str, now: Time) -> usize {
        let Some(queue) = self.queue(queue) else {
            return 0;
        };
        let state = queue.state();
        state
            .messages
            .iter()
            .filter(|one| one.is_visible(now))
            .count()
    }

    /// When the first message of the queue becomes visible, or became so.
    pub fn next_visible_at(&self, queue: &str) -> Option<Time> {
        let state = self.queue(queue)?.state();
        state
            .messages
            .iter()
            .map(|message| message.visible_at)
            .min()
    }

    /// What was taken too often, oldest first.
    pub fn dead(&self, queue: &str) -> Vec<Message> {
        self.queue(queue)
            .map_or_else(Vec::new, |queue| queue.state().dead.clone())
    }

    fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.spec.name == name)
    }

    fn signal(&self) {
        self.changed.notify_waiters();
        self.changed.notify_one();
    }
}

impl Queue {
    fn take(&self, max: usize, now: Time) -> Vec<Message> {
        let mut state = self.state();
        let State { messages, dead } = &mut *state;
        let spent = |message: &mut Message| {
            message.is_visible(now) && message.receives >= self.spec.max_receives
        };
        dead.extend(messages.extract_if(.., spent));
        let due = messages
            .iter_mut()
            .filter(|message| message.is_visible(now));
        due.take(max)
            .map(|message| {
                message.receives += 1;
                message.receipt = format!("{}#{}", message.message_id, message.receives);
                message.first_received_at.get_or_insert(now);
                message.visible_at = now + self.spec.visibility;
                message.clone()
            })
            .collect()
    }

    fn send(
        &self,
        now: Time,
        body: String,
        attributes: Map<String, Value>,
        delay: Duration,
    ) -> String {
        let message_id = id_at(now);
        self.state().messages.push(Message {
            message_id: message_id.clone(),
            receipt: String::new(),
            body,
            attributes,
            sent_at: now,
            first_received_at: None,
            receives: 0,
            visible_at: now + delay,
        });
        message_id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No update leaves a queue half made, so what a panicking thread left
        // behind is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Message {
    fn is_visible(&self, now: Time) -> bool {
        self.visible_at <= now
    }

    fn is_held_by(&self, receipt: &str) -> bool {
        self.receives > 0 && self.receipt == receipt
    }
}

/// The event that Lambda hands to a function for these messages, from the
/// queue with this ARN.
pub fn event(queue_arn: &str, messages: &[Message]) -> Value {
    // arn:aws:sqs:<region>:<account>:<name>
    let region = queue_arn.split(':').nth(3).unwrap_or_default();
    let record = |message: &Message| {
        let first_received_at = message.first_received_at.unwrap_or(message.sent_at);
        json!({
            "messageId": message.message_id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent_at.unix_millis().to_string(),
                "SenderId": ACCOUNT,
                "ApproximateFirstReceiveTimestamp": first_received_at.unix_millis().to_string(),
            },
            "messageAttributes": event_attributes(&message.attributes),
            "md5OfBody": protocol::md5_of(message.body.as_bytes()),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region,
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

/// The attributes in the event's spelling, which begins with small letters.
fn event_attributes(attributes: &Map<String, Value>) -> Map<String, Value> {
    let spelled = |(name, value): (&String, &Value)| {
        let mut attribute = Map::new();
        for (from, to) in [
            ("StringValue", "stringValue"),
            ("BinaryValue", "binaryValue"),
        ] {
            if let Some(value) = value.get(from) {
                attribute.insert(to.to_owned(), value.clone());
            }
        }
        attribute.insert("stringListValues".to_owned(), json!([]));
        attribute.insert("binaryListValues".to_owned(), json!([]));
        attribute.insert("dataType".to_owned(), value["DataType"].clone());
        (name.clone(), Value::Object(attribute))
    };
    attributes.iter().map(spelled).collect()
}

#[cfg(test)]
#[path = "sqs/tests.rs"]
mod tests;
