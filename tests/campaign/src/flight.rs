//! What is under way: workers, and requests to the API.

use crate::workload::Operation;
use portico_app::{Trigger, TriggerError};
use portico_local::{
    LocalServer,
    steps::{Step, Stepped},
};
use portico_queue::Queue;
use serde_json::Value;
use std::time::Duration;

/// A worker asks for more time when it has less than this left of its lease, so
/// one that is made to wait for longer may be overtaken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A worker or a request under way.
pub(crate) struct Flight {
    /// Whose work it is, as the report names it.
    pub(crate) name: &'static str,
    /// How many steps it has made.
    pub(crate) calls: u32,
    pub(crate) errand: Errand,
    work: Stepped<Landing>,
    waited: Duration,
}

/// What it was begun for.
pub(crate) enum Errand {
    Stream(Vec<Value>),
    /// With the ids and receipts of its messages.
    Queue(Queue, Vec<(String, String)>),
    Schedule,
    Request(Operation),
}

/// How it ended.
pub(crate) enum Landing {
    Worked(Result<Value, TriggerError>),
    Answered(u16, Value),
}

impl Flight {
    /// A worker that begins.
    pub(crate) fn worker(
        server: &LocalServer,
        trigger: &'static Trigger,
        event: Value,
        errand: Errand,
    ) -> Self {
        let work = server.work(trigger, event);
        let work = async move { Landing::Worked(work.await) };
        Self::new(trigger.name, errand, Stepped::new(work))
    }

    /// A request that begins.
    pub(crate) fn request(server: &LocalServer, key: &str, operation: Operation) -> Self {
        let Operation { method, path, .. } = &operation;
        let work = server.answer(method, path, key, &operation.body);
        let work = async move {
            let (status, body) = work.await;
            Landing::Answered(status, body)
        };
        Self::new("the API", Errand::Request(operation), Stepped::new(work))
    }

    fn new(name: &'static str, errand: Errand, work: Stepped<Landing>) -> Self {
        Self {
            name,
            calls: 0,
            errand,
            work,
            waited: Duration::ZERO,
        }
    }

    /// Whether it is a worker.
    pub(crate) fn is_worker(&self) -> bool {
        !matches!(self.errand, Errand::Request(_))
    }

    /// Goes on to the next call to AWS, or to the end.
    pub(crate) async fn step(&mut self) -> Step<Landing> {
        self.waited = Duration::ZERO;
        let step = self.work.step().await;
        self.calls += u32::from(matches!(step, Step::AtCall));
        step
    }

    /// Waits where it is; answers whether it has just become too long.
    pub(crate) fn wait(&mut self, time: Duration) -> bool {
        let before = self.waited;
        self.waited += time;
        before <= PATIENCE && self.waited > PATIENCE
    }
}
