//! Transactions: all of it or nothing.
//!
//! Those that merely collide with others are tried again for seconds: where
//! many meet at one item, such as the count of a limited workspace, the table
//! lets one after the other through and all of them get their turn. The SDK's
//! request token makes one whose answer was lost safe to repeat.

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
/// How often a transaction is tried that the table is too busy for.
const MAX_TRIES: u32 = 6;
/// How long a transaction that collides with others pauses, in all, before it
/// is given up. Two hundred that meet at one item need about two seconds: each
/// takes about 10 ms there.
const PATIENCE: Duration = Duration::from_secs(4);
/// Pauses before the next try are up to this long, and up to twice as long
/// each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause: with two hundred that wait, a few of them try within the
/// time that one takes.
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

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
    /// Writes all of this or nothing. `seed` is to be another for each of those
    /// that may collide. What was decided at a time is not written long after
    /// it.
    pub(crate) async fn transact(
        &self,
        actions: &[TransactWriteItem],
        seed: u64,
        decided_at: Option<Time>,
    ) -> Result<Outcome, Error> {
        let (mut waited, mut tries) = (Duration::ZERO, 1);
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
                Cancelled::Conflict if waited < PATIENCE => {}
                Cancelled::Throttled if tries < MAX_TRIES => {}
                Cancelled::Conflict | Cancelled::Throttled => {
                    return Err(Error::Busy(Box::new(error)));
                }
                Cancelled::Other => return Err(Error::from(error)),
            }
            let pause = pause(seed, tries);
            tokio::time::sleep(pause).await;
            waited += pause;
            tries += 1;
        }
    }
}

/// How long to wait after so many tries: any time up to one that doubles, so
/// that those who have collided do not meet again.
fn pause(seed: u64, tries: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << (tries - 1).min(10));
    let longest = doubled.min(LONGEST_PAUSE).as_micros();
    let part = mixed(seed.wrapping_add(u64::from(tries)));
    Duration::from_micros(u64::try_from((u128::from(part) * longest) >> 64).unwrap_or(0))
}

/// A number that looks random and is always the same for this one: one step of
/// `SplitMix64` (Steele, Lea and Flood, 2014).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{cmp::Reverse, collections::BinaryHeap};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        /// An item lets one transaction through at a time, for 10 ms.
        #[test]
        fn two_hundred_that_meet_at_one_item_all_get_their_turn(seeds in any::<[u64; 32]>()) {
            let seed = |one: u64| mixed(seeds[(one % 32) as usize].wrapping_add(one));
            let mut attempts: BinaryHeap<_> = (0..200)
                .map(|one| Reverse((Duration::ZERO, one, 1)))
                .collect();
            let mut is_free_at = Duration::ZERO;
            while let Some(Reverse((at, one, tries))) = attempts.pop() {
                if is_free_at <= at {
                    is_free_at = at + Duration::from_millis(10);
                    continue;
                }
                prop_assert!(at < PATIENCE, "it was given up after {tries} tries");
                attempts.push(Reverse((at + pause(seed(one), tries), one, tries + 1)));
            }
        }
    }

    #[test]
    fn pauses_grow_to_their_longest_and_differ() {
        for (tries, longest) in [(1, 20), (2, 40), (6, 640), (7, 640), (1_000, 640)] {
            let pauses: Vec<Duration> = (0..1_000).map(|seed| pause(seed, tries)).collect();
            let total: Duration = pauses.iter().sum();
            let mean = total / 1_000;
            let longest = Duration::from_millis(longest);
            assert!(pauses.iter().all(|one| *one <= longest), "{tries}");
            assert!(
                mean > longest * 4 / 10 && mean < longest * 6 / 10,
                "{tries}: {mean:?}"
            );
        }
    }
}
