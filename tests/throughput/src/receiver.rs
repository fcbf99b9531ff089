//! A receiver that takes everything and notes when it came.

use crate::now;
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use serde_json::Value;
use std::{
    io, mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet, time::timeout};

/// After this long without a webhook, a measurement has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A receiver; it ends when this is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    came: Mutex<Vec<(Bytes, u64)>>,
    changed: Notify,
}

impl Receiver {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/", post(receive))
            .with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url,
            shared,
            _task: task,
        })
    }

    /// Waits for so many webhooks, and forgets them: the name that each one
    /// tells, and when it came.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<(String, u64)> {
        loop {
            let changed = self.shared.changed.notified();
            let have = self.shared.came().len();
            if have >= count {
                break;
            }
            let came = timeout(PATIENCE, changed).await;
            assert!(came.is_ok(), "only {have} of {count} webhooks came");
        }
        let came = mem::take(&mut *self.shared.came());
        let name = |body: &Bytes| {
            let event: Value = serde_json::from_slice(body).unwrap_or_default();
            event["data"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        came.iter().map(|(body, at)| (name(body), *at)).collect()
    }
}

impl Shared {
    fn came(&self) -> std::sync::MutexGuard<'_, Vec<(Bytes, u64)>> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    shared.came().push((body, now()));
    shared.changed.notify_waiters();
    StatusCode::OK
}
