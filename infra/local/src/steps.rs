//! Work that stops at every call to AWS, so that whoever drives it can let it
//! wait there, go on, or die.
//!
//! A worker that dies does so between two of its steps: before a call, after a
//! call whose answer it never saw, or while it waits for somebody else. The
//! first two are here; dropping [`Stepped`] is the death.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

tokio::task_local! {
    static STOPPED: Arc<AtomicBool>;
}

/// Work that is done step by step.
pub struct Stepped<T> {
    work: Pin<Box<dyn Future<Output = T> + Send>>,
    stopped: Arc<AtomicBool>,
}

/// How far a step came.
#[derive(Debug)]
pub enum Step<T> {
    /// The work stands before or behind a call to AWS.
    AtCall,
    /// The work is done.
    Done(T),
}

impl<T: 'static> Stepped<T> {
    /// Work that has not begun.
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        Self {
            work: Box::pin(STOPPED.scope(Arc::clone(&stopped), work)),
            stopped,
        }
    }

    /// Goes on to the next call to AWS, or to the end. Waiting for others, such
    /// as receivers of webhooks, is no step.
    pub async fn step(&mut self) -> Step<T> {
        poll_fn(|context| match self.work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Step::Done(done)),
            Poll::Pending if self.stopped.swap(false, Ordering::Relaxed) => {
                Poll::Ready(Step::AtCall)
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// Stops here, if this is work that is done step by step.
pub(crate) async fn stop() {
    let Ok(stopped) = STOPPED.try_with(Arc::clone) else {
        return;
    };
    let mut has_stopped = false;
    poll_fn(|context| {
        if has_stopped {
            return Poll::Ready(());
        }
        has_stopped = true;
        stopped.store(true, Ordering::Relaxed);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
