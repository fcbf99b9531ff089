use crate::{
    machine::Machine,
    receiver::{Received, Receiver},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_Pi2estj6r34JTyXrmyaOS7nu9/59lAUvlnbC6J7hcPs=";

#[tokio::test]
async fn events_reach_a_program_in_their_order_with_both_signatures() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let program = Receiver::start().await;
    let target = format!("{}/hooks", program.address);
    let arguments = [
        "listen",
        "--json",
        "--forward-to",
        &target,
        "--events",
        "client.*",
    ];
    let mut listen = server.start(&machine, &arguments);
    let ready = listen.json("ready").await;
    let secret = ready["secret"].as_str().expect("it is shown");

    server
        .print(&machine, &["trigger", "client.activated"])
        .await;
    for _ in 0..4 {
        let forward = listen.json("forward").await;
        assert_eq!(
            (&forward["status"], &forward["error"]),
            (&200.into(), &Value::Null)
        );
    }
    let end = listen.interrupt().await;

    let events = server.events().await;
    let expected: Vec<&Value> = events
        .iter()
        .filter(|event| event["object"] == "client")
        .filter(|event| event["data"]["givenName"] == "Trigger")
        .collect();
    let received = program.received();
    let bodies: Vec<Value> = received.iter().map(Received::event).collect();
    assert_eq!(bodies.iter().collect::<Vec<_>>(), expected);
    let kinds: Vec<&str> = bodies
        .iter()
        .filter_map(|body| body["eventType"].as_str())
        .collect();
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == "client.statusChanged")
            .count(),
        2
    );
    assert!(
        kinds.contains(&"client.created") && kinds.contains(&"client.activated"),
        "{kinds:?}"
    );
    for one in &received {
        one.verify(secret);
        assert_eq!(one.path, "/hooks");
        assert_eq!(
            one.headers["webhook-id"],
            one.event()["id"].as_str().expect("an id")
        );
        assert_eq!(one.headers["content-type"], "application/json");
    }
    assert_eq!(ready["forwardTo"], format!("http://{target}"));
    assert_eq!(
        end,
        "{\"kind\":\"end\",\"events\":4,\"forwarded\":4,\"failed\":0}\n"
    );
}

#[tokio::test]
async fn a_program_gets_the_same_request_as_an_endpoint() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let program = Receiver::start().await;
    let url = format!("http://{}/endpoint", program.address);
    let endpoint = json!({ "url": url, "eventTypes": ["client.updated"] });
    server.post("/v1/webhook-endpoints", &endpoint).await;
    let target = format!("{}/listen", program.address);
    let arguments = ["listen", "--json", "--forward-to", &target];
    let arguments = [&arguments[..], &["--events", "client.updated"]].concat();
    let mut listen = server.start(&machine, &arguments);
    listen.json("ready").await;

    server.print(&machine, &["trigger", "client.updated"]).await;
    listen.json("forward").await;
    // This answers when every delivery has been made.
    server
        .post("/_dev/clock", &json!({ "advance": "0s" }))
        .await;

    let mut requests = program.received();
    requests.sort_by(|one, other| one.path.cmp(&other.path));
    let paths: Vec<&str> = requests.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/endpoint", "/listen"]);
    assert_eq!(requests[0].body, requests[1].body);
    let names = |one: &Received| {
        let mut names: Vec<String> = one.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&requests[0]), names(&requests[1]));
    for name in ["webhook-id", "content-type", "user-agent"] {
        assert_eq!(requests[0].headers[name], requests[1].headers[name]);
    }
}

#[tokio::test]
async fn a_person_reads_arrows_statuses_and_reasons() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let program = Receiver::start().await;
    program.reply_next(500, "out of\u{1b}[2J paper\nat line 7");
    let target = format!("{}/x", program.address);
    let arguments = [
        "listen",
        "--forward-to",
        &target,
        "--secret",
        SECRET,
        "-H",
        "X-Tenant: acme,x-b:2",
    ];
    let mut listen = server.start(&machine, &arguments);
    let ready = listen.next().await;
    let how_to_end = listen.next().await;

    server
        .print(&machine, &["trigger", "company.updated"])
        .await;
    let created = listen.next().await;
    let failed = listen.next().await;
    let updated = listen.next().await;
    let taken = listen.next().await;
    let end = listen.interrupt().await;

    let received = program.received();
    let ids: Vec<String> = received
        .iter()
        .map(|one| one.event()["id"].as_str().expect("an id").to_owned())
        .collect();
    let text = format!("Ready: events of {} go to http://{target}", server.url);
    assert_eq!((ready, how_to_end.as_str()), (text, "Ctrl-C ends it."));
    assert!(
        created.ends_with(&format!("  --> company.created [{}]", ids[0])),
        "{created}"
    );
    let answer = format!(
        " <--  [500] POST http://{target} [{}] out of[2J paper",
        ids[0]
    );
    assert!(failed.ends_with(&answer), "{failed}");
    assert!(
        updated.ends_with(&format!("  --> company.updated [{}]", ids[1])),
        "{updated}"
    );
    let answer = format!(" <--  [200] POST http://{target} [{}]", ids[1]);
    assert!(taken.ends_with(&answer), "{taken}");
    assert_eq!(end, "\nEnded: 2 events, 1 forwarded, 1 failed.\n");
    for one in &received {
        one.verify(SECRET);
        assert_eq!(
            (&one.headers["x-tenant"], &one.headers["x-b"]),
            (&"acme".parse().unwrap(), &"2".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn a_program_that_does_not_run_is_said_so_in_red() {
    let machine = Machine::new();
    let server = machine.serve().await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener
        .local_addr()
        .expect("an address")
        .port()
        .to_string();
    drop(listener);
    let arguments = ["listen", "--forward-to", &port, "--color", "always"];
    let mut listen = server.start(&machine, &arguments);
    listen.until("Ctrl-C").await;

    server
        .print(&machine, &["trigger", "company.created"])
        .await;

    let failed = listen.until("<--").await;
    let ending = format!("\u{1b}[31m[ERR]\u{1b}[0m POST http://localhost:{port}/ [");
    assert!(failed.contains(&ending), "{failed}");
    let ending = "\u{1b}[31mnothing listens there; is your server running?\u{1b}[0m";
    assert!(failed.ends_with(ending), "{failed}");
}

#[tokio::test]
async fn the_secret_is_known_before_and_stays_the_same() {
    let machine = Machine::new();
    let server = machine.serve().await;

    let printed = server.print(&machine, &["listen", "--print-secret"]).await;
    let mut listen = server.start(&machine, &["listen", "--json", "--forward-to", "3000"]);
    let shown = listen.json("ready").await["secret"].clone();
    let given = server
        .print(&machine, &["listen", "--print-secret", "--secret", SECRET])
        .await;

    assert_eq!(printed.trim_end(), shown);
    assert!(
        printed.starts_with("whsec_") && printed.trim_end().len() == 50,
        "{printed}"
    );
    assert_eq!(given.trim_end(), SECRET);
}

#[tokio::test]
async fn what_happened_before_can_be_listened_to() {
    let machine = Machine::new();
    let server = machine.serve().await;
    server
        .print(&machine, &["trigger", "company.updated"])
        .await;
    let events = server.events().await;
    let (before, last) = (&events[events.len() - 2], &events[events.len() - 1]);

    let after = before["id"].as_str().expect("an id");
    let mut listen = server.start(&machine, &["listen", "--json", "--after", after]);

    assert_eq!(listen.json("event").await["event"], *last);
    server
        .print(&machine, &["trigger", "company.created"])
        .await;
    let next = listen.json("event").await;
    assert_eq!(next["event"]["eventType"], "company.created");
    let end = listen.interrupt().await;
    assert_eq!(
        end,
        "{\"kind\":\"end\",\"events\":2,\"forwarded\":0,\"failed\":0}\n"
    );
}

#[tokio::test]
async fn listening_goes_on_when_the_server_comes_back() {
    let machine = Machine::new();
    let data = machine.folder.path().join("data");
    let data = data.to_str().expect("a path");
    let server = machine
        .serve_with(&["--data", data, "--listen", "127.0.0.1:0"])
        .await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut listen = server.start(&machine, &["listen", "--json"]);
    listen.json("ready").await;

    server.running.kill().await;
    let away = listen.complaint("trying again").await;
    let server = machine
        .serve_with(&["--data", data, "--listen", &address])
        .await;
    listen.complaint("connected again").await;
    server
        .print(&machine, &["trigger", "company.created"])
        .await;

    let event = listen.json("event").await;
    assert_eq!(event["event"]["eventType"], "company.created");
    assert!(
        away.contains(&format!("nothing answers at http://{address}")),
        "{away}"
    );
}

#[tokio::test]
async fn mistakes_in_what_is_asked_are_usage() {
    let machine = Machine::new();
    let server = machine.serve().await;
    for (arguments, part) in [
        (
            vec!["listen", "--events", "client.born"],
            "there is no event type \"client.born\"",
        ),
        (
            vec!["listen", "--forward-to", "192.168.1.7:3000"],
            "private or reserved address",
        ),
        (
            vec!["listen", "--forward-to", "ftp://localhost/"],
            "must start with http:// or https://",
        ),
        (
            vec!["listen", "--forward-to", "3000", "--headers", "nocolon"],
            "write Name:Value",
        ),
        (
            vec!["listen", "--forward-to", "3000", "-H", "Host: x"],
            "the header host is reserved",
        ),
        (vec!["listen", "--headers", "X-A:b"], "--forward-to <URL>"),
        (
            vec!["listen", "--forward-to", "3000", "--secret", "hush"],
            "must start with whsec_",
        ),
        (
            vec!["listen", "--api-url", "example.com"],
            "an address looks like",
        ),
        (vec!["trigger", "client.creatd"], "'client.created'"),
        (vec!["trigger"], "<EVENT_TYPE>"),
        (vec!["events", "resend", "x"], "invalid value 'x'"),
        (
            vec!["events", "list", "--limit", "0"],
            "0 is not in 1..=1000",
        ),
    ] {
        let output = server.run(&machine, &arguments).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
    let trigger = ["trigger", "company.created"];
    server.print(&machine, &trigger).await;
    let event = server.events().await.pop().expect("an event");
    let (rest, last) = event["id"].as_str().expect("an id").split_at(35);
    let never = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    let output = server.run(&machine, &["listen", "--after", &never]).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.contains("begin with settled=true and without after (event_unknown)"),
        "{message}"
    );
}
