//! How deliveries are worked off: ordering, limits, circuit.

use e2e::{Receiver, Reply, TestApp, id};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::time::Duration;

pub(crate) fn path_of(endpoint: &Value) -> String {
    format!("/v1/webhook-endpoints/{}", id(endpoint))
}

pub(crate) async fn register(app: &TestApp, receiver: &Receiver, mut body: Value) -> Value {
    body["url"] = json!(receiver.url);
    app.admin()
        .post("/v1/webhook-endpoints", &body)
        .await
        .expect(201)
}

pub(crate) async fn company(app: &TestApp, name: &str) -> Value {
    app.admin()
        .post("/v1/companies", &json!({ "name": name }))
        .await
        .expect(200)
}

async fn rename(app: &TestApp, company: &Value, name: &str) {
    let path = format!("/v1/companies/{}", id(company));
    app.admin()
        .patch(&path, &json!({ "name": name }))
        .await
        .expect(200);
}

pub(crate) async fn statuses(app: &TestApp, endpoint: &Value) -> Vec<String> {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let status = |delivery: &Value| delivery["status"].as_str().unwrap_or_default().to_owned();
    let mut statuses: Vec<String> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(status)
        .collect();
    statuses.sort();
    statuses
}

fn verifies(secret: &Value, webhook: &e2e::Received, app: &TestApp) -> bool {
    let secret = secret.as_str().expect("a secret");
    let verifier = Webhook::new(secret).expect("a secret");
    let sent_at: i64 = webhook
        .header("webhook-timestamp")
        .parse()
        .expect("a number");
    // The library compares with this machine's clock, and the server's stands.
    assert_eq!(sent_at, app.now().unix_seconds());
    let signed = verifier
        .sign(webhook.header("webhook-id"), sent_at, &webhook.body)
        .expect("it signs");
    webhook
        .header("webhook-signature")
        .split(' ')
        .any(|one| one == signed)
}

#[tokio::test]
async fn after_a_rotation_requests_carry_the_signatures_of_both_secrets_for_a_day() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({})).await;

    let rotate = format!("{}/rotate-secret", path_of(&endpoint));
    let rotated = app.admin().post(&rotate, &json!({})).await.expect(200);
    company(&app, "Engines").await;
    app.settle().await;
    let during = receiver.received()[0].clone();

    assert_ne!(rotated["secret"], endpoint["secret"]);
    assert!(verifies(&endpoint["secret"], &during, &app));
    assert!(verifies(&rotated["secret"], &during, &app));
    app.advance(Duration::from_hours(24)).await;
    company(&app, "Looms").await;
    app.settle().await;
    let after = receiver.received()[1].clone();
    assert!(!verifies(&endpoint["secret"], &after, &app));
    assert!(verifies(&rotated["secret"], &after, &app));
    let too_long = json!({ "overlapHours": 169 });
    let too_long = app.admin().post(&rotate, &too_long).await;
    assert_eq!(
        too_long.problem(400, "overlap_invalid"),
        Some("overlapHours")
    );
}

#[tokio::test]
async fn headers_of_the_owner_are_sent_and_never_shown() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let headers = json!({ "Authorization": "Bearer hidden-token", "X-Tenant": "acme" });
    let endpoint = register(&app, &receiver, json!({ "headers": headers })).await;

    company(&app, "Engines").await;
    app.settle().await;

    let webhook = receiver.received()[0].clone();
    assert_eq!(webhook.header("authorization"), "Bearer hidden-token");
    assert_eq!(webhook.header("x-tenant"), "acme");
    let shown = app.admin().get(&path_of(&endpoint)).await;
    assert_eq!(
        shown.body["headerNames"],
        json!(["authorization", "x-tenant"])
    );
    assert!(!shown.text.contains("hidden-token"));
    app.admin()
        .patch(&path_of(&endpoint), &json!({ "headers": null }))
        .await
        .expect(200);
    company(&app, "Looms").await;
    app.settle().await;
    assert_eq!(receiver.received()[1].header("x-tenant"), "");
}

#[tokio::test]
async fn what_an_endpoint_cannot_be_is_refused_by_name() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({})).await;
    for (body, code, field) in [
        (
            json!({ "headers": { "webhook-id": "1" } }),
            "header_refused",
            "headers.webhook-id",
        ),
        (
            json!({ "headers": { "x-line": "a\r\nb" } }),
            "header_refused",
            "headers.x-line",
        ),
        (json!({ "rateLimit": 0 }), "rate_limit_invalid", "rateLimit"),
        (
            json!({ "rateLimit": 1_001 }),
            "rate_limit_invalid",
            "rateLimit",
        ),
        (
            json!({ "contactEmail": "nobody" }),
            "email_invalid",
            "contactEmail",
        ),
        (json!({ "ordering": "random" }), "field_invalid", "ordering"),
    ] {
        let refused = app.admin().patch(&path_of(&endpoint), &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}

#[tokio::test]
async fn a_rate_limit_holds_from_second_to_second() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    register(&app, &receiver, json!({ "rateLimit": 2 })).await;
    for name in ["A1", "B2", "C3", "D4", "E5"] {
        company(&app, name).await;
    }
    app.settle().await;
    assert_eq!(receiver.received().len(), 2);

    for expected in [4, 5] {
        app.advance(Duration::from_millis(1_100)).await;
        // The message that wakes a lane comes a second late at most.
        app.advance(Duration::from_millis(1)).await;
        assert_eq!(receiver.received().len(), expected);
    }
}

#[tokio::test]
async fn a_rate_limit_holds_over_the_turn_of_a_second() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    register(&app, &receiver, json!({ "rateLimit": 2 })).await;
    let into_second = app.now().unix_millis().rem_euclid(1_000);
    let late = u64::try_from(1_900 - into_second).expect("a part of a second");
    app.advance(Duration::from_millis(late)).await;
    for name in ["A1", "B2"] {
        company(&app, name).await;
    }
    app.settle().await;
    assert_eq!(receiver.received().len(), 2);

    // Another second of the clock, but not yet a second later.
    for wait in [150, 850] {
        app.advance(Duration::from_millis(wait)).await;
        company(&app, &format!("C{wait}")).await;
        app.settle().await;
        assert_eq!(receiver.received().len(), 2);
    }
    app.advance(Duration::from_millis(100)).await;
    company(&app, "D4").await;
    app.settle().await;
    assert_eq!(receiver.received().len(), 4);
}

#[tokio::test]
async fn strictly_ordered_the_next_event_of_an_object_waits_for_the_one_before() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let body = json!({ "ordering": "strict", "eventTypes": ["company.*"] });
    register(&app, &receiver, body).await;
    receiver.reply_next(&[Reply::status(500)]);
    let engines = company(&app, "Engines").await;
    app.settle().await;
    rename(&app, &engines, "Motors").await;
    company(&app, "Looms").await;
    app.settle().await;

    let names = |receiver: &Receiver| -> Vec<String> {
        let name = |webhook: &e2e::Received| webhook.event()["data"]["name"].to_string();
        receiver.received().iter().map(name).collect()
    };
    assert_eq!(names(&receiver), ["\"Engines\"", "\"Looms\""]);
    app.advance(Duration::from_secs(7)).await;
    app.advance(Duration::from_secs(7)).await;
    assert_eq!(
        names(&receiver),
        ["\"Engines\"", "\"Looms\"", "\"Engines\"", "\"Motors\""]
    );
}

#[tokio::test]
async fn strictly_ordered_an_event_waits_however_late_the_one_before_is_dispatched() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let body = json!({ "ordering": "strict", "eventTypes": ["company.*"] });
    register(&app, &receiver, body).await;
    let fail = |names: &'static [&str]| {
        app.server.aws().inject(move |call: &Call| {
            let fails = call.function.is_some_and(|name| names.contains(&name));
            fails.then_some(Fault::Refuse("InternalServerError"))
        });
    };
    fail(&["dispatcher", "sweeper"]);
    let engines = company(&app, "Engines").await;
    app.settle().await;
    fail(&["sweeper"]);
    rename(&app, &engines, "Motors").await;
    app.settle().await;
    for _ in 0..3 {
        app.advance(Duration::from_mins(10)).await;
    }

    assert_eq!(receiver.received().len(), 0);
    app.server.aws().heal();
    app.advance(Duration::from_mins(1)).await;
    app.advance(Duration::from_mins(1)).await;
    assert_eq!(
        receiver.event_types(),
        ["company.created", "company.updated"]
    );
}

#[tokio::test]
async fn a_test_event_is_sent_at_once_and_leaves_no_trace() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({ "eventTypes": ["company.*"] })).await;
    let test = format!("{}/test", path_of(&endpoint));

    let body = json!({ "eventType": "client.activated" });
    let tested = app.admin().post(&test, &body).await.expect(200);

    assert_eq!(
        (&tested["success"], &tested["attempt"]["responseStatus"]),
        (&json!(true), &json!(200))
    );
    let webhook = receiver.received()[0].clone();
    assert_eq!(webhook.header("portico-test"), "true");
    assert_eq!(webhook.event()["eventType"], "client.activated");
    assert_eq!(webhook.event()["id"], tested["eventId"]);
    assert!(verifies(&endpoint["secret"], &webhook, &app));
    app.settle().await;
    assert_eq!(statuses(&app, &endpoint).await, Vec::<String>::new());
    receiver.reply_next(&[Reply::status(418)]);
    let failed = app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(failed["success"], false);
    app.admin()
        .post(&test, &json!({ "eventType": "client.born" }))
        .await
        .problem(400, "event_type_unknown");
}

#[tokio::test]
async fn the_catalogue_has_a_sample_of_every_type() {
    let app = TestApp::start().await;

    let types = app.admin().get("/v1/event-types").await.expect(200);

    let types = types["data"].as_array().expect("a list");
    assert_eq!(types.len(), portico_domain::EventType::ALL.len());
    for kind in types {
        assert_eq!(kind["sample"]["eventType"], kind["name"]);
        assert!(
            kind["description"]
                .as_str()
                .is_some_and(|text| text.ends_with('.'))
        );
        assert_eq!(
            kind["sample"]["workspaceId"],
            json!(app.server.workspace_id)
        );
    }
}

#[tokio::test]
async fn an_event_can_be_sent_to_an_endpoint_that_was_registered_later() {
    let app = TestApp::start().await;
    let (late, uninterested) = (Receiver::start().await, Receiver::start().await);
    company(&app, "Engines").await;
    app.settle().await;
    app.advance(Duration::from_secs(1)).await;
    register(&app, &late, json!({})).await;
    let other = register(&app, &uninterested, json!({ "eventTypes": ["client.*"] })).await;
    let events = app.admin().get("/v1/events").await.expect(200);
    let resend = format!("/v1/events/{}/resend", id(&events["data"][0]));

    let sent = app.admin().post(&resend, &json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(sent["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(late.event_types(), ["company.created"]);
    assert_eq!(uninterested.received().len(), 0);
    let only = json!({ "endpointId": id(&other) });
    app.admin().post(&resend, &only).await.expect(200);
    app.settle().await;
    assert_eq!(
        (late.received().len(), uninterested.received().len()),
        (1, 1)
    );
}

/// What the deliverer has asked of AWS since calls are recorded.
fn deliverers_calls(app: &TestApp) -> Vec<String> {
    let calls = app.server.aws().calls().into_iter();
    let own = calls.filter(|call| call.function == Some("deliverer"));
    own.map(|call| call.operation).collect()
}

#[tokio::test]
async fn what_comes_into_an_empty_lane_is_sent_without_looking_for_it() {
    let app = TestApp::driven_with_right_clocks(1).await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.*"]).await;
    app.settle().await;
    let engines = company(&app, "Engines").await;
    app.settle().await;

    // Its lane lingers now, which is as good as empty.
    app.server.aws().record_calls();
    rename(&app, &engines, "Motors").await;
    app.settle().await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(
        deliverers_calls(&app),
        ["UpdateItem", "BatchGetItem", "PutItem", "UpdateItem"]
    );

    // The look that it lingers for finds nothing, and is the last.
    app.advance(Duration::from_mins(2)).await;
    app.server.aws().record_calls();
    app.advance(Duration::from_mins(2)).await;
    assert_eq!(deliverers_calls(&app), Vec::<String>::new());
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn what_comes_into_a_lane_behind_something_that_waits_does_not_overtake_it() {
    let app = TestApp::driven_with_right_clocks(1).await;
    let receiver = Receiver::start().await;
    let limited = json!({ "eventTypes": ["company.*"], "rateLimit": 1 });
    register(&app, &receiver, limited).await;
    app.settle().await;
    let engines = company(&app, "A1").await;
    for name in ["B2", "C3", "D4"] {
        rename(&app, &engines, name).await;
        app.settle().await;
    }
    for _ in 0..10 {
        app.advance(Duration::from_secs(2)).await;
    }

    let names: Vec<Value> = receiver
        .received()
        .iter()
        .map(|one| one.event()["data"]["name"].clone())
        .collect();
    assert_eq!(names, ["A1", "B2", "C3", "D4"]);
}

#[tokio::test]
async fn the_first_of_many_endpoints_do_not_wait_for_the_last() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    for _ in 0..20 {
        register(
            &app,
            &receiver,
            json!({ "eventTypes": ["company.created"] }),
        )
        .await;
    }
    app.server.aws().record_calls();

    company(&app, "Engines").await;
    app.settle().await;

    assert_eq!(receiver.received().len(), 20);
    let calls = app.server.aws().calls();
    let dispatched = calls
        .iter()
        .filter(|call| call.function == Some("dispatcher"));
    let steps: Vec<&str> = dispatched
        .map(|call| call.operation.as_str())
        .filter(|operation| ["PutItem", "SendMessageBatch"].contains(operation))
        .collect();
    let sizes: Vec<usize> = steps
        .split(|operation| *operation == "SendMessageBatch")
        .map(<[&str]>::len)
        .collect();
    assert_eq!(sizes, [8, 8, 4, 0]);
}
