//! Functions that no caller waits for: what wakes them and what they answer.
//!
//! A function that cannot do its work says so for each record; what wakes it
//! then brings those records again, a few times, and at last puts them with
//! the dead letters. Whatever stands in the table is found by a sweep all the
//! same.

use crate::{App, Grant};
use aws_lambda_events::sqs::SqsEvent;
use portico_queue::Queue;
use portico_store::CommitError;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt, pin::Pin};

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value, TriggerError>> + Send + 'a>>;

/// An event-driven function.
#[derive(Clone, Copy)]
pub struct Trigger {
    /// Its name: that of its crate, its event file and its Lambda function.
    pub name: &'static str,
    /// What wakes it.
    pub source: Source,
    /// What it may do in AWS.
    pub grants: &'static [Grant],
    /// How many calls to the table it has under way at once, at most.
    pub at_once: usize,
    /// Does the work that an event in AWS's own form asks for.
    pub handle: for<'a> fn(&'a App, Value) -> Answer<'a>,
}

/// What wakes an event-driven function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The table's stream.
    Stream,
    /// A queue.
    Queue(Queue),
    /// A schedule, as EventBridge Scheduler writes it.
    Schedule(&'static str),
}

/// A function could not do its work at all.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// The event has not the form that its source gives it.
    #[error("failed to read the event")]
    Event(#[from] serde_json::Error),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] portico_store::Error),
    /// A change could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A queue took no messages.
    #[error(transparent)]
    Queue(#[from] portico_queue::QueueError),
    /// A file could not be deleted.
    #[error(transparent)]
    File(#[from] portico_files::FileError),
    /// A mail could not be written out.
    #[error("failed to write a mail")]
    Mail(#[from] portico_mail::RenderError),
    /// A secret did not open.
    #[error("failed to open the secret of endpoint {0}")]
    Seal(portico_domain::EndpointId),
}

impl TriggerError {
    /// Whether somebody else changed the same thing at the same time, or the
    /// decision is too old, so that deciding again may succeed.
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Commit(CommitError::Stale | CommitError::Late))
    }
}

/// Which records of a batch shall come again.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailures {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

impl BatchFailures {
    /// Asks for this record again, and says why in the log.
    pub fn add(&mut self, record: &str, error: &dyn std::error::Error) {
        tracing::error!(record, error = %Chain(error), "a record failed and will come again");
        self.batch_item_failures.push(BatchItemFailure {
            item_identifier: record.to_owned(),
        });
    }

    /// The answer in the form that Lambda reads.
    pub fn into_answer(self) -> Result<Value, TriggerError> {
        Ok(serde_json::to_value(self)?)
    }
}

/// Does the tasks of a batch of SQS messages, each by itself: one that cannot
/// be read or done does not keep the others from being done.
pub async fn sqs_batch<T, F>(
    event: Value,
    mut work: impl FnMut(T) -> F,
) -> Result<Value, TriggerError>
where
    T: DeserializeOwned,
    F: Future<Output = Result<(), TriggerError>>,
{
    let read_and_work = |body: String| {
        let task = serde_json::from_str(&body).map(&mut work);
        async {
            match task {
                Ok(working) => working.await,
                Err(error) => Err(error.into()),
            }
        }
    };
    sqs_messages(event, read_and_work).await
}

/// The same for messages that are no tasks: what they hold is read by `work`.
pub async fn sqs_messages<F>(
    event: Value,
    mut work: impl FnMut(String) -> F,
) -> Result<Value, TriggerError>
where
    F: Future<Output = Result<(), TriggerError>>,
{
    let event: SqsEvent = serde_json::from_value(event)?;
    let mut failures = BatchFailures::default();
    for message in event.records {
        let body = message.body.unwrap_or_default();
        if let Err(error) = work(body).await {
            failures.add(&message.message_id.unwrap_or_default(), &error);
        }
    }
    failures.into_answer()
}

/// An error with its causes, in one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trigger")
            .field("name", &self.name)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
