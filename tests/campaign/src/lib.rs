//! The fault campaign.
//!
//! Portico runs on one machine, step by step. People create, change, invite and
//! archive; requests of theirs stand still at any call, workers die there and
//! with webhooks under way, calls to AWS fail before and after they took effect,
//! records and messages get lost, come twice, late or in another order, the
//! clocks of functions differ, and receivers misbehave. Then everything is
//! left in peace for six days, and what must hold is checked: see [`run`].
//!
//! Everything that is decided at random is decided by the seed, ids included,
//! so a run can be repeated.

mod check;
mod faults;
mod flight;
mod machine;
mod puller;
mod receivers;
mod report;
mod seen;
mod tamper;
mod workload;
mod world;

use crate::{
    faults::{Faults, KINDS, Plan},
    machine::Machine,
    receivers::Receivers,
    world::World,
};
pub use check::{Kind, Wrong};
use e2e::TestApp;
pub use report::Report;
use seen::Seen;
use std::{collections::BTreeSet, time::Duration};

/// What goes wrong in a thousand calls, in a thousand steps, and in a hundred
/// webhooks of a random run.
const ROUGH: Plan = Plan::Random {
    failing: 20,
    fatal: 15,
};
const DEADLINESS: f64 = 0.03;

/// For how many seconds a queue can hold a message back, with some to spare.
const REACH: u32 = 16 * 60;

/// One random run: so many turns, then peace, then the checks.
///
/// - Every change that the API confirmed has its event, and every thing is as
///   its last event tells.
/// - The events of each object count from 1 without a hole.
/// - Every event was taken by every endpoint that is subscribed to it, signed;
///   those that were dead or said that they are gone have been enabled again.
/// - No endpoint got another tenant's event.
/// - Where events wait for each other, they came in order.
/// - What was taken twice is no more than the workers that were interrupted.
/// - Who reads the list of events instead, each time behind the last event of
///   the time before, has got every event once, and those of each object in
///   their order.
pub async fn run(seed: u64, turns: u32) -> Report {
    let mut machine = machine(seed, ROUGH).await;
    machine.receivers.kill_senders(DEADLINESS);
    for _ in 0..turns {
        machine.turn().await;
    }
    rest(&mut machine, true).await;
    judge(&mut machine).await;
    summed_up(machine)
}

/// One random run in which nothing goes wrong and nothing sweeps: whatever is
/// due is found by who was woken for it. Healthy endpoints take no more than a
/// request a second, so lanes are left and taken up all the time, and the others
/// fail as they do in [`run`] until the turns are over.
pub async fn unswept(seed: u64, turns: u32) -> Report {
    let mut machine = machine(seed, Plan::Calm).await;
    for place in machine.world.healthy() {
        let limiting = machine.world.limit(place, 1);
        machine.world.perform(limiting).await;
    }
    for _ in 0..turns {
        machine.turn().await;
    }
    machine.receivers.calm_down(true);
    enable_all(&mut machine).await;
    machine.drain().await;
    for _ in 0..REACH {
        machine.pass(Duration::from_secs(1));
        machine.drain().await;
    }
    judge(&mut machine).await;
    summed_up(machine)
}

/// The same few changes again and again, each time with another step at which a
/// worker dies, and then with another call that fails in each way: from `first`
/// on, every `stride`-th of them.
pub async fn enumerate(first: u64, stride: usize) -> Report {
    let mut report = Report::default();
    let mut calm = small(Plan::Calm).await;
    let (calls, steps) = calm.faults.made();
    judge(&mut calm).await;
    report.add(summed_up(calm));
    let deaths = (1..=steps).map(Plan::DieAt);
    let failures =
        (1..=calls).flat_map(|call| (0..KINDS).map(move |kind| Plan::FailAt(call, kind)));
    let skipped = usize::try_from(first).unwrap_or(0) % stride;
    for plan in deaths.chain(failures).skip(skipped).step_by(stride) {
        let mut machine = small(plan).await;
        judge(&mut machine).await;
        for wrong in &mut machine.report.wrong {
            wrong.text = format!("{} with {plan:?}", wrong.text);
        }
        report.add(summed_up(machine));
    }
    report
}

/// What is done wrong in a run in which nothing was, what the checks have to
/// find then, and what they found.
#[derive(Debug)]
pub struct Tampered {
    /// What is done wrong.
    pub name: &'static str,
    /// What the checks have to find.
    pub expected: BTreeSet<Kind>,
    /// What they found.
    pub found: BTreeSet<Kind>,
}

/// Shows the checks each way in which something can be wrong: first nothing,
/// then one thing at a time.
pub async fn tampered() -> Vec<Tampered> {
    let mut machine = machine(1, Plan::Calm).await;
    for tenant in [0, 1] {
        story(&mut machine, tenant).await;
    }
    rest(&mut machine, false).await;
    let seen = Seen::of(&mut machine).await;
    let untouched = Tampered {
        name: "nothing",
        expected: BTreeSet::new(),
        found: check::check(&seen).kinds(),
    };
    let each = tamper::ALL.iter().map(|tampering| {
        let mut seen = seen.clone();
        (tampering.tamper)(&mut seen);
        Tampered {
            name: tampering.name,
            expected: tampering.expected(),
            found: check::check(&seen).kinds(),
        }
    });
    std::iter::once(untouched).chain(each).collect()
}

/// A few changes, worked off in order.
async fn small(plan: Plan) -> Machine {
    let mut machine = machine(1, plan).await;
    story(&mut machine, 0).await;
    rest(&mut machine, false).await;
    machine
}

/// A tenant adds a company and a client with an invitation, and changes the
/// client twice.
async fn story(machine: &mut Machine, tenant: usize) {
    for change in 0..4 {
        let random = &mut fastrand::Rng::with_seed(change);
        let operation = match change {
            0 => Some(machine.world.create_company(tenant)),
            1 => Some(machine.world.create_client(tenant, random)),
            _ => machine.world.update_client(tenant, random),
        };
        if let Some(operation) = operation {
            machine.world.perform(operation).await;
            machine.report.operations += 1;
        }
        machine.drain().await;
    }
}

/// Looks at everything, and notes what is wrong.
async fn judge(machine: &mut Machine) {
    let seen = Seen::of(machine).await;
    let found = check::check(&seen);
    let report = &mut machine.report;
    report.events = found.events;
    report.owed += found.owed;
    report.requests = found.requests;
    report.duplicates += found.duplicates;
    report.delays.extend(found.delays);
    report.wrong.extend(found.wrong);
}

async fn machine(seed: u64, plan: Plan) -> Machine {
    let receivers = Receivers::start(seed, &World::manners()).await;
    let world = World::new(TestApp::driven_from(seed).await, &receivers).await;
    Machine::new(world, receivers, Faults::new(plan, seed), seed)
}

/// Nothing goes wrong any more, and time passes: first the receivers that are
/// not dead get everything, then those that were given up are enabled again.
async fn rest(machine: &mut Machine, is_rough: bool) {
    if is_rough {
        machine.faults.heal();
    }
    machine.receivers.calm_down(false);
    // The retry schedule waits for up to a day, and an endpoint is given up
    // after five.
    let minutes = [1, 1, 5, 60, 600, 1_440, 1_440, 1_440, 1_440, 1_440];
    pass(machine, &minutes).await;
    machine.faults.heal();
    machine.receivers.calm_down(true);
    enable_all(machine).await;
    pass(machine, &[1, 1, 30, 600, 1_440]).await;
}

async fn enable_all(machine: &mut Machine) {
    for place in 0..machine.world.endpoints.len() {
        let enabling = machine.world.enable(place);
        machine.world.perform(enabling).await;
    }
}

async fn pass(machine: &mut Machine, minutes: &[u64]) {
    machine.drain().await;
    for minutes in minutes {
        machine.pass(Duration::from_mins(*minutes));
        machine.sweep().await;
    }
}

fn summed_up(machine: Machine) -> Report {
    let mut report = machine.report;
    report.runs = 1;
    report.unknown = machine.world.unknown;
    report.faults = machine.faults.counts();
    report.given_up = machine.faults.given_up();
    report
}
