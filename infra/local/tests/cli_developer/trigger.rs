use crate::machine::{Machine, ended};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

#[tokio::test]
async fn every_type_of_the_catalogue_can_be_triggered() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let catalogue = server.get("/v1/event-types").await;
    let catalogue = catalogue["data"].as_array().expect("a list");
    let names: Vec<&str> = catalogue
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();

    let list = server.print(&machine, &["trigger", "--list"]).await;
    let listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(listed, names);
    let marked = list
        .lines()
        .filter(|line| line.contains("cannot be triggered"));
    let marked: Vec<&str> = marked.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(marked, ["limit.reached"]);
    // It follows from a plan, and those are the operator's.
    let (operators, names): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| *name == "limit.reached");
    for name in operators {
        let output = server.run(&machine, &["trigger", name]).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("portico admin plan"), "{message}");
    }
    for name in &names {
        let printed = server.print(&machine, &["trigger", name]).await;
        let succeeded = printed
            .lines()
            .find_map(|line| line.strip_prefix("Trigger succeeded: "));
        let succeeded = succeeded.unwrap_or_else(|| panic!("{name}: {printed}"));
        let events = server.events().await;
        let is_there = events
            .iter()
            .filter(|event| event["eventType"] == *name)
            .filter_map(|event| event["id"].as_str())
            .any(|id| succeeded == format!("{name} [{id}]"));
        assert!(is_there, "{name}: {printed}");
        let moved = printed.contains("a clock that is 1 minute ahead of before");
        assert_eq!(moved, *name == "company.emptied", "{name}: {printed}");
    }
    let endpoints = server.get("/v1/webhook-endpoints").await;
    assert_eq!(endpoints["data"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn every_step_is_told_and_what_stays_is_named() {
    let machine = Machine::new();
    let server = machine.serve().await;

    let printed = server
        .print(&machine, &["trigger", "client.activated"])
        .await;

    let clients = server.get("/v1/clients?givenName=Trigger").await;
    let client = &clients["data"][0];
    let (id, name) = (
        client["id"].as_str().expect("an id"),
        client["name"].as_str().expect("a name"),
    );
    let steps: Vec<&str> = printed.lines().take(7).collect();
    assert_eq!(
        steps,
        [
            "Setting up fixture for: client",
            "Running: POST /v1/clients",
            "Setting up fixture for: invitation",
            "Running: POST /v1/invitations",
            "Waiting for the mail with the link",
            "Running: POST /i/…/accept",
            "Waiting for the event",
        ]
    );
    let last = printed.lines().last();
    assert_eq!(
        last,
        Some(format!("Left behind: client {name} ({id})").as_str())
    );
    assert_eq!(client["status"], "active");
}

#[tokio::test]
async fn what_an_installation_elsewhere_cannot_do_is_refused_before_anything_is_made() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let (front, _task) = front(&server.url).await;
    let before = server.events().await.len();

    for name in [
        "client.activated",
        "invitation.accepted",
        "invitation.expired",
    ] {
        let mut command = machine.command(&["trigger", name]);
        command
            .env("PORTICO_URL", &front)
            .env("PORTICO_API_KEY", &server.api_key);
        let output = ended(&mut command).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains(&format!(
                "{name} can only be triggered at a server on this machine"
            )),
            "{message}"
        );
        assert!(message.contains("`portico dev`"), "{message}");
    }
    assert_eq!(server.events().await.len(), before);

    let mut command = machine.command(&["trigger", "invitation.sent"]);
    command
        .env("PORTICO_URL", &front)
        .env("PORTICO_API_KEY", &server.api_key);
    let output = ended(&mut command).await;
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    let warning = format!("At {front}: what is made there is real.\n");
    assert!(printed.starts_with(&warning), "{printed}");
    let sent = server.get("/v1/events?eventType=invitation.sent").await;
    let email = sent["data"][0]["data"]["email"]
        .as_str()
        .expect("an address");
    assert!(email.ends_with("@simulator.amazonses.com"), "{email}");
}

/// The server as another installation is: without a mailbox and a clock.
async fn front(server: &str) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(pass).with_state(server.to_owned());
    let mut task = JoinSet::new();
    task.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    (url, task)
}

async fn pass(State(server): State<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if path.starts_with("/_dev") {
        let problem = Value::Object(serde_json::Map::new());
        return (StatusCode::NOT_FOUND, problem.to_string()).into_response();
    }
    let body = to_bytes(body, 1 << 20).await.expect("it ends");
    let mut request = reqwest::Client::new().request(parts.method, format!("{server}{path}"));
    for name in ["x-api-key", "content-type"] {
        if let Some(value) = parts.headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.body(body).send().await.expect("it answers");
    let status = answer.status();
    (status, Body::from(answer.bytes().await.expect("it ends"))).into_response()
}
