//! When AWS fails and when workers die.

use portico_domain::{COMMIT_TIMEOUT, Time};
use portico_local::{Call, Fault, aws::Aws};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What can go wrong with a call, in the order in which [`Faults::nth`] numbers
/// it.
pub(crate) const KINDS: usize = 5;

/// What goes wrong.
#[derive(Clone)]
pub(crate) struct Faults(Arc<Mutex<State>>);

struct State {
    plan: Plan,
    random: fastrand::Rng,
    calls: u64,
    points: u64,
    counts: [u64; KINDS],
    /// When each transaction was first sent, by its token.
    sent: HashMap<String, Time>,
    given_up: u64,
}

/// By which plan things go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plan {
    /// Nothing does.
    Calm,
    /// At random: how many of a thousand calls fail, and how many of a thousand
    /// steps are fatal.
    Random { failing: u16, fatal: u16 },
    /// The worker that makes this step, counted from 1, dies of it.
    DieAt(u64),
    /// A worker's call with this number, counted from 1, fails in this way.
    FailAt(u64, usize),
}

impl Faults {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            plan,
            random: fastrand::Rng::with_seed(seed),
            calls: 0,
            points: 0,
            counts: [0; KINDS],
            sent: HashMap::new(),
            given_up: 0,
        })))
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.state().plan = Plan::Calm;
    }

    /// Whether anything can go wrong at any time.
    pub(crate) fn are_random(&self) -> bool {
        matches!(self.state().plan, Plan::Random { .. })
    }

    /// How often each kind of fault has happened.
    pub(crate) fn counts(&self) -> [u64; KINDS] {
        self.state().counts
    }

    /// How many calls workers have made, and how many steps.
    pub(crate) fn made(&self) -> (u64, u64) {
        let state = self.state();
        (state.calls, state.points)
    }

    /// Whether a worker dies of the step that it has just made.
    pub(crate) fn is_fatal(&self) -> bool {
        let mut state = self.state();
        state.points += 1;
        match state.plan {
            Plan::Random { fatal, .. } => state.random.u16(..1_000) < fatal,
            Plan::DieAt(point) => state.points == point,
            Plan::Calm | Plan::FailAt(..) => false,
        }
    }

    /// Lets calls fail from now on.
    pub(crate) fn inject(&self, aws: &Aws) {
        let faults = self.clone();
        aws.inject(move |call| faults.of(call));
    }

    /// How many transactions took longer than anybody waits for.
    pub(crate) fn given_up(&self) -> u64 {
        self.state().given_up
    }

    fn of(&self, call: &Call) -> Option<Fault> {
        let state = &mut *self.state();
        if state.is_given_up(call) {
            state.given_up += 1;
            return Some(Fault::GivenUp);
        }
        let is_worker = call.function.is_some_and(|name| {
            portico_bootstrap::TRIGGERS
                .iter()
                .any(|one| one.name == name)
        });
        state.calls += u64::from(is_worker);
        let kind = match state.plan {
            Plan::Random { failing, .. } if state.random.u16(..1_000) < failing => {
                state.random.usize(..KINDS)
            }
            Plan::FailAt(number, kind) if is_worker && state.calls == number => kind,
            _ => return None,
        };
        state.counts[kind] += 1;
        Some(fault(kind, call))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether whoever sent this transaction has stopped waiting for it: the
    /// time-out is over all tries, and is real time where a run's stands still.
    fn is_given_up(&mut self, call: &Call) -> bool {
        let Some(token) = call.body["ClientRequestToken"].as_str() else {
            return false;
        };
        let first = self.sent.entry(token.to_owned()).or_insert(call.made_at);
        call.arrives_at.since(*first) > COMMIT_TIMEOUT
    }
}

/// The words for the kinds of faults.
pub(crate) const NAMES: [&str; KINDS] = [
    "throttled",
    "failed inside",
    "lost before",
    "lost after",
    "conflicting transaction, or refused",
];

fn fault(kind: usize, call: &Call) -> Fault {
    match (kind, call.service) {
        (0, "dynamodb") => Fault::Refuse("ProvisionedThroughputExceededException"),
        (0, "ses") => Fault::Refuse("TooManyRequestsException"),
        (0, _) => Fault::Refuse("ThrottlingException"),
        (1, _) => Fault::Refuse("InternalServerError"),
        (2, _) => Fault::LostBefore,
        (3, _) => Fault::LostAfter,
        _ if call.operation == "TransactWriteItems" => Fault::Cancel("TransactionConflict"),
        _ => Fault::Refuse("AccessDeniedException"),
    }
}
