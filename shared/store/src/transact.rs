//! Transactions: all of it or nothing.
//!
//! Those that merely collide with others are tried again; the SDK's request
//! token makes one whose answer was lost safe to repeat.

use crate::{
    Error, Store,
    error::{Cancelled, cancelled},
    item::Attributes,
};
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError, types::TransactWriteItem,
};
use portico_domain::{COMMIT_TIMEOUT, Time, is_too_late};
use std::time::Duration;
use tokio::time::timeout;

/// DynamoDB's limit of actions in one transaction.
pub(crate) const MAX_ACTIONS: usize = 100;
/// How often a transaction that collides with others is tried.
const MAX_TRIES: u64 = 6;

/// What became of a transaction.
pub(crate) enum Outcome {
    /// It was written.
    Written,
    /// It was not: the condition of the action at this place does not hold for
    /// the item there, which is shown if the action asked for it.
    Failed(usize, Option<Attributes>),
    /// It was not: too much time has passed since it was decided.
    Late,
}

impl Outcome {
    pub(crate) const fn is_written(&self) -> bool {
        matches!(self, Self::Written)
    }
}

impl Store {
    /// Writes all of this or nothing. `spread`, 1 to 32, is best another for
    /// each of those that may collide. What was decided at a time is not
    /// written long after it.
    pub(crate) async fn transact(
        &self,
        actions: &[TransactWriteItem],
        spread: u64,
        decided_at: Option<Time>,
    ) -> Result<Outcome, Error> {
        let mut tries = 1;
        loop {
            if decided_at.is_some_and(|then| is_too_late(then, self.clock.now())) {
                return Ok(Outcome::Late);
            }
            let request = self
                .client
                .transact_write_items()
                .set_transact_items(Some(actions.to_vec()));
            let sent = timeout(COMMIT_TIMEOUT, request.send()).await;
            let sent = sent.map_err(|late| Error::Unavailable(Box::new(late)))?;
            let Err(error) = sent else {
                return Ok(Outcome::Written);
            };
            let verdict = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(reasons)) => {
                    cancelled(reasons)
                }
                _ => Cancelled::Other,
            };
            match verdict {
                Cancelled::Condition(place, found) => return Ok(Outcome::Failed(place, found)),
                Cancelled::Conflict if tries < MAX_TRIES => {
                    // Colliding transactions take about 10 ms; spread the
                    // next tries over ever longer times.
                    tokio::time::sleep(Duration::from_millis(spread * tries)).await;
                    tries += 1;
                }
                Cancelled::Conflict => return Err(Error::Busy(Box::new(error))),
                Cancelled::Other => return Err(Error::from(error)),
            }
        }
    }
}
