//! A receiver of webhooks on loopback that answers as it is told.

use axum::{
    Router, body::Bytes, extract::State, http::StatusCode, response::IntoResponse, routing::post,
};
use http::HeaderMap;
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinSet};

/// A webhook that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Bytes,
}

/// How the receiver answers.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// With this status.
    pub status: u16,
    /// Asking to wait for so many seconds.
    pub retry_after: Option<u32>,
}

/// A receiver; it ends when this is dropped.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    replies: Mutex<VecDeque<Reply>>,
}

impl Receiver {
    /// A receiver that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/", post(receive))
            .with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self {
            url: format!("http://{address}/"),
            shared,
            _task: task,
        }
    }

    /// Answers the next webhooks so, one by one, before it takes everything
    /// again.
    pub fn reply_next(&self, replies: &[Reply]) {
        self.shared
            .replies
            .lock()
            .expect("no test panicked")
            .extend(replies);
    }

    /// Everything that came, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared
            .received
            .lock()
            .expect("no test panicked")
            .clone()
    }

    /// The types of the events that came, in the order in which they happened:
    /// events of different objects may overtake each other on the way.
    pub fn event_types(&self) -> Vec<String> {
        let name = |received: &Received| {
            received.event()["eventType"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let mut received = self.received();
        received.sort_by(|one, other| one.header("webhook-id").cmp(other.header("webhook-id")));
        received.iter().map(name).collect()
    }
}

impl Received {
    /// The event.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a webhook is JSON")
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl Reply {
    /// Answers with this status.
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
        }
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    shared
        .received
        .lock()
        .expect("no test panicked")
        .push(Received { headers, body });
    let reply = shared.replies.lock().expect("no test panicked").pop_front();
    let reply = reply.unwrap_or(Reply::status(200));
    let mut headers = HeaderMap::new();
    if let Some(seconds) = reply.retry_after {
        headers.insert("retry-after", seconds.into());
    }
    (
        StatusCode::from_u16(reply.status).expect("a status"),
        headers,
        "noted",
    )
}
