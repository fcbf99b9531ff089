//! When a delivery is tried again, and what a receiver's `Retry-After` adds.
//!
//! Everything here is arithmetic on what the caller knows: the number of
//! attempts made, a random number and the time. A sweep that runs late only
//! delays the attempt that was due, because the next delay counts from the
//! attempt that was made; a `Retry-After` that is broken counts as absent.

use jiff::fmt::rfc2822::DateTimeParser;
use std::time::Duration;

/// How often a delivery is tried before it is given up.
pub const ATTEMPTS: u32 = 12;

/// The longest time that a receiver's `Retry-After` can ask for.
pub const RETRY_AFTER_LIMIT: Duration = Duration::from_hours(10);

// Standard Webhooks names 10 attempts over 75 h 35 min 35 s; two more of 24 h
// and 0 h, in about 100 h, outlast a long weekend.
const DELAYS: [Duration; ATTEMPTS as usize] = [
    Duration::ZERO,
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

/// How long to wait for the next attempt once `attempts_made` have failed, or
/// `None` when there is no next one.
///
/// `jitter` from -1 to 1 scales the delay by up to 20 % either way; values
/// outside are clamped. Before the first attempt, with none made, the delay is
/// zero.
pub fn delay_after(attempts_made: u32, jitter: f64) -> Option<Duration> {
    let delay = DELAYS.get(usize::try_from(attempts_made).ok()?)?;
    let jitter = if jitter.is_nan() { 0.0 } else { jitter };
    Some(delay.mul_f64(1.0 + JITTER * jitter.clamp(-1.0, 1.0)))
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
        let delays: Vec<Duration> = (0..).map_while(|made| delay_after(made, 0.0)).collect();
        assert_eq!(delays.len(), 12);
        assert_eq!(delays.first(), Some(&Duration::ZERO));
        let total: Duration = delays.iter().sum();
        assert_eq!(total, Duration::from_secs(99 * 3600 + 35 * 60 + 35));
    }

    #[test]
    fn nothing_follows_the_last_attempt() {
        assert!(delay_after(ATTEMPTS - 1, 0.0).is_some());
        assert_eq!(delay_after(ATTEMPTS, 0.0), None);
        assert_eq!(delay_after(u32::MAX, 0.0), None);
    }

    #[test]
    fn full_jitter_is_a_fifth_of_the_delay() {
        assert_eq!(delay_after(3, -1.0), Some(Duration::from_mins(4)));
        assert_eq!(delay_after(3, 1.0), Some(Duration::from_mins(6)));
        assert_eq!(delay_after(3, f64::NAN), Some(Duration::from_mins(5)));
        assert_eq!(delay_after(3, f64::INFINITY), Some(Duration::from_mins(6)));
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
        fn a_delay_stays_within_a_fifth_of_the_schedule(made in 0..ATTEMPTS, jitter: f64) {
            let plain = delay_after(made, 0.0).unwrap();
            let delay = delay_after(made, jitter).unwrap();
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
