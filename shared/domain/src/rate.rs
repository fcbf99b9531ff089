//! Rate limits: how many requests a key may make, as a bucket of tokens.
//!
//! The bucket holds as many tokens as the limit has requests and fills evenly
//! within its time. It is kept as one number, the time when it will be full
//! (the generic cell rate algorithm, GCRA), so a request moves that time on by
//! the time that one token takes, and one atomic write counts it.

use crate::{Invalid, Time};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest time that a limit is for, in seconds.
const DAY: u32 = 24 * 60 * 60;

/// How many requests a key may make in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// How many requests: 1 to 100 000.
    pub requests: u32,
    /// In how many seconds: 1 to 86 400.
    pub seconds: u32,
}

/// What a key may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The limit.
    pub limit: RateLimit,
    /// How many more requests it may make at once.
    pub remaining: u32,
    /// In how many seconds it may make as many as the limit has again, or, if
    /// it may make none now, one.
    pub seconds: u64,
}

impl RateLimit {
    /// Refuses numbers that no bucket has; `field` is where they are.
    pub fn check(self, field: &str) -> Result<(), Invalid> {
        let is_one = (1..=100_000).contains(&self.requests) && (1..=DAY).contains(&self.seconds);
        if is_one {
            return Ok(());
        }
        let message = format!("a rate limit is 1 to 100000 requests in 1 to {DAY} seconds");
        Err(Invalid::new(field, "rate_limit_invalid", message))
    }

    /// Whether it lets through no more than this other limit, neither at once
    /// nor in the long run.
    pub fn is_within(self, other: Self) -> bool {
        let in_time_of =
            |mine: Self, other: Self| u64::from(mine.requests) * u64::from(other.seconds);
        self.requests <= other.requests && in_time_of(self, other) <= in_time_of(other, self)
    }

    /// A limit that lets through no more than either of these, neither at once
    /// nor in the long run.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let is_slower = u64::from(self.requests) * u64::from(other.seconds)
            <= u64::from(other.requests) * u64::from(self.seconds);
        let slower = if is_slower { self } else { other };
        let requests = self.requests.min(other.requests);
        let seconds = u64::from(requests) * u64::from(slower.seconds);
        let seconds = seconds.div_ceil(u64::from(slower.requests.max(1)));
        Self {
            requests,
            // It is no longer than that of the slower one.
            seconds: u32::try_from(seconds).unwrap_or(slower.seconds),
        }
    }

    /// The time that one token takes, in microseconds.
    pub fn interval(self) -> u64 {
        u64::from(self.seconds) * 1_000_000 / u64::from(self.requests.max(1))
    }

    /// The time that a whole bucket takes, in microseconds.
    fn whole(self) -> u64 {
        self.interval() * u64::from(self.requests)
    }

    /// The latest time of being full at which a bucket still has a token at
    /// `now`; both in microseconds since 1970.
    pub fn latest_full(self, now: u64) -> u64 {
        now + self.whole() - self.interval()
    }

    /// What is left at `now` in a bucket that will be full at `full`.
    pub fn quota(self, full: u64, now: u64) -> Quota {
        let owed = full.saturating_sub(now);
        let left = self.whole().saturating_sub(owed) / self.interval().max(1);
        let remaining = u32::try_from(left).unwrap_or(u32::MAX);
        let wait = if remaining == 0 {
            full.saturating_sub(self.latest_full(now))
        } else {
            owed
        };
        Quota {
            limit: self,
            remaining,
            seconds: wait.div_ceil(1_000_000),
        }
    }
}

impl Quota {
    /// How long to wait for the next request.
    pub fn wait(self) -> Duration {
        Duration::from_secs(self.seconds.max(1))
    }
}

/// A time in the unit that buckets are kept in.
pub fn micros(time: Time) -> u64 {
    u64::try_from(time.unix_millis()).unwrap_or(0) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit {
        requests: 3,
        seconds: 60,
    };

    #[test]
    fn two_limits_together_let_through_no_more_than_either() {
        let limit = |requests, seconds| RateLimit { requests, seconds };
        for (one, other, both) in [
            (limit(100, 60), limit(10, 60), limit(10, 60)),
            (limit(200, 3_600), limit(100, 60), limit(100, 1_800)),
            (limit(100_000, DAY), limit(1_200, 60), limit(1_200, 1_037)),
            (limit(7, 10), limit(3, 1), limit(3, 5)),
        ] {
            assert_eq!(one.and(other), both);
            assert_eq!(other.and(one), both);
            assert!(both.is_within(one) && both.is_within(other));
            assert_eq!(both.check("rateLimit").ok(), Some(()));
        }
    }

    /// Takes a token the way the table does: `None` if there is none.
    fn take(full: u64, now: u64) -> Option<u64> {
        (full <= LIMIT.latest_full(now)).then(|| full.max(now) + LIMIT.interval())
    }

    #[test]
    fn a_bucket_gives_its_tokens_at_once_and_then_one_each_interval() {
        let (start, interval) = (1_000_000_000, LIMIT.interval());
        let mut full = 0;
        for left in [2, 1, 0] {
            full = take(full, start).expect("a token is left");
            assert_eq!(LIMIT.quota(full, start).remaining, left);
        }
        assert_eq!(take(full, start), None);
        assert_eq!(LIMIT.quota(full, start).seconds, 20);
        assert_eq!(take(full, start + interval - 1), None);
        full = take(full, start + interval).expect("one has come back");
        assert_eq!(take(full, start + interval), None);
        assert_eq!(LIMIT.quota(full, start + 4 * interval).remaining, 3);
        assert_eq!(LIMIT.quota(full, start + 4 * interval).seconds, 0);
    }
}
