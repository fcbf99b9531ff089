//! Stand-ins for vendors on loopback. Each checks what the vendor's
//! documentation demands of a request, remembers what it was told, and answers
//! in the vendor's shapes.

pub mod hubspot;
pub mod salesforce;
pub mod slack;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Barrier, task::JoinSet};

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query, as it came.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its status.
    pub status: u16,
    /// After how many seconds to ask again.
    pub retry_after: Option<u32>,
    /// Its body.
    pub body: String,
}

/// A stand-in; it ends when this is dropped.
pub struct StandIn {
    /// Where it listens, without a slash at the end.
    pub base: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

type Answer = Box<dyn FnMut(&Asked) -> Told + Send>;

struct Shared {
    answer: Mutex<Answer>,
    asked: Mutex<Vec<Asked>>,
    next: Mutex<VecDeque<Told>>,
    meeting: Mutex<Option<(String, Arc<Barrier>)>>,
}

impl StandIn {
    async fn start(answer: impl FnMut(&Asked) -> Told + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(Box::new(answer)),
            asked: Mutex::default(),
            next: Mutex::default(),
            meeting: Mutex::default(),
        });
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self {
            base: format!("http://{address}"),
            shared,
            _task: task,
        }
    }

    /// Every request that came, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("no test panicked").clone()
    }

    /// Forgets the requests that came.
    pub fn forget(&self) {
        self.shared.asked.lock().expect("no test panicked").clear();
    }

    /// Has requests whose path begins like this wait for one another, until so
    /// many have come.
    pub fn answer_together(&self, path: &str, requests: usize) {
        let mut meeting = self.shared.meeting.lock().expect("no test panicked");
        *meeting = Some((path.to_owned(), Arc::new(Barrier::new(requests))));
    }

    /// Answers the next requests so, whatever they are.
    pub fn tell_next(&self, answers: &[Told]) {
        let mut next = self.shared.next.lock().expect("no test panicked");
        next.extend(answers.iter().cloned());
    }
}

impl Asked {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as JSON; null if it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn is_json(&self) -> bool {
        self.header("content-type").starts_with("application/json")
    }

    /// The request as a person writes it down.
    pub fn golden(&self) -> String {
        let query = if self.query.is_empty() { "" } else { "?" };
        let mut text = format!("{} {}{query}{}\n", self.method, self.path, self.query);
        for name in ["authorization", "accept", "content-type"] {
            let value = self.header(name);
            if !value.is_empty() {
                text.extend([name, ": ", value, "\n"]);
            }
        }
        text.push('\n');
        text.push_str(&self.body);
        text
    }
}

impl Told {
    /// Answers with this status and JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// Answers with this status and text.
    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            retry_after: None,
            body: body.to_owned(),
        }
    }

    /// The same, asking to wait for so many seconds.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let asked = Asked {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let meeting = shared.meeting.lock().expect("no test panicked").clone();
    if let Some((path, meeting)) = meeting
        && asked.path.starts_with(&path)
    {
        meeting.wait().await;
    }
    let forced = shared.next.lock().expect("no test panicked").pop_front();
    let told = match forced {
        Some(told) => told,
        None => (shared.answer.lock().expect("no test panicked"))(&asked),
    };
    shared.asked.lock().expect("no test panicked").push(asked);
    let mut headers = HeaderMap::new();
    let kind = if told.body.starts_with(['{', '[']) {
        "application/json"
    } else {
        "text/plain"
    };
    headers.insert("content-type", HeaderValue::from_static(kind));
    if let Some(seconds) = told.retry_after {
        headers.insert("retry-after", seconds.into());
    }
    let status = StatusCode::from_u16(told.status).expect("a status");
    (status, headers, told.body)
}
