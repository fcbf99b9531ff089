//! The program that a developer is writing: it takes webhooks on loopback and
//! checks both signatures.

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::post,
};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinSet};

#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) struct Receiver {
    /// Such as `127.0.0.1:3000`.
    pub(crate) address: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    replies: Mutex<VecDeque<(u16, &'static str)>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener
            .local_addr()
            .expect("it has an address")
            .to_string();
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/{*path}", post(receive))
            .with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self {
            address,
            shared,
            _task: task,
        }
    }

    /// Answers the next one so.
    pub(crate) fn reply_next(&self, status: u16, body: &'static str) {
        let mut replies = self.shared.replies.lock().expect("no test panicked");
        replies.push_back((status, body));
    }

    /// Everything that came, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared
            .received
            .lock()
            .expect("no test panicked")
            .clone()
    }
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("it is JSON")
    }

    /// Checks both signatures as docs/webhooks.md says.
    pub(crate) fn verify(&self, secret: &str) {
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        webhook
            .verify(&self.body, &self.headers)
            .expect("the signature holds");
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let given = hex::decode(&self.headers["x-copilot-signature"]).expect("it is hexadecimal");
        hmac::verify(&key, &self.body, &given).expect("the older signature holds");
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let path = uri.path().to_owned();
    let received = Received {
        path,
        headers,
        body,
    };
    shared
        .received
        .lock()
        .expect("no test panicked")
        .push(received);
    let reply = shared.replies.lock().expect("no test panicked").pop_front();
    let (status, body) = reply.unwrap_or((200, "taken"));
    (StatusCode::from_u16(status).expect("a status"), body)
}
