//! How an endpoint is doing: when to slow down, when to stop trying, when to
//! give up.
//!
//! While all goes well nothing is written. Each failure is counted; a success
//! forgets them. An endpoint that says it is overloaded gets a pause, longer
//! each time. After [`CIRCUIT`] failures in a row the circuit opens: nothing is
//! sent until a pause is over, and then one delivery probes. What fails for days
//! is disabled.
//!
//! Several requests are under way at once, and those that fail together are one
//! piece of news: a pause becomes longer only by an attempt that was made after
//! the pause before.
//!
//! ```text
//! healthy ── failure ──→ failing ── tenth in a row ──→ open ── pause over ──→ probing
//!    ↑                      │                           ↑                        │
//!    └────── success ───────┴──────── success ──────────┼────────────────────────┤
//!                                                       └──────── failure ───────┘
//! ```

use crate::{EndpointId, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// After so many failures in a row the circuit opens.
const CIRCUIT: u32 = 10;

/// How long a probe may take, before somebody else probes.
const PROBE: Duration = Duration::from_secs(30);
/// The first pause of an open circuit; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(30);
/// The first pause of an endpoint that is overloaded.
const FIRST_SLOWDOWN: Duration = Duration::from_secs(1);
const LONGEST_SLOWDOWN: Duration = Duration::from_mins(1);

/// How an endpoint is doing since it was enabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointHealth {
    /// Whose health it is.
    pub endpoint_id: EndpointId,
    /// Where this happens.
    pub workspace_id: WorkspaceId,
    /// How often the endpoint had been enabled again or given another URL;
    /// what was before the last time does not count.
    pub restarts: u64,
    /// How many attempts have failed in a row.
    pub failures: u32,
    /// When the first of them failed.
    #[serde(default)]
    pub failing_since: Option<Time>,
    /// Until when nothing is sent.
    #[serde(default)]
    pub paused_until: Option<Time>,
    /// How often in a row it was overloaded, each time after the pause before.
    #[serde(default)]
    pub slowdowns: u32,
    /// How many probes have failed since the circuit opened.
    #[serde(default)]
    pub failed_probes: u32,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// Whether something may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Yes.
    Open,
    /// Not before then.
    Paused(Time),
    /// One delivery, to see whether it is well again.
    Probe,
}

/// What kind of failure an attempt ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setback {
    /// The endpoint failed.
    Failed,
    /// It asks for less, or for nothing for this time.
    Overloaded(Option<Duration>),
}

/// An attempt, as the endpoint's health sees it.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// When it began.
    pub began: Time,
    /// Whether it was the one that probes.
    pub is_probe: bool,
}

impl EndpointHealth {
    /// What is known of an endpoint that has had no failure.
    pub const fn unblemished(
        workspace_id: WorkspaceId,
        endpoint_id: EndpointId,
        restarts: u64,
    ) -> Self {
        Self {
            endpoint_id,
            workspace_id,
            restarts,
            failures: 0,
            failing_since: None,
            paused_until: None,
            slowdowns: 0,
            failed_probes: 0,
            version: 0,
        }
    }

    /// Whether something may be sent now.
    pub fn gate(&self, now: Time) -> Gate {
        match self.paused_until {
            Some(until) if now < until => Gate::Paused(until),
            Some(_) if self.is_circuit_open() => Gate::Probe,
            Some(_) | None => Gate::Open,
        }
    }

    /// Whether the circuit is open.
    pub const fn is_circuit_open(&self) -> bool {
        self.failures >= CIRCUIT
    }

    /// Whether it has failed for so long that it is to be disabled.
    pub fn is_beyond_hope(&self, until_disabled: Duration, now: Time) -> bool {
        self.failing_since
            .is_some_and(|since| now.since(since) >= until_disabled)
    }

    /// After an attempt that failed at `now`.
    #[must_use]
    pub fn after_failure(&self, setback: Setback, tried: Tried, now: Time) -> Self {
        let was_open = self.is_circuit_open();
        let mut after = Self {
            failures: self.failures.saturating_add(1),
            failing_since: self.failing_since.or(Some(now)),
            ..self.clone()
        };
        let mut pause = Duration::ZERO;
        if let Setback::Overloaded(asked) = setback {
            let is_news =
                tried.is_probe || self.paused_until.is_none_or(|over| tried.began >= over);
            after.slowdowns = after.slowdowns.saturating_add(u32::from(is_news));
            let usual = doubled(
                FIRST_SLOWDOWN,
                after.slowdowns.saturating_sub(1),
                LONGEST_SLOWDOWN,
            );
            // Whoever asks for no time at all is overloaded all the same.
            pause = asked.filter(|asked| !asked.is_zero()).unwrap_or(usual);
        }
        if was_open && tried.is_probe {
            after.failed_probes = after.failed_probes.saturating_add(1);
            pause = pause.max(doubled(FIRST_PAUSE, after.failed_probes, LONGEST_PAUSE));
        } else if !was_open && after.is_circuit_open() {
            pause = pause.max(FIRST_PAUSE);
        }
        if !pause.is_zero() {
            // What another worker was told meanwhile holds as well.
            after.paused_until = Some(now + pause).max(self.paused_until);
        }
        after
    }

    /// After a success: nothing to tell any more.
    #[must_use]
    pub fn after_success(&self) -> Self {
        Self {
            failures: 0,
            failing_since: None,
            paused_until: None,
            slowdowns: 0,
            failed_probes: 0,
            ..self.clone()
        }
    }

    /// With its pause over: somebody says that it is well again.
    #[must_use]
    pub fn unpaused(&self, now: Time) -> Self {
        Self {
            paused_until: self.paused_until.map(|until| until.min(now)),
            ..self.clone()
        }
    }

    /// While one worker probes, the others wait.
    #[must_use]
    pub fn probing(&self, now: Time) -> Self {
        Self {
            paused_until: Some(now + PROBE),
            ..self.clone()
        }
    }
}

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    first.saturating_mul(1 << times.min(16)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Moment};
    use proptest::prelude::*;

    fn healthy(now: Time) -> EndpointHealth {
        let ids = IdSource::new();
        let moment = Moment::new(now, &ids);
        EndpointHealth::unblemished(moment.id(), moment.id(), 0)
    }

    const HOPE: Duration = Duration::from_hours(5 * 24);

    fn start() -> Time {
        Time::from_unix_millis(1_795_300_000_000)
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn tried(began: Time) -> Tried {
        let is_probe = false;
        Tried { began, is_probe }
    }

    fn probe(began: Time) -> Tried {
        let is_probe = true;
        Tried { began, is_probe }
    }

    #[test]
    fn the_tenth_failure_in_a_row_opens_the_circuit_and_a_success_closes_it() {
        let mut health = healthy(start());
        for _ in 1..CIRCUIT {
            health = health.after_failure(Setback::Failed, tried(start()), start());
            assert_eq!(health.gate(start()), Gate::Open);
        }

        health = health.after_failure(Setback::Failed, tried(start()), start());

        let mut until = start() + Duration::from_mins(1);
        assert_eq!(health.gate(start()), Gate::Paused(until));
        assert_eq!(health.after_success().gate(start()), Gate::Open);
        assert_eq!(health.after_success().failing_since, None);
        for minutes in [2, 4, 8, 16, 30, 30] {
            assert_eq!(health.gate(until), Gate::Probe);
            health = health.after_failure(Setback::Failed, probe(until), until);
            let next = until + Duration::from_mins(minutes);
            assert_eq!(health.gate(until), Gate::Paused(next));
            until = next;
        }
    }

    #[test]
    fn what_was_under_way_when_the_circuit_opened_does_not_lengthen_the_pause() {
        let mut health = healthy(start());
        for place in 0..17 {
            let now = start() + Duration::from_millis(1_500 + place);
            health = health.after_failure(Setback::Failed, tried(start()), now);
        }

        assert_eq!(health.failures, 17);
        let opened = start() + Duration::from_millis(1_509);
        assert_eq!(health.paused_until, Some(opened + Duration::from_mins(1)));
    }

    #[test]
    fn an_overloaded_endpoint_gets_a_longer_pause_each_time() {
        let (mut health, mut now) = (healthy(start()), start());
        for pause in [1, 2, 4, 8, 16, 32] {
            let next = health.after_failure(Setback::Overloaded(None), tried(now), now);
            assert_eq!(next.gate(now), Gate::Paused(now + seconds(pause)));
            now = now + seconds(pause);
            health = next;
            // Another kind of failure is no sign of overload.
            if pause == 1 {
                health = health.after_failure(Setback::Failed, tried(now), now);
                assert_eq!(health.gate(now), Gate::Open);
            }
        }
    }

    #[test]
    fn what_was_under_way_together_is_overloaded_once() {
        let mut health = healthy(start());
        // Some answer when the pause that followed from the first is over.
        for millis in [510, 520, 700, 900, 2_000] {
            let now = start() + Duration::from_millis(millis);
            health = health.after_failure(Setback::Overloaded(None), tried(start()), now);
            assert_eq!(health.gate(now), Gate::Paused(now + seconds(1)));
        }
    }

    #[test]
    fn the_time_that_is_asked_for_is_given() {
        let asked = |health: &EndpointHealth, asked| {
            health.after_failure(Setback::Overloaded(Some(asked)), tried(start()), start())
        };
        let mut failing = healthy(start());
        for _ in 0..4 {
            failing = failing.after_failure(Setback::Failed, tried(start()), start());
        }
        for (wish, pause) in [(3, 3), (540, 540), (0, 1)] {
            let gate = asked(&failing, seconds(wish)).gate(start());
            assert_eq!(gate, Gate::Paused(start() + seconds(pause)));
        }
        // The longest wish of those who were asked together holds.
        let long = asked(&failing, seconds(540));
        assert_eq!(asked(&long, seconds(3)).paused_until, long.paused_until);
    }

    #[test]
    fn what_the_version_before_wrote_is_read() {
        let health = healthy(start()).after_failure(Setback::Failed, tried(start()), start());
        let mut stored = serde_json::to_value(&health).expect("it is JSON");
        let members = stored.as_object_mut().expect("it has members");
        members.remove("slowdowns");
        members.remove("failedProbes");

        let read: EndpointHealth = serde_json::from_value(stored).expect("it is read");

        assert_eq!(read, health);
    }

    #[test]
    fn five_days_of_failing_are_enough() {
        let health = healthy(start()).after_failure(Setback::Failed, tried(start()), start());
        let later = start() + Duration::from_hours(100);
        let health = health.after_failure(Setback::Failed, tried(later), later);

        assert!(!health.is_beyond_hope(HOPE, start() + Duration::from_hours(119)));
        assert!(health.is_beyond_hope(HOPE, start() + Duration::from_hours(120)));
    }

    #[test]
    fn while_one_probes_the_others_wait() {
        let mut health = healthy(start());
        for _ in 0..CIRCUIT {
            health = health.after_failure(Setback::Failed, tried(start()), start());
        }
        let later = start() + Duration::from_hours(1);
        assert_eq!(health.gate(later), Gate::Probe);

        assert!(matches!(health.probing(later).gate(later), Gate::Paused(_)));
        assert_eq!(health.unpaused(start()).gate(start()), Gate::Probe);
    }

    proptest! {
        /// Whatever happens, a success makes an endpoint well, and no pause is
        /// longer than what it asked for or half an hour.
        #[test]
        fn no_pause_is_longer_than_asked_or_half_an_hour(steps in prop::collection::vec((0_u64..100_000, any::<bool>(), prop::option::of(prop::option::of(0_u64..50_000))), 1..60)) {
            let mut now = start();
            let mut health = healthy(now);
            for (wait, is_probe, overloaded) in steps {
                now = now + Duration::from_secs(wait);
                let setback = overloaded.map_or(Setback::Failed, |asked| Setback::Overloaded(asked.map(Duration::from_secs)));
                let before = health.paused_until;
                health = health.after_failure(setback, Tried { began: now, is_probe }, now);
                let asked = Duration::from_secs(overloaded.flatten().unwrap_or(0));
                let longest = Some(now + asked.max(LONGEST_PAUSE)).max(before);
                prop_assert!(health.paused_until <= longest);
                prop_assert!(health.failing_since.is_some());
                prop_assert_eq!(health.after_success().gate(now), Gate::Open);
            }
        }
    }
}
