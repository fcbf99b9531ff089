//! Webhook endpoints and deliveries through the public door.

use e2e::{Receiver, Reply, TestApp, id};
use portico_webhook::schedule::Patience;
use serde_json::{Value, json};
use std::time::Duration;

fn deliveries_of(endpoint: &Value) -> String {
    format!("/v1/webhook-endpoints/{}/deliveries", id(endpoint))
}

async fn only_delivery(app: &TestApp, endpoint: &Value) -> Value {
    let list = app.admin().get(&deliveries_of(endpoint)).await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{list}");
    list["data"][0].clone()
}

/// Lets the time of every attempt of the schedule come.
async fn fail_to_the_end(app: &TestApp) {
    for seconds in [
        5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400,
    ] {
        app.advance(Duration::from_secs(seconds * 6 / 5 + 2)).await;
    }
}

async fn create_company(app: &TestApp, name: &str) {
    app.admin()
        .post("/v1/companies", &json!({ "name": name }))
        .await
        .expect(200);
}

#[tokio::test]
async fn an_endpoint_shows_its_secret_once() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;

    let endpoint = app
        .register(&receiver, &["client.*", "company.created"])
        .await;

    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let shown = app.admin().get(&path).await.expect(200);
    assert!(
        endpoint["secret"]
            .as_str()
            .is_some_and(|secret| secret.starts_with("whsec_"))
    );
    assert_eq!(shown["secret"], Value::Null);
    assert_eq!(shown["eventTypes"], json!(["client.*", "company.created"]));
    assert_eq!(shown["enabled"], true);
    let list = app.admin().get("/v1/webhook-endpoints").await.expect(200);
    assert_eq!(list["data"], json!([shown]));
    app.admin().delete(&path).await.expect(200);
    app.admin().get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_failing_delivery_is_retried_on_the_schedule() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(500), Reply::status(302), Reply::status(503)]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(only_delivery(&app, &endpoint).await["status"], "waiting");

    // 5 s, 30 s and 5 min, each 20 % more at most, and a second for the queue.
    for (wait, requests) in [(7, 2), (37, 3), (361, 4)] {
        app.settle().await;
        assert_eq!(receiver.received().len(), requests - 1);
        app.advance(Duration::from_secs(wait)).await;
        assert_eq!(receiver.received().len(), requests);
    }

    let delivery = only_delivery(&app, &endpoint).await;
    let statuses: Vec<&Value> = delivery["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|attempt| &attempt["responseStatus"])
        .collect();
    assert_eq!(
        statuses,
        [&json!(500), &json!(302), &json!(503), &json!(200)]
    );
    assert_eq!(
        (&delivery["status"], &delivery["attemptCount"]),
        (&json!("delivered"), &json!(4))
    );
    assert_eq!(delivery["attempts"][0]["responseExcerpt"], "noted");
    let ids: Vec<String> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.header("webhook-id").to_owned())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn what_waits_longer_than_a_queue_can_hold_back_is_swept_up() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply {
        status: 503,
        retry_after: Some(3_600),
    }]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;

    app.advance(Duration::from_secs(3_590)).await;
    assert_eq!(receiver.received().len(), 1);
    app.advance(Duration::from_secs(15)).await;

    assert_eq!(receiver.received().len(), 2);
    assert_eq!(only_delivery(&app, &endpoint).await["status"], "delivered");
}

#[tokio::test]
async fn twelve_failures_exhaust_a_delivery() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(500); 20]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;

    fail_to_the_end(&app).await;

    assert_eq!(receiver.received().len(), 12);
    let delivery = only_delivery(&app, &endpoint).await;
    assert_eq!(
        (&delivery["status"], &delivery["dueAt"]),
        (&json!("exhausted"), &Value::Null)
    );
}

#[tokio::test]
async fn the_operator_sets_the_schedule_and_how_long_an_endpoint_may_fail() {
    let patience = Patience::read(Some("10s, 1m"), Some("1")).expect("it can be set");
    let app = TestApp::with_patience(patience).await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(500); 20]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;
    for (seconds, attempts) in [(7, 1), (6, 2), (40, 2), (33, 3), (86_000, 3)] {
        app.advance(Duration::from_secs(seconds)).await;
        assert_eq!(
            receiver.received().len(),
            attempts,
            "after {seconds} s more"
        );
    }
    let delivery = only_delivery(&app, &endpoint).await;
    assert_eq!(delivery["status"], "exhausted");

    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    assert_eq!(app.admin().get(&path).await.expect(200)["enabled"], true);
    app.advance(Duration::from_secs(400)).await;
    create_company(&app, "Looms").await;
    app.settle().await;

    let shown = app.admin().get(&path).await.expect(200);
    assert_eq!(
        (&shown["enabled"], &shown["disabled"]["code"]),
        (&json!(false), &json!("failing"))
    );
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_what_it_would_get_is_held() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(410)]);
    let endpoint = app.register(&receiver, &["company.*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;
    create_company(&app, "Looms").await;
    app.settle().await;

    assert_eq!(receiver.received().len(), 1);
    let list = app.admin().get(&deliveries_of(&endpoint)).await.expect(200);
    let states: Vec<&Value> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|d| &d["status"])
        .collect();
    assert_eq!(states, ["held", "held"]);
    let shown = app
        .admin()
        .get(deliveries_of(&endpoint).trim_end_matches("/deliveries"))
        .await
        .expect(200);
    assert_eq!(
        (&shown["enabled"], &shown["disabled"]["reason"]),
        (
            &json!(false),
            &json!("the endpoint answered that it is gone")
        )
    );
    let health = deliveries_of(&endpoint).replace("/deliveries", "/health");
    let health = app.admin().get(&health).await.expect(200);
    assert_eq!(health["disabled"], shown["disabled"]);
    assert_eq!(health["disabled"]["code"], "gone");
    let events = app
        .admin()
        .get("/v1/events?eventType=webhookEndpoint.disabled")
        .await
        .expect(200);
    assert_eq!(events["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn deliveries_to_a_deleted_endpoint_are_cancelled() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(500)]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;

    let path = deliveries_of(&endpoint);
    app.admin()
        .delete(path.trim_end_matches("/deliveries"))
        .await
        .expect(200);
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(only_delivery(&app, &endpoint).await["status"], "cancelled");
}

#[tokio::test]
async fn an_endpoint_gets_only_what_it_asked_for_and_only_from_then_on() {
    let app = TestApp::start().await;
    let (companies, nothing) = (Receiver::start().await, Receiver::start().await);
    create_company(&app, "Before").await;
    app.register(&companies, &["company.created"]).await;
    app.register(&nothing, &["invitation.*"]).await;

    create_company(&app, "After").await;
    app.settle().await;

    assert_eq!(companies.received().len(), 1);
    assert_eq!(companies.received()[0].event()["data"]["name"], "After");
    assert_eq!(nothing.received().len(), 0);
}

#[tokio::test]
async fn an_unreachable_endpoint_leaves_a_reason() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    drop(receiver);
    create_company(&app, "Engines").await;
    app.settle().await;

    let delivery = only_delivery(&app, &endpoint).await;
    assert_eq!(delivery["status"], "waiting");
    assert_eq!(delivery["attempts"][0]["error"], "connect");
}

#[tokio::test]
async fn bad_endpoints_are_refused() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let refused = async |body: Value, code: &str, field: &str| {
        let answer = admin.post("/v1/webhook-endpoints", &body).await;
        assert_eq!(answer.problem(400, code), Some(field), "{body}");
    };
    refused(json!({}), "field_required", "url").await;
    for url in [
        "",
        "nonsense",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/",
        "https://example.com/#part",
    ] {
        refused(json!({ "url": url }), "url_refused", "url").await;
    }
    let url = "https://example.com/";
    refused(
        json!({ "url": url, "eventTypes": [] }),
        "event_types_invalid",
        "eventTypes",
    )
    .await;
    refused(
        json!({ "url": url, "eventTypes": ["*", "client.born"] }),
        "event_type_unknown",
        "eventTypes[1]",
    )
    .await;
    refused(
        json!({ "url": url, "description": "x".repeat(501) }),
        "text_too_long",
        "description",
    )
    .await;
}

#[tokio::test]
async fn a_workspace_has_at_most_a_hundred_endpoints() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    for _ in 0..100 {
        app.register(&receiver, &["invitation.*"]).await;
    }

    let body = json!({ "url": receiver.url });
    let one_more = app.admin().post("/v1/webhook-endpoints", &body).await;

    one_more.problem(403, "endpoint_limit_reached");
    assert_eq!(one_more.body["limit"], 100);
}

#[tokio::test]
async fn an_endpoint_is_changed_disabled_and_enabled_again() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));

    let changes = json!({ "eventTypes": ["*"], "description": "CRM", "enabled": false });
    let disabled = app.admin().patch(&path, &changes).await.expect(200);
    create_company(&app, "Engines").await;
    app.settle().await;

    assert_eq!(
        (&disabled["enabled"], &disabled["description"]),
        (&json!(false), &json!("CRM"))
    );
    assert_eq!(disabled["disabled"]["reason"], "disabled with an API key");
    assert_eq!(disabled["disabled"]["code"], "requested");
    assert_eq!(receiver.received().len(), 0);
    let held = only_delivery(&app, &endpoint).await;
    assert_eq!(held["status"], "held");
    let resend = format!("/v1/webhook-deliveries/{}/resend", id(&held));
    app.admin()
        .post(&resend, &json!({}))
        .await
        .problem(409, "endpoint_disabled");

    let enabled = app
        .admin()
        .patch(&path, &json!({ "enabled": true }))
        .await
        .expect(200);
    app.settle().await;

    assert_eq!(enabled["enabled"], true);
    assert_eq!(
        receiver.event_types(),
        ["company.created"],
        "what was held goes on by itself"
    );
    assert_eq!(only_delivery(&app, &endpoint).await["status"], "delivered");
}

#[tokio::test]
async fn a_delivery_that_gave_up_can_be_sent_again_with_the_same_id() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(500); 12]);
    let endpoint = app.register(&receiver, &["*"]).await;
    create_company(&app, "Engines").await;
    app.settle().await;
    fail_to_the_end(&app).await;
    let exhausted = only_delivery(&app, &endpoint).await;
    assert_eq!(exhausted["status"], "exhausted");

    let id = id(&exhausted);
    app.admin()
        .post(&format!("/v1/webhook-deliveries/{id}/resend"), &json!({}))
        .await
        .expect(200);
    app.settle().await;

    let delivered = only_delivery(&app, &endpoint).await;
    assert_eq!(
        (&delivered["status"], &delivered["attemptCount"]),
        (&json!("delivered"), &json!(13))
    );
    let ids: Vec<String> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.header("webhook-id").to_owned())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_bad_change_of_an_endpoint_is_refused_whole() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));

    let bad = json!({ "description": "CRM", "url": "https://10.0.0.1/" });
    assert_eq!(
        app.admin()
            .patch(&path, &bad)
            .await
            .problem(400, "url_refused"),
        Some("url")
    );

    assert_eq!(app.admin().get(&path).await.expect(200)["description"], "");
}
