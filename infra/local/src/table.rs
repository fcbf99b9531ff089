//! The embedded table's turns.
//!
//! It does one call at a time. Threads that waited for each other there would
//! do nothing else meanwhile. So whoever finds the table busy leaves the call
//! behind, and the thread goes on with other work; whoever has had its turn
//! sees to it that what was left behind is done, one after the other.

use dynoxide::{Database, DynoxideError};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

type Call = Box<dyn FnOnce(&Database) + Send>;

/// The embedded table.
#[derive(Clone)]
pub(crate) struct Table {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    /// The calls that wait; `None` while nobody has the turn.
    waiting: Mutex<Option<VecDeque<Call>>>,
}

impl Table {
    pub(crate) fn new(database: Database) -> Self {
        let inner = Inner {
            database,
            waiting: Mutex::new(None),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The database, for whoever may wait for it.
    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Makes a call when its turn has come. It is made even if its caller gives
    /// up meanwhile.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> dynoxide::Result<T> + Send + 'static,
    ) -> dynoxide::Result<T> {
        let (answered, answer) = oneshot::channel();
        let call: Call = Box::new(move |database| {
            // Nobody may wait for it any more.
            let _ = answered.send(work(database));
        });
        if let Some(call) = self.take_turn(call) {
            let _turn = Turn(self);
            call(&self.inner.database);
        }
        let panicked = |_| DynoxideError::InternalServerError("the call panicked".to_owned());
        answer.await.map_err(panicked)?
    }

    /// The call, if it is its turn. Otherwise it waits.
    fn take_turn(&self, call: Call) -> Option<Call> {
        match &mut *self.waiting() {
            Some(waiting) => {
                waiting.push_back(call);
                None
            }
            idle => {
                *idle = Some(VecDeque::new());
                Some(call)
            }
        }
    }

    /// Makes the calls that wait.
    fn catch_up(&self) {
        let _turn = Turn(self);
        while let Some(call) = self.next() {
            call(&self.inner.database);
        }
    }

    fn next(&self) -> Option<Call> {
        self.waiting().as_mut()?.pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, Option<VecDeque<Call>>> {
        self.inner
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn, which somebody has to end, however the call ends.
struct Turn<'a>(&'a Table);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        if waiting.as_ref().is_none_or(VecDeque::is_empty) {
            *waiting = None;
            return;
        }
        drop(waiting);
        // Not here, where the caller waits for its answer.
        let table = self.0.clone();
        tokio::spawn(async move { table.catch_up() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::poll_fn,
        pin::{Pin, pin},
        sync::mpsc,
        task::Poll,
    };

    fn table() -> Table {
        Table::new(Database::memory().expect("it opens"))
    }

    /// Has the turn until the sender is dropped.
    async fn busy(table: &Table) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel();
        let (begun, begins) = oneshot::channel();
        let table = table.clone();
        tokio::spawn(async move {
            let wait = move |_: &Database| {
                begun.send(()).expect("somebody waits for it");
                released.recv().expect_err("nothing is sent");
                Ok(())
            };
            table.call(wait).await
        });
        begins.await.expect("it begins");
        release
    }

    async fn begin<T>(call: &mut Pin<&mut impl Future<Output = T>>) {
        let is_pending = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending()));
        assert!(is_pending.await, "the table is not busy");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_that_find_it_busy_are_made_in_turn_whoever_gives_up() {
        let table = table();
        let (made, order) = mpsc::channel();
        let call = |number: u32| {
            let made = made.clone();
            table.call(move |_| {
                made.send(number).expect("somebody looks");
                Ok(number)
            })
        };

        let release = busy(&table).await;
        let mut second = pin!(call(2));
        begin(&mut second).await;
        {
            let mut third = pin!(call(3));
            begin(&mut third).await;
        }
        let mut fourth = pin!(call(4));
        begin(&mut fourth).await;
        assert!(order.try_recv().is_err(), "it waits");
        drop(release);

        assert_eq!(fourth.await.expect("an answer"), 4);
        assert_eq!(second.await.expect("an answer"), 2);
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_call_that_waits_and_panics_keeps_nobody_from_the_table() {
        let table = table();
        let broken = |_: &Database| -> dynoxide::Result<()> { panic!("on purpose") };

        let release = busy(&table).await;
        let mut waits = pin!(table.call(broken));
        begin(&mut waits).await;
        let mut next = pin!(table.call(|_| Ok(1)));
        begin(&mut next).await;
        drop(release);
        waits.await.expect_err("it has no answer");
        assert_eq!(next.await.expect("an answer"), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_call_that_panics_at_once_keeps_nobody_from_the_table() {
        let table = table();
        let own = table.clone();
        let broken = |_: &Database| -> dynoxide::Result<()> { panic!("on purpose") };

        let alone = tokio::spawn(async move { own.call(broken).await }).await;
        assert!(alone.expect_err("it panics").is_panic());
        assert_eq!(table.call(|_| Ok(1)).await.expect("an answer"), 1);
    }
}
