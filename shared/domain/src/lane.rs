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
//!
//! Whoever puts something new into a lane in which nothing waits says so in the
//! message that wakes a worker ([`LaneContents`]), who then need not look for it.

use crate::{DeliveryId, EndpointId, EventId, LaneId, Time, WorkspaceId};
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

/// A lane as a ring found it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RungLane {
    /// How often it had been rung before.
    pub rings: u64,
    /// When that was, if it was.
    pub rung_at: Option<Time>,
    /// How often it had been leased.
    pub lease: u64,
    /// Until when a worker had it.
    pub leased_until: Option<Time>,
    /// When it was to be looked at.
    pub due_at: Option<Time>,
    /// For what time a message was under way.
    pub woken_for: Option<Time>,
}

impl RungLane {
    /// Whether nothing waited in it, as far as anybody knew: nobody had it, and
    /// at most it was to be looked at once more after its last ring.
    fn was_empty(&self, now: Time) -> bool {
        let lingers_until = self.rung_at.map(|at| at + LINGER);
        self.leased_until.is_none()
            && self.woken_for.is_none()
            && self
                .due_at
                .is_none_or(|at| at > now && Some(at) <= lingers_until)
    }
}

/// A lane to be worked off: what its queue carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneTask {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// Which lane.
    pub id: LaneId,
    /// What waits in it, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<LaneContents>,
}

/// What was put into a lane in which nothing had waited.
///
/// It names deliveries and says nothing about them. And it is of use to nobody
/// but the worker who leases the lane next, so a message that comes twice or
/// late cannot tell anything wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneContents {
    /// Whose lane it is.
    pub endpoint_id: EndpointId,
    /// The deliveries, all due at this time,
    pub due_at: Time,
    /// and their events, in whose order they are sent.
    pub deliveries: Vec<(EventId, DeliveryId)>,
    /// How often the lane had been leased until then.
    lease: u64,
    /// How often it had been rung, with the ring for these.
    rings: u64,
    /// When it was to be looked at, had nobody rung.
    pub next_look: Option<Time>,
}

impl LaneContents {
    /// So many deliveries a message names at most.
    const MAX: usize = 5;

    /// What is in a lane into which these new deliveries were put just before
    /// it was rung, if that is known.
    pub fn after_ring(
        found: &RungLane,
        endpoint_id: EndpointId,
        due_at: Time,
        mut deliveries: Vec<(EventId, DeliveryId)>,
    ) -> Option<Self> {
        if deliveries.is_empty() || deliveries.len() > Self::MAX || !found.was_empty(due_at) {
            return None;
        }
        deliveries.sort_unstable();
        Some(Self {
            endpoint_id,
            due_at,
            deliveries,
            lease: found.lease,
            rings: found.rings + 1,
            next_look: found.due_at,
        })
    }

    /// Whether they are all that waits in the lane, leased just now: nobody else
    /// has leased it since, or rung it.
    pub fn are_all_of(&self, leased: &Lane) -> bool {
        self.endpoint_id == leased.endpoint_id
            && self.lease + 1 == leased.lease
            && self.rings == leased.rings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Moment, Task, kind};

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

    #[test]
    fn what_is_put_into_an_empty_lane_is_known_to_the_next_worker_only() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let leased = lane(now);
        let ids = IdSource::new();
        let moment = Moment::new(now, &ids);
        let new = vec![(moment.id(), moment.id())];
        let after = |found: &RungLane| {
            LaneContents::after_ring(found, leased.endpoint_id, now, new.clone())
        };

        // A lane that was never rung before.
        let first = after(&RungLane::default()).expect("it is known");
        assert!(first.are_all_of(&leased));
        let rung_since = Lane {
            rings: 2,
            ..leased.clone()
        };
        assert!(!first.are_all_of(&rung_since));
        let leased_since = Lane {
            lease: 2,
            ..leased.clone()
        };
        assert!(!first.are_all_of(&leased_since));

        // One that lingers after an earlier ring.
        let earlier = now - LINGER / 2;
        let lingering = RungLane {
            rings: 7,
            rung_at: Some(earlier),
            lease: 9,
            due_at: Some(earlier + LINGER),
            ..RungLane::default()
        };
        let known = after(&lingering).expect("it is known");
        assert_eq!(known.next_look, Some(earlier + LINGER));
        assert!(known.are_all_of(&Lane {
            rings: 8,
            lease: 10,
            ..leased.clone()
        }));

        for unknown in [
            // Something is due, or will be soon, or later than it would linger.
            RungLane {
                due_at: Some(now),
                ..lingering.clone()
            },
            RungLane {
                woken_for: Some(earlier + LINGER),
                ..lingering.clone()
            },
            RungLane {
                due_at: Some(now + LINGER),
                ..lingering.clone()
            },
            // A worker has it, or has died with it.
            RungLane {
                leased_until: Some(now - LINGER),
                ..lingering.clone()
            },
        ] {
            assert_eq!(after(&unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_message_about_a_lane_is_read_with_and_without_what_is_in_it() {
        let now = Time::from_unix_millis(1_795_300_000_000);
        let ids = IdSource::new();
        let moment = Moment::new(now, &ids);
        let (workspace_id, id) = (moment.id(), moment.id());
        let new = vec![(moment.id(), moment.id())];
        let contents = LaneContents::after_ring(&RungLane::default(), moment.id(), now, new);
        for contents in [None, contents] {
            let message = LaneTask {
                workspace_id,
                id,
                contents,
            };
            let text = serde_json::to_string(&message).expect("it can be written");
            let read: LaneTask = serde_json::from_str(&text).expect("it can be read");
            assert_eq!(read, message);
            // As an earlier version reads it.
            let read: Task<kind::Lane> = serde_json::from_str(&text).expect("it can be read");
            assert_eq!((read.workspace_id, read.id), (workspace_id, id));
        }
    }
}
