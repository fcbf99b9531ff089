//! A clock that can be moved forward.

use crate::grants::Acting;
use portico_app::Clock;
use portico_domain::{CLOCK_TOLERANCE, Time};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// The machine's clock, and how far it has been moved.
#[derive(Clone, Debug)]
pub struct MovableClock {
    moved_by: Arc<AtomicI64>,
    frozen_at: Option<Time>,
    disagrees_by: Option<u64>,
}

impl MovableClock {
    /// A clock that has been moved by so many milliseconds before.
    pub fn moved(millis: i64) -> Self {
        Self {
            moved_by: Arc::new(AtomicI64::new(millis)),
            frozen_at: None,
            disagrees_by: None,
        }
    }

    /// The same, standing still at this time until it is moved.
    #[must_use]
    pub fn frozen_at(mut self, time: Time) -> Self {
        self.frozen_at = Some(time);
        self
    }

    /// The same, with a clock for each function that is off as this seed
    /// decides, by as much as clocks may be.
    #[must_use]
    pub fn disagreeing(mut self, seed: u64) -> Self {
        self.disagrees_by = Some(seed);
        self
    }

    /// Whether it stands still until it is moved.
    pub fn is_frozen(&self) -> bool {
        self.frozen_at.is_some()
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        let millis = self
            .frozen_at
            .unwrap_or_else(Time::system_now)
            .unix_millis();
        Time::from_unix_millis(millis.saturating_add(self.moved_by.load(Ordering::Relaxed)))
    }

    /// Moves the clock forward; answers how far it has been moved in all.
    pub fn advance(&self, by: Duration) -> i64 {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.moved_by
            .fetch_add(millis, Ordering::Relaxed)
            .saturating_add(millis)
    }

    /// The same clock as the functions see it.
    pub fn for_app(&self) -> Clock {
        let clock = self.clone();
        let told = Clock::new(move || match (clock.disagrees_by, Acting::current()) {
            (Some(seed), Some(acting)) => off(clock.now(), seed, acting.name),
            _ => clock.now(),
        });
        if self.is_frozen() {
            told.standing_still()
        } else {
            told
        }
    }
}

/// What the clock of this function shows.
fn off(now: Time, seed: u64, function: &str) -> Time {
    let mix = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = function.bytes().fold(mix(seed, b' '), mix) >> 16;
    let most = u64::try_from(CLOCK_TOLERANCE.as_millis()).unwrap_or(0);
    now - CLOCK_TOLERANCE + Duration::from_millis(hash % (2 * most + 1))
}

/// Reads a duration such as `8d`, `12h`, `30m` or `45s`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit {
        "d" => 24 * 60 * 60,
        "h" => 60 * 60,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    // A century is further than anything here waits for.
    let limit = 100 * 366 * 24 * 60 * 60;
    number
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= limit)
        .map(Duration::from_secs)
}

/// Says a duration as persons do, such as `7 days 1 minute`.
pub fn duration_in_words(duration: Duration) -> String {
    let mut left = duration.as_secs();
    let mut words = Vec::new();
    for (unit, seconds) in [
        ("day", 86_400),
        ("hour", 3_600),
        ("minute", 60),
        ("second", 1),
    ] {
        let count = left / seconds;
        left %= seconds;
        match count {
            0 => {}
            1 => words.push(format!("1 {unit}")),
            _ => words.push(format!("{count} {unit}s")),
        }
    }
    if words.is_empty() {
        return "0 seconds".to_owned();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_of_functions_differ_within_the_tolerance() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let shown: Vec<Time> = ["clients-create", "clients-update", "events-list"]
            .into_iter()
            .flat_map(|name| (0..50).map(move |seed| off(now, seed, name)))
            .collect();

        let (first, last) = (shown.iter().min().unwrap(), shown.iter().max().unwrap());
        assert!(*first >= now - CLOCK_TOLERANCE && *last <= now + CLOCK_TOLERANCE);
        assert!(last.since(*first) > CLOCK_TOLERANCE, "{first} to {last}");
    }

    #[test]
    fn a_duration_is_said_in_the_units_that_it_has() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (604_860, "7 days 1 minute"),
            (93_784, "1 day 2 hours 3 minutes 4 seconds"),
        ] {
            assert_eq!(duration_in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(parse_duration("8d"), Some(Duration::from_hours(8 * 24)));
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        for text in [
            "",
            "d",
            "8",
            "-1d",
            "8 d",
            "8w",
            "99999999999999999999d",
            "36601d",
            "8ä",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
