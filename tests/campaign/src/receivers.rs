//! Receivers of webhooks, good and bad, on loopback.

use portico_local::steps::Step;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

/// How an endpoint treats what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes everything.
    Healthy,
    /// Refuses or drops every third request.
    Flaky,
    /// Asks for less, again and again.
    Overloaded,
    /// Takes nothing.
    Dead,
    /// Says that it is gone for good, once.
    Gone,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// To which endpoint.
    pub(crate) endpoint: usize,
    /// The headers of Standard Webhooks, and ours.
    pub(crate) headers: HashMap<String, String>,
    /// The body, to the byte.
    pub(crate) body: String,
    /// The event.
    pub(crate) event: Value,
    /// Whether the receiver has it now: it answered so, or its sender died
    /// before the answer.
    pub(crate) is_taken: bool,
}

impl Receipt {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// All receivers; they end when this is dropped.
pub(crate) struct Receivers {
    /// The address of all of them, without a slash at the end.
    pub(crate) url: String,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

struct Shared {
    state: Mutex<State>,
    // Rung when the one who sends shall die, with the request under way.
    death: Notify,
}

struct State {
    random: fastrand::Rng,
    manners: Vec<Manner>,
    receipts: Vec<Receipt>,
    deadliness: f64,
}

enum Answer {
    Status(u16, &'static str),
    /// The connection ends without one.
    Drop,
    /// The sender dies while it waits.
    Kill,
}

impl Receivers {
    pub(crate) async fn start(seed: u64, manners: &[Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                random: fastrand::Rng::with_seed(seed),
                manners: manners.to_vec(),
                receipts: Vec::new(),
                deadliness: 0.0,
            }),
            death: Notify::new(),
        });
        let mut task = JoinSet::new();
        let serving = Arc::clone(&shared);
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(Arc::clone(&serving), stream));
            }
        });
        Self {
            url: format!("http://{address}"),
            shared,
            _task: task,
        }
    }

    /// How often a request is the death of who sends it, from 0 to 1.
    pub(crate) fn kill_senders(&self, deadliness: f64) {
        self.shared.state().deadliness = deadliness;
    }

    /// From now on all receivers take everything, those that are dead aside.
    pub(crate) fn calm_down(&self, also_the_dead: bool) {
        let mut state = self.shared.state();
        state.deadliness = 0.0;
        for manner in &mut state.manners {
            if also_the_dead || *manner != Manner::Dead {
                *manner = Manner::Healthy;
            }
        }
    }

    /// What came since this was last asked.
    pub(crate) fn take(&self) -> Vec<Receipt> {
        std::mem::take(&mut self.shared.state().receipts)
    }

    /// Does a step of a worker, unless the worker dies in it.
    pub(crate) async fn survive<T>(&self, step: impl Future<Output = Step<T>>) -> Option<Step<T>> {
        tokio::select! {
            biased;
            () = self.shared.death.notified() => None,
            step = step => Some(step),
        }
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, endpoint: usize) -> Answer {
        if self.random.f64() < self.deadliness {
            return Answer::Kill;
        }
        match self.manners[endpoint] {
            Manner::Healthy => Answer::Status(200, ""),
            Manner::Flaky => match self.random.u8(..6) {
                0 => Answer::Status(500, ""),
                1 => Answer::Drop,
                _ => Answer::Status(204, ""),
            },
            Manner::Overloaded => match self.random.u8(..3) {
                0 => Answer::Status(429, "retry-after: 7\r\n"),
                1 => Answer::Status(503, ""),
                _ => Answer::Status(200, ""),
            },
            Manner::Dead => match self.random.u8(..3) {
                0 => Answer::Status(301, "location: http://169.254.169.254/\r\n"),
                1 => Answer::Status(500, ""),
                _ => Answer::Drop,
            },
            Manner::Gone => {
                self.manners[endpoint] = Manner::Healthy;
                Answer::Status(410, "")
            }
        }
    }
}

async fn serve(shared: Arc<Shared>, mut stream: TcpStream) {
    let Some((path, headers, body)) = read(&mut stream).await else {
        return;
    };
    let endpoint: usize = path.trim_start_matches('/').parse().expect("a number");
    let event = serde_json::from_str(&body).expect("a webhook is JSON");
    let answer = {
        let mut state = shared.state();
        let answer = state.answer(endpoint);
        let is_taken = matches!(answer, Answer::Status(200..=299, _) | Answer::Kill);
        state.receipts.push(Receipt {
            endpoint,
            headers,
            body,
            event,
            is_taken,
        });
        answer
    };
    match answer {
        Answer::Status(status, headers) => {
            let answer = format!(
                "HTTP/1.1 {status} Answer\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            // The sender may be dead.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Answer::Drop => {}
        Answer::Kill => {
            shared.death.notify_one();
            // Until the sender is gone.
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Reads a request: its path, its headers and its body.
async fn read(stream: &mut TcpStream) -> Option<(String, HashMap<String, String>, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let path = lines.next()?.split(' ').nth(1)?.to_owned();
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers.get("content-length")?.parse().ok()?;
            if body.len() >= length {
                return Some((path, headers, body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
