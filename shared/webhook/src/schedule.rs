//! When a delivery is tried again, and what a receiver's `Retry-After` adds.
//!
//! Everything here is arithmetic on what the caller knows: the number of
//! attempts made, a random number and the time. A sweep that runs late only
//! delays the attempt that was due, because the next delay counts from the
//! attempt that was made; a `Retry-After` that is broken counts as absent.

use jiff::{SignedDuration, fmt::rfc2822::DateTimeParser};
use std::{str::FromStr, time::Duration};

/// The longest time that a receiver's `Retry-After` can ask for.
pub const RETRY_AFTER_LIMIT: Duration = Duration::from_hours(10);

// Standard Webhooks names 10 attempts over 75 h 35 min 35 s; two more of 24 h
// and 0 h, in about 100 h, outlast a long weekend.
const USUAL: [Duration; 11] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
    Duration::from_hours(24),
];

// Wide enough that the endpoints of one outage do not come back in one wave.
const JITTER: f64 = 0.2;

const MAX_WAITS: usize = 30;
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// Deliveries are kept for 30 days; with jitter and what receivers ask for, the
/// last attempt of one that is tried for 14 is well before that.
const LONGEST: Duration = Duration::from_hours(14 * 24);

/// How long an endpoint may fail before it is disabled, unless somebody says
/// otherwise.
const UNTIL_DISABLED: Duration = Duration::from_hours(5 * 24);
/// What an endpoint would have got is kept for 30 days.
const MAX_DAYS: u64 = 25;

/// How long trouble is borne with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// When a delivery is tried again, and how often.
    pub schedule: Schedule,
    /// How long an endpoint may fail before it is disabled.
    pub until_disabled: Duration,
}

/// Why what was set is no patience.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatienceError {
    /// The waits are no schedule.
    #[error("the retries of webhooks cannot be read")]
    Schedule(#[from] ScheduleError),
    /// The days are out of bounds.
    #[error(
        "the days until a failing endpoint is disabled: {0:?} is not a number from 1 to {MAX_DAYS}"
    )]
    Days(String),
}

impl Patience {
    /// What was set: waits as [`Schedule`] reads them, and days. What was not
    /// set is as usual.
    pub fn read(waits: Option<&str>, days: Option<&str>) -> Result<Self, PatienceError> {
        let usual = Self::default();
        let schedule = waits.map(str::parse).transpose()?;
        let days = days.map(|text| {
            let days: Option<u64> = text.trim().parse().ok();
            days.filter(|days| (1..=MAX_DAYS).contains(days))
                .ok_or_else(|| PatienceError::Days(text.to_owned()))
        });
        let days = days.transpose()?;
        Ok(Self {
            schedule: schedule.unwrap_or(usual.schedule),
            until_disabled: days
                .map_or(usual.until_disabled, |days| Duration::from_hours(24 * days)),
        })
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            until_disabled: UNTIL_DISABLED,
        }
    }
}

/// How long to wait after each attempt that failed. The first attempt is made
/// at once; when the last wait is over, the last attempt is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// There is nothing before, between or after commas.
    #[error("a wait is missing beside a comma")]
    Missing,
    /// A part of it is no length of time.
    #[error("{0:?} is not a time to wait; write, for example, 5s, 30m or 24h")]
    Wait(String),
    /// Too short.
    #[error("a wait has at least a second")]
    TooShort,
    /// Too many, or none.
    #[error("a schedule has 1 to {MAX_WAITS} waits")]
    Count,
    /// Too long in all.
    #[error("the waits come to more than 14 days; deliveries are kept for 30")]
    TooLong,
}

impl Default for Schedule {
    /// Twelve attempts in about a hundred hours.
    fn default() -> Self {
        Self(USUAL.to_vec())
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    /// Reads waits with commas or spaces between them: `5s, 30s, 5m, 2h`.
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let parts = text.split(',').map(str::trim);
        if text.contains(',') && parts.clone().any(str::is_empty) {
            return Err(ScheduleError::Missing);
        }
        let waits = parts.flat_map(str::split_whitespace).map(wait);
        let waits = waits.collect::<Result<Vec<_>, _>>()?;
        if waits.is_empty() || waits.len() > MAX_WAITS {
            return Err(ScheduleError::Count);
        }
        if waits.iter().any(|wait| *wait < SHORTEST_WAIT) {
            return Err(ScheduleError::TooShort);
        }
        // Added without a panic, however long each is.
        let total = waits
            .iter()
            .fold(Duration::ZERO, |total, wait| total.saturating_add(*wait));
        if total > LONGEST {
            return Err(ScheduleError::TooLong);
        }
        Ok(Self(waits))
    }
}

fn wait(text: &str) -> Result<Duration, ScheduleError> {
    let length: Option<SignedDuration> = text.parse().ok();
    length
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| ScheduleError::Wait(text.to_owned()))
}

impl Schedule {
    /// How often a delivery is tried before it is given up.
    pub fn attempts(&self) -> usize {
        self.0.len() + 1
    }

    /// How long to wait for the next attempt once `failures` have failed in a
    /// row, or `None` when there is no next one.
    ///
    /// `jitter` from -1 to 1 scales the wait by up to 20 % either way; values
    /// outside are clamped. Before the first attempt there is no wait.
    pub fn wait_after(&self, failures: u32, jitter: f64) -> Option<Duration> {
        let Some(last) = failures.checked_sub(1) else {
            return Some(Duration::ZERO);
        };
        let wait = self.0.get(usize::try_from(last).ok()?)?;
        let jitter = if jitter.is_nan() { 0.0 } else { jitter };
        Some(wait.mul_f64(1.0 + JITTER * jitter.clamp(-1.0, 1.0)))
    }
}

/// How long a `Retry-After` header asks to wait, given as seconds or as an
/// HTTP date (RFC 9110, section 10.2.3), or `None` if it is neither.
///
/// A date in the past asks for no wait. The result is not bounded; [`honour`]
/// does that.
pub fn parse_retry_after(value: &str, now_unix_seconds: i64) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only overflow is left to fail, and that much means "very long".
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = DateTimeParser::new().parse_timestamp(value).ok()?;
    let seconds = until.as_second().saturating_sub(now_unix_seconds);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// The delay that respects a receiver's wish: never shorter than the schedule,
/// and never longer than the schedule or [`RETRY_AFTER_LIMIT`], whichever is
/// longer.
pub fn honour(scheduled: Duration, retry_after: Option<Duration>) -> Duration {
    let wished = retry_after.unwrap_or_default();
    scheduled.max(wished.min(RETRY_AFTER_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    const NOW: i64 = 784_111_777;

    fn seconds(value: &str) -> Option<u64> {
        parse_retry_after(value, NOW).map(|delay| delay.as_secs())
    }

    #[test]
    fn twelve_attempts_span_about_a_hundred_hours() {
        let usual = Schedule::default();
        let delays: Vec<Duration> = (0..)
            .map_while(|made| usual.wait_after(made, 0.0))
            .collect();
        assert_eq!((delays.len(), usual.attempts()), (12, 12));
        assert_eq!(delays.first(), Some(&Duration::ZERO));
        let total: Duration = delays.iter().sum();
        assert_eq!(total, Duration::from_secs(99 * 3600 + 35 * 60 + 35));
    }

    #[test]
    fn nothing_follows_the_last_attempt() {
        let usual = Schedule::default();
        assert!(usual.wait_after(11, 0.0).is_some());
        assert_eq!(usual.wait_after(12, 0.0), None);
        assert_eq!(usual.wait_after(u32::MAX, 0.0), None);
    }

    #[test]
    fn a_schedule_is_read_from_its_waits() {
        let own: Schedule = "5s, 30s 5m,2h".parse().unwrap();
        let waits: Vec<u64> = (0..)
            .map_while(|made| own.wait_after(made, 0.0))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [0, 5, 30, 300, 7200]);
        let usual = "5s 30s 5m 30m 2h 5h 10h 14h 20h 24h 24h".parse();
        assert_eq!(usual, Ok(Schedule::default()));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Schedule>().unwrap_err();
        assert_eq!(refused(""), ScheduleError::Count);
        assert_eq!(refused(&"1s ".repeat(31)), ScheduleError::Count);
        for text in ["5s,5s,", ",5s", "5s,,5s", "5s, ,5s", ","] {
            assert_eq!(refused(text), ScheduleError::Missing, "{text}");
        }
        assert_eq!(refused("5s soon"), ScheduleError::Wait("soon".into()));
        assert_eq!(refused("5"), ScheduleError::Wait("5".into()));
        assert_eq!(refused("-5s"), ScheduleError::Wait("-5s".into()));
        assert_eq!(refused("500ms"), ScheduleError::TooShort);
        assert_eq!(refused("330h 7h"), ScheduleError::TooLong);
        assert!("336h".parse::<Schedule>().is_ok());
    }

    #[test]
    fn what_was_not_set_is_as_usual() {
        assert_eq!(Patience::read(None, None), Ok(Patience::default()));
        let set = Patience::read(Some("1s 2s"), Some("2")).unwrap();
        assert_eq!(set.schedule.attempts(), 3);
        assert_eq!(set.until_disabled, Duration::from_hours(48));
        for days in ["0", "26", "-1", "five", ""] {
            let refused = Patience::read(None, Some(days)).unwrap_err();
            assert_eq!(refused, PatienceError::Days(days.to_owned()));
        }
    }

    #[test]
    fn each_layer_of_a_refusal_says_its_own() {
        let refused = Patience::read(Some("500ms"), None).unwrap_err();
        let cause = std::error::Error::source(&refused).expect("there is a cause");
        assert!(!refused.to_string().contains(&cause.to_string()));
        assert_eq!(cause.to_string(), "a wait has at least a second");
    }

    #[test]
    fn full_jitter_is_a_fifth_of_the_delay() {
        assert_eq!(
            Schedule::default().wait_after(3, -1.0),
            Some(Duration::from_mins(4))
        );
        assert_eq!(
            Schedule::default().wait_after(3, 1.0),
            Some(Duration::from_mins(6))
        );
        assert_eq!(
            Schedule::default().wait_after(3, f64::NAN),
            Some(Duration::from_mins(5))
        );
        assert_eq!(
            Schedule::default().wait_after(3, f64::INFINITY),
            Some(Duration::from_mins(6))
        );
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(seconds("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
    }

    #[test]
    fn a_broken_retry_after_counts_as_absent() {
        for value in [
            "",
            "-1",
            "+5",
            "1.5",
            "soon",
            "1994-11-06T08:49:37Z",
            "Sun, 99 Nov",
        ] {
            assert_eq!(seconds(value), None, "{value}");
        }
    }

    #[test]
    fn a_wish_is_honoured_between_the_schedule_and_ten_hours() {
        let hours = Duration::from_hours;
        assert_eq!(honour(hours(2), None), hours(2));
        assert_eq!(honour(hours(2), Some(hours(1))), hours(2));
        assert_eq!(honour(hours(2), Some(hours(3))), hours(3));
        assert_eq!(honour(hours(2), Some(hours(11))), hours(10));
        assert_eq!(honour(hours(24), Some(hours(11))), hours(24));
    }

    proptest! {
        #[test]
        fn a_delay_stays_within_a_fifth_of_the_schedule(made in 0_u32..12, jitter: f64) {
            let plain = Schedule::default().wait_after(made, 0.0).unwrap();
            let delay = Schedule::default().wait_after(made, jitter).unwrap();
            prop_assert!(delay >= plain.mul_f64(0.8) && delay <= plain.mul_f64(1.2));
        }

        #[test]
        fn no_retry_after_panics(value: String, now: i64) {
            let _ = parse_retry_after(&value, now);
        }

        #[test]
        fn any_http_date_is_read_to_the_second(at in 0_i64..250_000_000_000, ago in 0_i64..1_000_000) {
            let date = jiff::Timestamp::from_second(at).unwrap();
            let text = jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&date)
                .unwrap();
            let expected = Duration::from_secs(ago.unsigned_abs());
            prop_assert_eq!(parse_retry_after(&text, at - ago), Some(expected));
        }

        #[test]
        fn a_wish_never_hurries_and_never_adds_more_than_ten_hours(scheduled in 0_u64..200_000, wish: u64) {
            let scheduled = Duration::from_secs(scheduled);
            let delay = honour(scheduled, Some(Duration::from_secs(wish)));
            prop_assert!(delay >= scheduled && delay <= scheduled.max(RETRY_AFTER_LIMIT));
        }
    }
}
