//! What a campaign has seen.

use crate::{
    check::Wrong,
    faults::{KINDS, NAMES},
};
use std::{collections::BTreeSet, fmt, time::Duration};

/// What one run, or several together, have seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many runs.
    pub runs: u64,
    /// What people did.
    pub operations: u64,
    /// Operations that the API answered with an error of the server.
    pub unknown: u64,
    /// Workers that were begun.
    pub invocations: u64,
    /// Workers that said themselves that they could not do all their work.
    pub failed_invocations: u64,
    /// Workers that died before or after a call to AWS.
    pub killed_at_call: u64,
    /// Workers that died while a receiver had their request.
    pub killed_while_sending: u64,
    /// Requests to the API that died before or after a call to AWS.
    pub killed_requests: u64,
    /// How often the list of events was read on.
    pub pulls: u64,
    /// Transactions that took longer than anybody waits for.
    pub given_up: u64,
    /// Workers that were held up for longer than their lease allows.
    pub stalled: u64,
    /// Calls to AWS that failed, by kind.
    pub faults: [u64; KINDS],
    /// Records of the stream that never came.
    pub records_lost: usize,
    /// Records that came twice.
    pub records_repeated: usize,
    /// Records that came late.
    pub records_delayed: usize,
    /// Records that came in another order.
    pub records_reordered: usize,
    /// Messages that never came.
    pub messages_lost: usize,
    /// Messages that came twice, at once.
    pub messages_repeated: usize,
    /// Messages that came late.
    pub messages_delayed: usize,
    /// Messages that came in another order.
    pub messages_reordered: usize,
    /// Events that were committed.
    pub events: usize,
    /// Deliveries that endpoints had to get, over all events.
    pub owed: usize,
    /// Requests that came.
    pub requests: usize,
    /// Requests with what the receiver had taken already.
    pub duplicates: usize,
    /// How long after its event each first request came to a healthy endpoint,
    /// in the time of the run.
    pub delays: Vec<Duration>,
    /// At which calls each function stood: its name, and the number of the step.
    pub points: BTreeSet<(&'static str, u32)>,
    /// At which of them one died.
    pub died: BTreeSet<(&'static str, u32)>,
    /// What must not be.
    pub wrong: Vec<Wrong>,
}

impl Report {
    /// Every interruption, each of which may have cost one duplicate.
    pub fn interruptions(&self) -> u64 {
        self.killed_at_call + self.killed_while_sending + self.failed_invocations + self.stalled
    }

    /// Adds another run.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.operations += other.operations;
        self.unknown += other.unknown;
        self.invocations += other.invocations;
        self.failed_invocations += other.failed_invocations;
        self.killed_at_call += other.killed_at_call;
        self.killed_while_sending += other.killed_while_sending;
        self.killed_requests += other.killed_requests;
        self.pulls += other.pulls;
        self.given_up += other.given_up;
        self.stalled += other.stalled;
        for (sum, count) in self.faults.iter_mut().zip(other.faults) {
            *sum += count;
        }
        self.records_lost += other.records_lost;
        self.records_repeated += other.records_repeated;
        self.records_delayed += other.records_delayed;
        self.records_reordered += other.records_reordered;
        self.messages_lost += other.messages_lost;
        self.messages_repeated += other.messages_repeated;
        self.messages_delayed += other.messages_delayed;
        self.messages_reordered += other.messages_reordered;
        self.events += other.events;
        self.owed += other.owed;
        self.requests += other.requests;
        self.duplicates += other.duplicates;
        self.delays.extend(other.delays);
        self.points.extend(other.points);
        self.died.extend(other.died);
        self.wrong.extend(other.wrong);
    }

    fn delay(&self, per_mille: usize) -> Duration {
        let mut delays = self.delays.clone();
        delays.sort();
        let place = delays.len().saturating_sub(1) * per_mille / 1_000;
        delays.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, messages) = (
            [
                self.records_lost,
                self.records_repeated,
                self.records_delayed,
                self.records_reordered,
            ],
            [
                self.messages_lost,
                self.messages_repeated,
                self.messages_delayed,
                self.messages_reordered,
            ],
        );
        writeln!(f, "| what | count |\n|---|---|")?;
        writeln!(f, "| runs | {} |", self.runs)?;
        writeln!(f, "| operations through the API | {} |", self.operations)?;
        writeln!(f, "| of them answered with a 5xx | {} |", self.unknown)?;
        writeln!(
            f,
            "| of them killed before or after a call to AWS | {} |",
            self.killed_requests
        )?;
        writeln!(f, "| workers begun | {} |", self.invocations)?;
        writeln!(
            f,
            "| killed before or after a call to AWS | {} |",
            self.killed_at_call
        )?;
        writeln!(
            f,
            "| killed with a webhook under way | {} |",
            self.killed_while_sending
        )?;
        writeln!(
            f,
            "| held up for longer than their lease | {} |",
            self.stalled
        )?;
        writeln!(
            f,
            "| failed by their own account | {} |",
            self.failed_invocations
        )?;
        for (name, count) in NAMES.iter().zip(self.faults) {
            writeln!(f, "| calls to AWS {name} | {count} |")?;
        }
        writeln!(
            f,
            "| transactions under way for longer than their time-out | {} |",
            self.given_up
        )?;
        for (what, counts) in [("stream records", records), ("queue messages", messages)] {
            let [lost, repeated, delayed, reordered] = counts;
            writeln!(
                f,
                "| {what} lost, repeated, delayed, reordered | {lost}, {repeated}, {delayed}, {reordered} |"
            )?;
        }
        writeln!(
            f,
            "| steps at which workers stood, and died | {}, {} |",
            self.points.len(),
            self.died.len()
        )?;
        writeln!(f, "| events committed | {} |", self.events)?;
        writeln!(
            f,
            "| times the list of events was read on | {} |",
            self.pulls
        )?;
        writeln!(f, "| deliveries owed | {} |", self.owed)?;
        writeln!(f, "| requests that came | {} |", self.requests)?;
        writeln!(
            f,
            "| **events or deliveries lost, or otherwise wrong** | **{}** |",
            self.wrong.len()
        )?;
        writeln!(f, "| **duplicates** | **{}** |", self.duplicates)?;
        writeln!(
            f,
            "| delay to a healthy endpoint, p50, p99, p99.9 | {:.1} s, {:.1} s, {:.1} s |",
            self.delay(500).as_secs_f64(),
            self.delay(990).as_secs_f64(),
            self.delay(999).as_secs_f64(),
        )
    }
}
