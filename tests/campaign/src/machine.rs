//! Drives workers and requests: one step of one of them at a time, in an order
//! that the seed decides, losing and repeating what wakes the workers.

use crate::{
    faults::Faults,
    flight::{Errand, Flight, Landing},
    receivers::{Receipt, Receivers},
    report::Report,
    world::World,
};
use portico_app::{Source, Trigger, TriggerError};
use portico_bootstrap::TRIGGERS;
use portico_domain::Time;
use portico_local::{LocalServer, steps::Step};
use portico_queue::Queue;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

/// So many workers and requests are under way at once, at most.
const AT_ONCE: usize = 10;

/// A run of the system.
pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) receivers: Receivers,
    pub(crate) receipts: Vec<(Time, Receipt)>,
    pub(crate) faults: Faults,
    pub(crate) report: Report,
    pub(crate) random: fastrand::Rng,
    /// Whether what wakes workers gets lost, late or repeated, and whether a
    /// sweep makes up for it.
    is_rough: bool,
    flights: Vec<Flight>,
    records: Vec<Value>,
}

impl Machine {
    pub(crate) fn new(world: World, receivers: Receivers, faults: Faults, seed: u64) -> Self {
        faults.inject(world.app.server.aws());
        Self {
            world,
            receivers,
            receipts: Vec::new(),
            is_rough: faults.are_random(),
            faults,
            report: Report::default(),
            random: fastrand::Rng::with_seed(seed),
            flights: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Does one thing, whatever the dice say.
    pub(crate) async fn turn(&mut self) {
        match self.random.u8(..100) {
            0..8 => self.begin_request().await,
            8..16 => self.begin_stream().await,
            16..28 => self.begin_queue(),
            28 if self.is_rough => self.begin_schedule(),
            29 => {
                let tenant = self.random.usize(..self.world.tenants.len());
                let limit = self.random.u8(1..=100);
                self.pull(tenant, limit).await;
            }
            30..34 => {
                let pause = match self.random.u8(..20) {
                    0 if self.is_rough => Duration::from_secs(self.random.u64(1..90)),
                    _ => Duration::from_millis(self.random.u64(1..800)),
                };
                self.pass(pause);
            }
            _ if !self.flights.is_empty() => {
                let place = self.random.usize(..self.flights.len());
                self.step(place).await;
            }
            _ => {}
        }
    }

    /// Lets all that is under way come to its end, and all that is there now be
    /// worked off, in order.
    pub(crate) async fn drain(&mut self) {
        loop {
            while !self.flights.is_empty() {
                self.step(0).await;
            }
            self.records.extend(self.server().stream_records().await);
            if !self.records.is_empty() {
                let records = std::mem::take(&mut self.records);
                self.begin(dispatcher(), Errand::Stream(records));
                continue;
            }
            let now = self.now();
            let queues = self.server().aws().queues().clone();
            let waiting = |queue: &Queue| queues.visible(queue.name(), now) > 0;
            match Queue::ALL.into_iter().find(waiting) {
                Some(queue) => self.take(queue, queue.batch_size().into()),
                None => return,
            }
        }
    }

    /// Runs everything that is scheduled, and what follows from it.
    pub(crate) async fn sweep(&mut self) {
        for trigger in scheduled() {
            self.begin(trigger, Errand::Schedule);
        }
        self.drain().await;
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.server().pass(time);
        for flight in &mut self.flights {
            let is_too_long = flight.wait(time);
            self.report.stalled += u64::from(is_too_long && flight.is_worker());
        }
    }

    /// Has all who read the list of events read it to its end.
    pub(crate) async fn pull_all(&mut self) {
        for tenant in 0..self.world.tenants.len() {
            while self.pull(tenant, 100).await {}
        }
    }

    async fn pull(&mut self, tenant: usize, limit: u8) -> bool {
        self.report.pulls += 1;
        let tenant = &mut self.world.tenants[tenant];
        tenant.puller.pull(&tenant.actor, limit).await
    }

    async fn begin_request(&mut self) {
        if self.flights.len() >= AT_ONCE {
            return;
        }
        let Some(operation) = self.world.something(&mut self.random).await else {
            return;
        };
        self.report.operations += 1;
        let key = self.world.tenants[operation.tenant].actor.key();
        let flight = Flight::request(self.server(), key, operation);
        self.flights.push(flight);
    }

    /// A number below 20; with most of them nothing happens to what wakes a
    /// worker.
    fn mishap(&mut self) -> u8 {
        const NONE: u8 = 19;
        if self.is_rough {
            self.random.u8(..=NONE)
        } else {
            NONE
        }
    }

    async fn begin_stream(&mut self) {
        self.records.extend(self.server().stream_records().await);
        if self.records.is_empty() || self.flights.len() >= AT_ONCE {
            return;
        }
        let count = self.random.usize(1..=self.records.len().min(30));
        let mut records: Vec<Value> = self.records.drain(..count).collect();
        match self.mishap() {
            0 => {
                self.report.records_lost += records.len();
                return;
            }
            1 => {
                self.report.records_repeated += records.len();
                self.records.extend(records.iter().cloned());
            }
            2 => {
                self.report.records_reordered += records.len();
                self.random.shuffle(&mut records);
            }
            3 => {
                self.report.records_delayed += records.len();
                self.records.extend(records);
                return;
            }
            _ => {}
        }
        self.begin(dispatcher(), Errand::Stream(records));
    }

    fn begin_queue(&mut self) {
        if self.flights.len() >= AT_ONCE {
            return;
        }
        let now = self.now();
        let queues = self.server().aws().queues().clone();
        let waiting: Vec<Queue> = Queue::ALL
            .into_iter()
            .filter(|queue| queues.visible(queue.name(), now) > 0)
            .collect();
        let Some(queue) = self.random.choice(waiting) else {
            return;
        };
        match self.mishap() {
            0 => {
                for message in queues.take(queue.name(), 1, now) {
                    self.report.messages_lost += 1;
                    queues.delete(queue.name(), &message.receipt);
                }
            }
            1 => {
                // Both workers get it, and may be at work at once.
                let messages = queues.take(queue.name(), 1, now);
                for message in &messages {
                    self.report.messages_repeated += 1;
                    queues.release(queue.name(), &message.receipt, now);
                    let event = LocalServer::queue_event(queue, std::slice::from_ref(message));
                    self.begin_with(worker(queue), event, Errand::Queue(queue, Vec::new()));
                }
                self.take(queue, 1);
            }
            2 => {
                let later = now + Duration::from_secs(self.random.u64(1..300));
                for message in queues.take(queue.name(), 1, now) {
                    self.report.messages_delayed += 1;
                    queues.release(queue.name(), &message.receipt, later);
                }
            }
            3 => {
                // The oldest ones wait for the one behind them.
                let mut messages = queues.take(queue.name(), 4, now);
                let last = messages.pop();
                for message in &messages {
                    self.report.messages_reordered += 1;
                    queues.release(queue.name(), &message.receipt, now);
                }
                if let Some(message) = last {
                    let receipt = (message.message_id.clone(), message.receipt.clone());
                    let event = LocalServer::queue_event(queue, &[message]);
                    self.begin_with(worker(queue), event, Errand::Queue(queue, vec![receipt]));
                }
            }
            _ => {
                let most = usize::from(queue.batch_size());
                let count = self.random.usize(1..=most);
                self.take(queue, count);
            }
        }
    }

    fn begin_schedule(&mut self) {
        if self.flights.len() < AT_ONCE {
            let scheduled: Vec<_> = scheduled().collect();
            let trigger = scheduled[self.random.usize(..scheduled.len())];
            self.begin(trigger, Errand::Schedule);
        }
    }

    fn take(&mut self, queue: Queue, count: usize) {
        let now = self.now();
        let messages = self.server().aws().queues().take(queue.name(), count, now);
        if messages.is_empty() {
            return;
        }
        let receipts = messages
            .iter()
            .map(|message| (message.message_id.clone(), message.receipt.clone()))
            .collect();
        let event = LocalServer::queue_event(queue, &messages);
        self.begin_with(worker(queue), event, Errand::Queue(queue, receipts));
    }

    fn begin(&mut self, trigger: &'static Trigger, errand: Errand) {
        let event = match &errand {
            Errand::Stream(records) => serde_json::json!({ "Records": records }),
            _ => self.server().schedule_event(trigger),
        };
        self.begin_with(trigger, event, errand);
    }

    fn begin_with(&mut self, trigger: &'static Trigger, event: Value, errand: Errand) {
        self.report.invocations += 1;
        let flight = Flight::worker(self.server(), trigger, event, errand);
        self.flights.push(flight);
    }

    /// Has a worker or a request do its next step, or die of it.
    async fn step(&mut self, place: usize) {
        let flight = &mut self.flights[place];
        let step = self.receivers.survive(flight.step()).await;
        self.collect();
        match step {
            None => {
                self.report.killed_while_sending += 1;
                self.die(place);
            }
            Some(Step::AtCall) => {
                let flight = &self.flights[place];
                self.report.points.insert((flight.name, flight.calls));
                if self.faults.is_fatal() {
                    if flight.is_worker() {
                        self.report.killed_at_call += 1;
                    } else {
                        self.report.killed_requests += 1;
                    }
                    self.die(place);
                }
            }
            Some(Step::Done(landing)) => {
                let flight = self.flights.swap_remove(place);
                match (flight.errand, landing) {
                    (Errand::Request(operation), Landing::Answered(status, answer)) => {
                        self.world.note(operation, status, &answer);
                    }
                    (errand, Landing::Worked(answer)) => self.finish(errand, answer),
                    (_, Landing::Answered(..)) => unreachable!("only requests are answered"),
                }
            }
        }
    }

    fn die(&mut self, place: usize) {
        let flight = self.flights.swap_remove(place);
        self.report.died.insert((flight.name, flight.calls));
        // The queue brings its messages again by itself.
        if let Errand::Stream(records) = flight.errand {
            self.come_again(records);
        }
    }

    fn finish(&mut self, errand: Errand, answer: Result<Value, TriggerError>) {
        let failed: Option<BTreeSet<String>> = answer.ok().map(|answer| {
            let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
            failures
                .filter_map(|failure| failure["itemIdentifier"].as_str())
                .map(ToOwned::to_owned)
                .collect()
        });
        if failed.as_ref().is_none_or(|failed| !failed.is_empty()) {
            self.report.failed_invocations += 1;
        }
        match (errand, failed) {
            (Errand::Stream(records), Some(failed)) => {
                let again = records.into_iter().filter(|record| {
                    let place = record["dynamodb"]["SequenceNumber"].as_str();
                    place.is_some_and(|place| failed.contains(place))
                });
                self.come_again(again.collect());
            }
            (Errand::Stream(records), None) => self.come_again(records),
            (Errand::Queue(queue, receipts), Some(failed)) => {
                for (message, receipt) in receipts {
                    if !failed.contains(&message) {
                        self.server().aws().queues().delete(queue.name(), &receipt);
                    }
                }
            }
            (Errand::Queue(..), None) | (Errand::Schedule | Errand::Request(_), _) => {}
        }
    }

    /// Records that were not worked off come again, but not for ever.
    fn come_again(&mut self, records: Vec<Value>) {
        if self.random.u8(..5) == 0 {
            self.report.records_lost += records.len();
        } else {
            self.records.splice(0..0, records);
        }
    }

    fn collect(&mut self) {
        let now = self.now();
        let came = self.receivers.take();
        self.receipts
            .extend(came.into_iter().map(|receipt| (now, receipt)));
    }

    fn server(&self) -> &LocalServer {
        &self.world.app.server
    }

    pub(crate) fn now(&self) -> Time {
        self.world.app.now()
    }
}

fn dispatcher() -> &'static Trigger {
    let dispatcher = TRIGGERS
        .iter()
        .find(|trigger| trigger.source == Source::Stream);
    dispatcher.expect("the stream has its function")
}

fn worker(queue: Queue) -> &'static Trigger {
    let worker = TRIGGERS
        .iter()
        .find(|trigger| trigger.source == Source::Queue(queue));
    worker.expect("each queue has its function")
}

fn scheduled() -> impl Iterator<Item = &'static Trigger> {
    TRIGGERS
        .iter()
        .filter(|trigger| matches!(trigger.source, Source::Schedule(_)))
}
