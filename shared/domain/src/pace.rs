//! How fast an endpoint is sent to: its limit of requests a second.
//!
//! In no second, wherever it begins, are there more requests than the limit
//! allows. A bucket of tokens would not do: one that is full gives them all at
//! once, and the next ones as they come back, within the same second. So the
//! requests of the last second are remembered, each by its millisecond where
//! the limit is small, else those of [`GRAIN`] together as if they had all been
//! made at its end, which errs on the side of waiting.
//!
//! A request is made a moment after it was counted, and not always as long
//! after. So the second is one of 1.1 seconds: as long as no request comes more
//! than [`GUARD`] later than it was counted, the limit holds for when they are
//! made.

use crate::Time;
use std::{fmt, str::FromStr};

/// How many milliseconds may pass between counting a request and making it.
const GUARD: i64 = 100;

/// In so many milliseconds there are no more requests than the limit allows.
const SECOND: i64 = 1_000 + GUARD;

/// Up to this limit every request is remembered for itself.
const FINE: u32 = 20;

/// For so many milliseconds requests are remembered together, else.
const GRAIN: i64 = 50;

/// The requests of the last second: when, and how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace(Vec<(i64, u32)>);

impl Pace {
    /// With one more request at `now`, if there may be one; else the time when
    /// there may.
    pub fn take(&self, limit: u32, now: Time) -> Result<Self, Time> {
        let now = now.unix_millis();
        // What another worker's clock puts into the future counts, too.
        let lately = self.0.iter().filter(|(at, _)| *at > now - SECOND);
        let mut lately: Vec<(i64, u32)> = lately.copied().collect();
        let mut made: u32 = lately.iter().map(|(_, count)| count).sum();
        if made >= limit {
            let mut free_at = now;
            for (at, count) in lately {
                made -= count;
                free_at = at + SECOND;
                if made < limit {
                    break;
                }
            }
            return Err(Time::from_unix_millis(free_at));
        }
        let grain = if limit <= FINE { 1 } else { GRAIN };
        let end = (now + grain - 1).div_euclid(grain) * grain;
        match lately.last_mut() {
            Some((at, count)) if *at >= end => *count += 1,
            _ => lately.push((end, 1)),
        }
        Ok(Self(lately))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (at, count)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{at}:{count}")?;
        }
        Ok(())
    }
}

/// A text is not how a pace is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list of times and counts")]
pub struct NoPace;

impl FromStr for Pace {
    type Err = NoPace;

    fn from_str(text: &str) -> Result<Self, NoPace> {
        let entry = |entry: &str| {
            let (at, count) = entry.split_once(':').ok_or(NoPace)?;
            let at = at.parse().map_err(|_| NoPace)?;
            Ok((at, count.parse().map_err(|_| NoPace)?))
        };
        text.split_whitespace()
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_795_300_000_000;

    fn at(millis: i64) -> Time {
        Time::from_unix_millis(START + millis)
    }

    #[test]
    fn the_next_request_comes_a_second_and_the_guard_after_the_first_of_as_many() {
        let mut pace = Pace::default();
        for millis in [0, 350, 999] {
            pace = pace.take(3, at(millis)).expect("there may be three");
        }
        assert_eq!(pace.take(3, at(999)), Err(at(1_100)));
        pace = pace.take(3, at(1_100)).expect("the first is a second ago");
        assert_eq!(pace.take(3, at(1_101)), Err(at(1_450)));
        assert_eq!(
            pace.take(1, at(1_101)),
            Err(at(2_200)),
            "a limit made smaller"
        );
    }

    proptest! {
        /// However requests come, no second has more than the limit, and who
        /// waits as long as is said gets one.
        #[test]
        fn no_second_has_more_than_the_limit(limit in 1_u32..60, waits in prop::collection::vec((0_i64..80, 0..GUARD), 1..300)) {
            let (mut pace, mut now) = (Pace::default(), START);
            let mut made: Vec<i64> = Vec::new();
            for (wait, held_up) in waits {
                now += wait;
                match pace.take(limit, Time::from_unix_millis(now)) {
                    Ok(taken) => {
                        prop_assert_eq!(taken.to_string().parse(), Ok(taken.clone()));
                        prop_assert!(taken.0.len() <= 23, "{}", taken);
                        pace = taken;
                        made.push(now + held_up);
                    }
                    Err(free_at) => {
                        prop_assert!(free_at.unix_millis() > now);
                        prop_assert!(pace.take(limit, free_at).is_ok());
                    }
                }
            }
            made.sort_unstable();
            for (place, first) in made.iter().enumerate() {
                let within = made[place..].iter().take_while(|one| **one < first + 1_000);
                prop_assert!(within.count() <= limit as usize);
            }
        }
    }
}
