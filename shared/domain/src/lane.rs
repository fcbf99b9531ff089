//! Lanes: in which order, and by how many at once, an endpoint's deliveries
//! are worked off.
//!
//! Every endpoint has [`LANES`] lanes, and all that happens to one client or
//! company goes through the same lane. One worker has a lane at a time and sends its
//! deliveries one after the other, so an endpoint never gets more than
//! [`LANES`] requests at once, and a worker that dies has had at most one
//! request under way. Only lanes are woken, never deliveries: an endpoint with
//! a hundred thousand of them waiting is eight things to look at.
//!
//! ```text
//! idle ── ring ──→ due ── lease ──→ leased ─┬─ nothing left ────→ idle
//!                   ↑                       ├─ more, or later ──→ due (then)
//!                   │                       ├─ rung meanwhile ──→ looked at again
//!                   └── lease runs out ─────┘
//! ```
//!
//! A ring counts up, and a worker leaves a lane only under the count that it
//! has seen, so a delivery that comes while the lane is being left is not
//! overlooked. The index in which a worker finds deliveries may be a moment
//! behind the table; therefore a lane goes idle no sooner than [`LINGER`] after
//! it was last rung.
//!
//! Whoever leaves a lane has somebody woken for what is next in it, and notes
//! for when, so that the next who leaves it does not do the same again. Only
//! the look after [`LINGER`], which hardly ever finds anything, and what is
//! further away than a queue can hold back, are left to the sweep.

use crate::{EndpointId, LaneId, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many lanes an endpoint has: so many requests at once it gets at most.
pub const LANES: u8 = 8;

/// For how long a worker has a lane to itself, before it asks for more time:
/// longer than an attempt takes.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long after its last ring a lane is looked at once more. Indexes of
/// DynamoDB are usually behind by less than a second.
const LINGER: Duration = Duration::from_mins(1);

/// A lane of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// Its id, decided by endpoint and number.
    pub id: LaneId,
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// Whose lane it is.
    pub endpoint_id: EndpointId,
    /// How often it was rung.
    pub rings: u64,
    /// When it was last rung.
    pub rung_at: Time,
    /// Counts leases; a worker leaves the lane only while it has the latest.
    #[serde(default)]
    pub lease: u64,
    /// Until when a worker has it.
    #[serde(default)]
    pub leased_until: Option<Time>,
    /// For what time a message that wakes a worker is under way.
    #[serde(default)]
    pub woken_for: Option<Time>,
}

impl Lane {
    /// Whether a worker has it at `now`, or has died with it.
    pub fn is_leased(&self, now: Time) -> bool {
        self.leased_until.is_some_and(|until| now < until)
    }

    /// When a lane that is left now has to be looked at again, if the next of
    /// its deliveries is due at `next`; `None` if never.
    pub fn next_look(&self, next: Option<Time>, now: Time) -> Option<Time> {
        let again = self.rung_at + LINGER;
        let again = (now < again).then_some(again);
        match (next, again) {
            (Some(next), Some(again)) => Some(next.min(again)),
            (next, again) => next.or(again),
        }
    }

    /// Whether somebody has to be woken for what is to be done at `at`, by one
    /// who leaves the lane at `now`: a message for another time may come too
    /// soon, and one for a time that is over may have come while the lane was
    /// leased.
    pub fn is_to_be_woken(&self, at: Time, now: Time) -> bool {
        at <= now || self.woken_for != Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Moment};

    fn lane(rung_at: Time) -> Lane {
        let ids = IdSource::new();
        let moment = Moment::new(rung_at, &ids);
        Lane {
            id: moment.id(),
            workspace_id: moment.id(),
            endpoint_id: moment.id(),
            rings: 1,
            rung_at,
            lease: 1,
            leased_until: None,
            woken_for: None,
        }
    }

    #[test]
    fn a_lane_is_looked_at_when_something_is_due_and_once_more_after_its_last_ring() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let lane = lane(now);
        let (soon, distant) = (now + Duration::from_secs(5), now + Duration::from_hours(2));

        assert_eq!(lane.next_look(Some(soon), now), Some(soon));
        assert_eq!(lane.next_look(Some(distant), now), Some(now + LINGER));
        assert_eq!(lane.next_look(None, now), Some(now + LINGER));
        assert_eq!(lane.next_look(Some(distant), now + LINGER), Some(distant));
        assert_eq!(lane.next_look(None, now + LINGER), None);
    }

    #[test]
    fn one_message_is_enough_for_one_time_unless_it_has_come_already() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let (soon, later) = (now + Duration::from_secs(1), now + Duration::from_secs(2));
        let mut lane = lane(now);
        assert!(lane.is_to_be_woken(soon, now));

        lane.woken_for = Some(soon);

        assert!(!lane.is_to_be_woken(soon, now));
        assert!(lane.is_to_be_woken(soon, soon));
        assert!(lane.is_to_be_woken(later, now));
    }
}
