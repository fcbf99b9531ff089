//! Instants, to the millisecond, in one fixed form.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, time::Duration};

/// An instant in UTC, to the millisecond.
///
/// Its text is always `2026-11-21T22:30:00.123Z`: because the width never
/// changes, text and time sort alike, so the same text serves in answers, in
/// events and in the sort keys of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

impl Time {
    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// Milliseconds outside the years -9999 to 9999 are clamped to that range.
    pub fn from_unix_millis(millis: i64) -> Self {
        let fallback = if millis < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Self(Timestamp::from_millisecond(millis).unwrap_or(fallback))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as TTL attributes and webhook
    /// timestamps count.
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// The wall clock of this machine; for composition roots alone, everything
    /// else is handed the time.
    pub fn system_now() -> Self {
        Self::from_unix_millis(Timestamp::now().as_millisecond())
    }

    /// The minute, for people to read: `28 November 2026, 22:30 UTC`.
    pub fn for_people(self) -> String {
        self.0.strftime("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        let millis = self.unix_millis().saturating_sub(earlier.unix_millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_millis(self.unix_millis().saturating_add(millis))
    }
}

impl std::ops::Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_millis(self.unix_millis().saturating_sub(millis))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl std::str::FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: Timestamp = text.parse()?;
        Ok(Self::from_unix_millis(timestamp.as_millisecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("a time looks like 2026-11-21T22:30:00Z"))
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_one_width_and_sorts_like_time() {
        let whole = Time::from_unix_millis(1_700_000_000_000);
        let later = Time::from_unix_millis(1_700_000_000_007);

        assert_eq!(whole.to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(later.to_string(), "2023-11-14T22:13:20.007Z");
        assert!(whole.to_string() < later.to_string());
    }

    #[test]
    fn text_reads_back_as_the_same_instant() {
        let time = Time::from_unix_millis(1_795_300_000_123);

        assert_eq!(time.to_string().parse::<Time>().ok(), Some(time));
    }

    #[test]
    fn sums_that_leave_the_calendar_stop_at_its_end() {
        let end = Time::from_unix_millis(i64::MAX);

        assert_eq!(end + Duration::from_secs(1), end);
    }
}
