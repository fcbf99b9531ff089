//! Portico's side: changes through its API.

use crate::{Commits, Found, Mode, now};
use futures_util::{StreamExt, stream};
use portico_domain::kind;
use portico_local::{LocalServer, Options};
use portico_store::DueKind;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// So many changes are under way at once.
const AT_ONCE: usize = 32;

pub(crate) struct Portico {
    pub(crate) server: LocalServer,
    http: Client,
    endpoints: Vec<String>,
}

impl Portico {
    pub(crate) async fn start(receiver: &str, fan_out: usize) -> Self {
        let server = LocalServer::start(Options::default())
            .await
            .expect("the server starts");
        let http = Client::builder().no_proxy().build();
        let mut portico = Self {
            server,
            http: http.expect("a client can be made"),
            endpoints: Vec::new(),
        };
        for _ in 0..fan_out {
            let body = json!({ "url": receiver, "eventTypes": ["company.*"] });
            let endpoint = portico
                .send(Method::POST, "/v1/webhook-endpoints", &body)
                .await;
            portico
                .endpoints
                .push(endpoint["id"].as_str().unwrap_or_default().to_owned());
        }
        portico
    }

    pub(crate) async fn measure(&self, mode: Mode, events: usize, label: &str) -> Found {
        match mode {
            Mode::Burst => {
                let began = now();
                let commits = self.burst(events, label).await;
                Found { began, commits }
            }
            Mode::Drain => {
                self.enable(false).await;
                let commits = self.burst(events, label).await;
                Self::dispatched(&self.server).await;
                let began = now();
                self.enable(true).await;
                Found { began, commits }
            }
            Mode::Delay | Mode::Rush => {
                let began = now();
                let pace = mode.pace(self.endpoints.len());
                let commits = self.steadily(events, pace, label).await;
                Found { began, commits }
            }
        }
    }

    /// Makes companies, at this pace.
    pub(crate) async fn steadily(&self, events: usize, pace: Duration, label: &str) -> Commits {
        let mut under_way = JoinSet::new();
        let mut ticks = tokio::time::interval(pace);
        for number in 0..events {
            ticks.tick().await;
            under_way.spawn(self.create(format!("{label} {number}")));
        }
        under_way.join_all().await.into_iter().collect()
    }

    async fn burst(&self, events: usize, label: &str) -> Commits {
        stream::iter(0..events)
            .map(|number| self.create(format!("{label} {number}")))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    /// Makes a company; answers with its name, and when that was done.
    fn create(&self, name: String) -> impl Future<Output = (String, u64)> + use<> {
        let made = self.send(Method::POST, "/v1/companies", &json!({ "name": name }));
        async move {
            made.await;
            (name, now())
        }
    }

    async fn enable(&self, enabled: bool) {
        for id in &self.endpoints {
            let path = format!("/v1/webhook-endpoints/{id}");
            self.send(Method::PATCH, &path, &json!({ "enabled": enabled }))
                .await;
        }
    }

    /// Waits until every change has become deliveries.
    pub(crate) async fn dispatched(server: &LocalServer) {
        let app = server.app();
        loop {
            let until = app.now() + Duration::from_mins(1);
            let due = app.store.due::<kind::Event>(DueKind::Event, until, 1).await;
            if due.expect("the table answers").is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> impl Future<Output = Value> + use<> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.server.url))
            .header("x-api-key", &self.server.api_key)
            .header("content-type", "application/json")
            .body(body.to_string());
        async move {
            let response = request.send().await.expect("the server answers");
            let status = response.status();
            let text = response.text().await.expect("the answer ends");
            assert!(status.is_success(), "{text}");
            serde_json::from_str(&text).unwrap_or_default()
        }
    }
}
