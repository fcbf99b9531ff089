use crate::{machine::Machine, receiver::Receiver};
use serde_json::{Value, json};

const NOBODY: &str = "01a200b8-80d8-77eb-ae6d-b30698e7ef0b";

#[tokio::test]
async fn the_latest_events_are_listed_with_the_newest_last() {
    let machine = Machine::new();
    let server = machine.serve().await;
    server
        .print(&machine, &["trigger", "company.deleted"])
        .await;
    server
        .post("/_dev/clock", &json!({ "advance": "10d" }))
        .await;
    server
        .print(&machine, &["trigger", "company.created"])
        .await;
    let events = server.events().await;
    let newest = events.last().expect("an event");
    let text = |name: &str| newest[name].as_str().expect("a text");

    let table = server
        .print(&machine, &["events", "list", "--limit", "3"])
        .await;
    let all = server
        .print(&machine, &["events", "list", "--limit", "1000", "--json"])
        .await;
    let deleted = server
        .print(&machine, &["events", "list", "--type", "company.deleted"])
        .await;
    let of_object = server
        .print(&machine, &["events", "list", "--object", text("objectId")])
        .await;

    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("TIME (UTC)"), "{table}");
    let time = text("created").replace('T', " ");
    let line = format!(
        "{}  company.created  {}  {}",
        &time[..19],
        text("id"),
        text("objectId")
    );
    assert_eq!(lines[3], line);
    let all: Vec<Value> = all
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(all, events);
    assert_eq!(deleted.lines().count(), 2, "{deleted}");
    assert_eq!(of_object.lines().last(), Some(line.as_str()));
}

#[tokio::test]
async fn an_event_is_sent_again_to_the_endpoints_that_want_it() {
    let machine = Machine::new();
    let server = machine.serve().await;
    server
        .print(&machine, &["trigger", "company.created"])
        .await;
    let event = server.events().await.pop().expect("an event");
    let id = event["id"].as_str().expect("an id");

    let nobody = server.run(&machine, &["events", "resend", id]).await;
    let endpoint = register(&server, "company.*").await;
    let other = register(&server, "client.*").await;
    let wanted = server.print(&machine, &["events", "resend", id]).await;
    let named = server
        .print(&machine, &["events", "resend", id, "--endpoint", &other])
        .await;

    assert_eq!(nobody.status.code(), Some(1));
    let nobody = String::from_utf8_lossy(&nobody.stderr);
    assert!(
        nobody.contains("no enabled endpoint wants this type;"),
        "{nobody}"
    );
    let line = format!("[pending] company.created to endpoint {endpoint} (delivery ");
    assert!(
        wanted.starts_with(&line) && wanted.lines().count() == 1,
        "{wanted}"
    );
    let line = format!("[pending] company.created to endpoint {other} (delivery ");
    assert!(
        named.starts_with(&line) && named.lines().count() == 1,
        "{named}"
    );
}

async fn register(server: &crate::machine::Server, filter: &str) -> String {
    let url = format!("{}/_dev/hooks", server.url);
    let endpoint = json!({ "url": url, "eventTypes": [filter] });
    let endpoint = server.post("/v1/webhook-endpoints", &endpoint).await;
    endpoint["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn an_event_is_sent_again_to_a_program_on_this_machine() {
    let machine = Machine::new();
    let server = machine.serve().await;
    server
        .print(&machine, &["trigger", "company.updated"])
        .await;
    let events = server.events().await;
    let event = &events[events.len() - 2];
    let id = event["id"].as_str().expect("an id");
    let program = Receiver::start().await;
    let target = format!("{}/hooks", program.address);
    let secret = server.print(&machine, &["listen", "--print-secret"]).await;

    let arguments = ["events", "resend", id, "--forward-to", &target];
    let taken = server.print(&machine, &arguments).await;
    program.reply_next(503, "");
    let refused = server.run(&machine, &arguments).await;

    let lines = format!("--> company.created [{id}]\n<-- [200] POST http://{target} [{id}]\n");
    assert_eq!(taken, lines);
    assert_eq!(refused.status.code(), Some(1));
    let received = program.received();
    assert_eq!(received.len(), 2);
    for one in &received {
        one.verify(secret.trim_end());
        assert_eq!(one.event(), *event);
    }
}

#[tokio::test]
async fn an_event_that_is_not_there_is_said_to_be_unknown() {
    let machine = Machine::new();
    let server = machine.serve().await;
    for more in [&[][..], &["--forward-to", "3000"]] {
        let output = server
            .run(&machine, &[&["events", "resend", NOBODY], more].concat())
            .await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            message.contains(&format!("there is no event {NOBODY}")),
            "{message}"
        );
    }
}
