//! How an endpoint is doing: when to slow down, when to stop trying, when to
//! give up.
//!
//! While all goes well nothing is written. Each failure is counted; a success
//! forgets them. An endpoint that says it is overloaded gets a pause, longer
//! each time. After [`CIRCUIT`] failures in a row the circuit opens: nothing is
//! sent until a pause is over, and then one delivery probes. What fails for days
//! is disabled.
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

    /// After a failure at `now`.
    #[must_use]
    pub fn after_failure(&self, setback: Setback, now: Time) -> Self {
        let failures = self.failures.saturating_add(1);
        let slowdown = match setback {
            Setback::Failed => Duration::ZERO,
            Setback::Overloaded(asked) => doubled(FIRST_SLOWDOWN, failures - 1, LONGEST_SLOWDOWN)
                .max(asked.unwrap_or_default()),
        };
        let circuit = failures
            .checked_sub(CIRCUIT)
            .map_or(Duration::ZERO, |more| {
                doubled(FIRST_PAUSE, more, LONGEST_PAUSE)
            });
        let pause = slowdown.max(circuit);
        Self {
            failures,
            failing_since: self.failing_since.or(Some(now)),
            // What another worker was told meanwhile holds as well.
            paused_until: (!pause.is_zero())
                .then(|| now + pause)
                .max(self.paused_until),
            ..self.clone()
        }
    }

    /// After a success: nothing to tell any more.
    #[must_use]
    pub fn after_success(&self) -> Self {
        Self {
            failures: 0,
            failing_since: None,
            paused_until: None,
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

    #[test]
    fn the_tenth_failure_in_a_row_opens_the_circuit_and_a_success_closes_it() {
        let mut health = healthy(start());
        for _ in 1..CIRCUIT {
            health = health.after_failure(Setback::Failed, start());
            assert_eq!(health.gate(start()), Gate::Open);
        }

        health = health.after_failure(Setback::Failed, start());

        let until = start() + Duration::from_mins(1);
        assert_eq!(health.gate(start()), Gate::Paused(until));
        assert_eq!(health.gate(until), Gate::Probe);
        let again = health.after_failure(Setback::Failed, until);
        assert_eq!(
            again.gate(until),
            Gate::Paused(until + Duration::from_mins(2))
        );
        assert_eq!(health.after_success().gate(start()), Gate::Open);
        assert_eq!(health.after_success().failing_since, None);
    }

    #[test]
    fn an_overloaded_endpoint_gets_the_pause_that_it_asks_for_or_a_longer_one_each_time() {
        let first = healthy(start()).after_failure(Setback::Overloaded(None), start());
        let second = first.after_failure(Setback::Overloaded(None), start());
        let asked =
            second.after_failure(Setback::Overloaded(Some(Duration::from_mins(9))), start());

        assert_eq!(
            first.gate(start()),
            Gate::Paused(start() + Duration::from_secs(1))
        );
        assert_eq!(
            second.gate(start()),
            Gate::Paused(start() + Duration::from_secs(2))
        );
        assert_eq!(
            asked.gate(start()),
            Gate::Paused(start() + Duration::from_mins(9))
        );
    }

    #[test]
    fn five_days_of_failing_are_enough() {
        let health = healthy(start()).after_failure(Setback::Failed, start());
        let health = health.after_failure(Setback::Failed, start() + Duration::from_hours(100));

        assert!(!health.is_beyond_hope(HOPE, start() + Duration::from_hours(119)));
        assert!(health.is_beyond_hope(HOPE, start() + Duration::from_hours(120)));
    }

    #[test]
    fn while_one_probes_the_others_wait() {
        let mut health = healthy(start());
        for _ in 0..CIRCUIT {
            health = health.after_failure(Setback::Failed, start());
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
        fn no_pause_is_longer_than_asked_or_half_an_hour(steps in prop::collection::vec((0_u64..100_000, prop::option::of(prop::option::of(0_u64..50_000))), 1..60)) {
            let mut now = start();
            let mut health = healthy(now);
            for (wait, overloaded) in steps {
                now = now + Duration::from_secs(wait);
                let setback = overloaded.map_or(Setback::Failed, |asked| Setback::Overloaded(asked.map(Duration::from_secs)));
                let before = health.paused_until;
                health = health.after_failure(setback, now);
                let asked = Duration::from_secs(overloaded.flatten().unwrap_or(0));
                let longest = Some(now + asked.max(LONGEST_PAUSE)).max(before);
                prop_assert!(health.paused_until <= longest);
                prop_assert!(health.failing_since.is_some());
                prop_assert_eq!(health.after_success().gate(now), Gate::Open);
            }
        }
    }
}
