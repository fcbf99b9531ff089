//! What one workspace's bad endpoint does to the delays of another workspace.
//!
//! A *dead* endpoint refuses connections. A *slow* one takes every webhook, but
//! answers only after ten seconds, so it is never found to fail and keeps as
//! many workers as it may have.

use crate::{Commits, delays, percentile, portico::Portico, receiver::Receiver};
use portico_domain::{Change, Event, EventType, WorkspaceId, sample};
use portico_local::{
    LocalServer,
    admin::{FirstAdmin, create_in},
};
use reqwest::Client;
use serde_json::json;
use std::{
    io::{self, Write},
    net::TcpListener as Listener,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};

/// How many changes each round makes, and how often.
const CHANGES: usize = 500;
const PACE: Duration = Duration::from_millis(20);

/// So many events are written at once.
const TOGETHER: usize = 50;

pub(crate) async fn measure(waiting: usize, rounds: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| beside | delay p50, ms | p99, ms | ratio of p99 |\n|---|---|---|---|"
    )?;
    for manner in ["dead", "slow"] {
        let receiver = Receiver::start().await?;
        let portico = Portico::start(&receiver.url, 1).await;
        let (p50, alone) = round(&portico, &receiver, rounds, "alone").await;
        writeln!(out, "| nobody | {p50:.1} | {alone:.1} | |")?;
        let (url, _task) = neighbour(manner).await?;
        fill(&portico.server, &url, waiting).await;
        let (p50, beside) = round(&portico, &receiver, rounds, "beside").await;
        let ratio = beside / alone;
        writeln!(
            out,
            "| {waiting} deliveries to a {manner} endpoint | {p50:.1} | {beside:.1} | {ratio:.2} |"
        )?;
        out.flush()?;
    }
    Ok(())
}

/// The median percentiles of so many rounds.
async fn round(portico: &Portico, receiver: &Receiver, rounds: usize, label: &str) -> (f64, f64) {
    let (mut halves, mut lasts) = (Vec::new(), Vec::new());
    // The first one warms up.
    for round in 0..=rounds {
        let label = format!("{label} {round}");
        let commits: Commits = portico.steadily(CHANGES, PACE, &label).await;
        let came = receiver.wait_for(CHANGES).await;
        if round > 0 {
            let delays = delays(&commits, &came);
            halves.push(percentile(&delays, 50));
            lasts.push(percentile(&delays, 99));
        }
    }
    halves.sort_by(f64::total_cmp);
    lasts.sort_by(f64::total_cmp);
    (percentile(&halves, 50), percentile(&lasts, 50))
}

/// Where the neighbour's webhooks go.
async fn neighbour(manner: &str) -> io::Result<(String, JoinSet<()>)> {
    let mut task = JoinSet::new();
    if manner == "dead" {
        let address = Listener::bind("127.0.0.1:0")?.local_addr()?;
        return Ok((format!("http://{address}/"), task));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = axum::Router::new().fallback(|| tokio::time::sleep(Duration::from_secs(10)));
    task.spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    Ok((url, task))
}

/// Makes another workspace with an endpoint that has so much waiting, and waits
/// until it all has become deliveries.
async fn fill(server: &LocalServer, url: &str, waiting: usize) {
    let app = server.app();
    let admin = FirstAdmin::new("Other", "other@example.com").expect("an admin");
    let other = create_in(&app.store, app.moment(), "Other", admin).await;
    let other = other.expect("the table answers");
    let registered = Client::new()
        .post(format!("{}/v1/webhook-endpoints", server.url))
        .header("x-api-key", other.api_key.expose())
        .body(json!({ "url": url }).to_string())
        .send()
        .await
        .expect("the server answers");
    assert_eq!(registered.status(), 201);
    let workspace = app.store.workspace(other.id);
    for _ in 0..waiting.div_ceil(TOGETHER) {
        let mut change = Change::by_system(app.moment());
        change.events = (0..TOGETHER).map(|_| event(server, other.id)).collect();
        workspace.commit(&change).await.expect("the table answers");
    }
    Portico::dispatched(server).await;
}

/// Something that happened to somebody.
fn event(server: &LocalServer, workspace: WorkspaceId) -> Event {
    let moment = server.app().moment();
    let sample = sample(EventType::ClientUpdated, workspace, moment);
    let mut event = sample.expect("every type has a sample");
    event.id = moment.id();
    event.object_id = moment.id::<()>().uuid();
    event
}
