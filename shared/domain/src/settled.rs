//! When the order of events is final.
//!
//! Events are listed in the order of their ids, and an id is made when a change
//! is decided, not when it is written. Whoever reads the list up to an event and
//! goes on behind it would miss one with a lesser id that is written later.
//! Two rules keep that from happening, if clocks are right to
//! [`CLOCK_TOLERANCE`]:
//!
//! - A change that is older than [`COMMIT_WITHIN`] is not sent to the table any
//!   more but decided anew, and nobody waits for the table for longer than
//!   [`COMMIT_TIMEOUT`]. So nothing is written later than both after its moment.
//! - Who goes on behind an event is shown only what has [settled](settled_until):
//!   what is older than all of this together.
//!
//! Events of one object sort by their sequence also where clocks differ; see
//! [`Told`](crate::Told).

use crate::{EventId, Time};
use std::time::Duration;

/// How old a change may be when it is sent to the table.
pub const COMMIT_WITHIN: Duration = Duration::from_secs(5);

/// How long the table has for it.
pub const COMMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How far a clock may be off. Those of AWS are right to some milliseconds.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// How old an event is when no other can be written before it any more: the
/// one clock is late and the other early, and a second is to spare.
pub const SETTLED_AFTER: Duration = COMMIT_WITHIN
    .saturating_add(COMMIT_TIMEOUT)
    .saturating_add(CLOCK_TOLERANCE.saturating_mul(2))
    .saturating_add(Duration::from_secs(1));

/// Whether a change of this moment is too old to be sent to the table.
pub fn is_too_late(moment: Time, now: Time) -> bool {
    now.since(moment) > COMMIT_WITHIN
}

/// All events with ids before this one are there.
pub fn settled_until(now: Time) -> EventId {
    EventId::least_at(now - SETTLED_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IdSource;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the clocks show within their tolerance and however long a
        /// change takes, it is written before anybody is shown what comes
        /// behind it.
        #[test]
        fn what_is_written_in_time_is_written_before_it_has_settled(
            writer_off in -2_000_i64..=2_000,
            reader_off in -2_000_i64..=2_000,
            until_sent in 0_i64..60_000,
            under_way in 0_i64..=5_000,
            read_at in 0_i64..120_000,
        ) {
            let start = 1_795_300_000_000;
            let clock = |off: i64, at: i64| Time::from_unix_millis(start + off + at);
            let moment = clock(writer_off, 0);
            let id: EventId = IdSource::new().next(moment);
            let is_sent = !is_too_late(moment, clock(writer_off, until_sent));

            let is_shown = id < settled_until(clock(reader_off, read_at));

            prop_assert!(!is_sent || !is_shown || until_sent + under_way < read_at);
        }
    }
}
