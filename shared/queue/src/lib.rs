//! The SQS queues between the functions.
//!
//! A message only wakes a worker; what there is to do stands in the table. A
//! message that is lost is made up for by a sweep, one that comes twice finds
//! nothing left to do, and one that cannot be read goes to the dead letters.

use aws_sdk_sqs::{
    error::{BuildError, SdkError},
    operation::send_message_batch::SendMessageBatchError,
    types::SendMessageBatchRequestEntry,
};
use aws_types::SdkConfig;
use portico_domain::Time;
use serde::Serialize;
use std::time::Duration;

/// SQS takes this many messages in one request.
const BATCH: usize = 10;
/// SQS keeps a message back for no longer than this.
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// How far the clocks of two workers are apart, hardly ever more.
const CLOCKS: Duration = Duration::from_millis(100);

/// For how long to keep back a message that is to come no sooner than `at`, by
/// the clock of whoever gets it: whole seconds, as SQS counts.
pub fn hold_back(at: Time, now: Time) -> Duration {
    if at <= now {
        return Duration::ZERO;
    }
    let wait = at.since(now) + CLOCKS;
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

/// A queue, by what its messages ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Mail a letter.
    Mail,
    /// Work off a lane of deliveries.
    Deliveries,
    /// Send deliveries of a time again.
    Recoveries,
    /// Empty a deleted company.
    Companies,
    /// Learn what became of a mail. SES writes to it, through SNS.
    MailEvents,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 5] = [
        Self::Mail,
        Self::Deliveries,
        Self::Recoveries,
        Self::Companies,
        Self::MailEvents,
    ];

    /// The name that it has in every environment, after the stage's prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Deliveries => "deliveries",
            Self::Recoveries => "recoveries",
            Self::Companies => "companies",
            Self::MailEvents => "mail-events",
        }
    }

    /// How many of its messages one invocation gets at most. A lane comes
    /// alone: whoever dies then has had one request under way.
    pub const fn batch_size(self) -> u8 {
        match self {
            Self::Deliveries | Self::Recoveries => 1,
            Self::Mail | Self::Companies | Self::MailEvents => 10,
        }
    }
}

/// Where the queues are.
#[derive(Clone, Debug)]
pub struct QueueUrls {
    /// Of [`Queue::Mail`].
    pub mail: String,
    /// Of [`Queue::Deliveries`].
    pub deliveries: String,
    /// Of [`Queue::Recoveries`].
    pub recoveries: String,
    /// Of [`Queue::Companies`].
    pub companies: String,
    /// Of [`Queue::MailEvents`].
    pub mail_events: String,
}

/// Sends messages.
#[derive(Clone, Debug)]
pub struct Queues {
    client: aws_sdk_sqs::Client,
    urls: QueueUrls,
}

/// Messages were not taken.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The queue could not be reached, or refused.
    #[error("failed to send messages to the {0} queue")]
    Send(&'static str, #[source] Box<SdkError<SendMessageBatchError>>),
    /// The queue took some messages but not these.
    #[error("the {queue} queue refused {count} messages, the first because: {reason}")]
    Refused {
        /// Which queue.
        queue: &'static str,
        /// How many.
        count: usize,
        /// What it said of the first.
        reason: String,
    },
    /// A message could not be made.
    #[error("failed to make a message")]
    Build(#[from] BuildError),
    /// A message could not be written as JSON.
    #[error("failed to write a message")]
    Write(#[from] serde_json::Error),
}

impl Queues {
    /// The queues at these addresses, reached with this configuration.
    pub fn new(config: &SdkConfig, urls: QueueUrls) -> Self {
        Self {
            client: aws_sdk_sqs::Client::new(config),
            urls,
        }
    }

    /// Opens the connection that messages go over, by a request that SQS
    /// refuses: a batch of nothing.
    pub async fn open_connection(&self, queue: Queue) {
        let batch = self.client.send_message_batch();
        // The refusal is the answer that was asked for, and whatever else went
        // wrong will go wrong for the first message, which tells of it.
        let _ = batch.queue_url(self.url(queue)).send().await;
    }

    fn url(&self, queue: Queue) -> &str {
        match queue {
            Queue::Mail => &self.urls.mail,
            Queue::Deliveries => &self.urls.deliveries,
            Queue::Recoveries => &self.urls.recoveries,
            Queue::Companies => &self.urls.companies,
            Queue::MailEvents => &self.urls.mail_events,
        }
    }

    /// Asks for these tasks, no sooner than after `delay` (15 minutes at most).
    pub async fn send(
        &self,
        queue: Queue,
        tasks: &[impl Serialize],
        delay: Duration,
    ) -> Result<(), QueueError> {
        let url = self.url(queue);
        let seconds = i32::try_from(delay.min(MAX_DELAY).as_secs()).unwrap_or(0);
        for chunk in tasks.chunks(BATCH) {
            let mut batch = self.client.send_message_batch().queue_url(url);
            for (place, task) in chunk.iter().enumerate() {
                batch = batch.entries(
                    SendMessageBatchRequestEntry::builder()
                        .id(place.to_string())
                        .delay_seconds(seconds)
                        .message_body(serde_json::to_string(task)?)
                        .build()?,
                );
            }
            let answer = batch
                .send()
                .await
                .map_err(|error| QueueError::Send(queue.name(), Box::new(error)))?;
            if let Some(first) = answer.failed().first() {
                return Err(QueueError::Refused {
                    queue: queue.name(),
                    count: answer.failed().len(),
                    reason: first.message().unwrap_or(first.code()).to_owned(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_no_sooner_than_it_is_due_and_hardly_later() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        for (millis, seconds) in [(0, 0), (1, 1), (900, 1), (901, 2), (5_000, 6), (5_900, 6)] {
            let at = now + Duration::from_millis(millis);
            assert_eq!(hold_back(at, now), Duration::from_secs(seconds), "{millis}");
        }
    }
}
