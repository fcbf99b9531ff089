//! What was sent to an endpoint, for whoever looks for what went wrong.

use e2e::{Receiver, Reply, TestApp, id};
use serde_json::{Value, json};

async fn company(app: &TestApp, name: &str) {
    let name = json!({ "name": name });
    app.admin().post("/v1/companies", &name).await.expect(200);
    app.settle().await;
}

async fn found(app: &TestApp, log: &str, query: &str) -> Vec<Value> {
    let page = app.admin().get(&format!("{log}?{query}")).await.expect(200);
    assert!(page["nextToken"].is_null(), "{query}");
    page["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn deliveries_are_found_by_how_far_they_are_and_by_type() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let log = format!("{path}/deliveries");
    company(&app, "Engines").await;
    receiver.reply_next(&[Reply::status(500)]);
    company(&app, "Looms").await;
    company(&app, "Mills").await;

    assert_eq!(found(&app, &log, "status=delivered").await.len(), 2);
    let waiting = found(&app, &log, "status=waiting").await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        found(&app, &log, "eventType=company.created").await.len(),
        3
    );
    assert_eq!(found(&app, &log, "eventType=client.created").await.len(), 0);
    assert_eq!(found(&app, &log, "status=held").await.len(), 0);
    let one = format!("/v1/webhook-deliveries/{}", id(&waiting[0]));
    assert_eq!(app.admin().get(&one).await.expect(200), waiting[0]);

    let off = json!({ "enabled": false });
    app.admin().patch(&path, &off).await.expect(200);
    let held = found(&app, &log, "status=held").await;
    assert_eq!((held.len(), &held[0]["status"]), (1, &json!("held")));
    assert_eq!(found(&app, &log, "status=waiting").await.len(), 0);

    for (query, code, field) in [
        ("status=lost", "parameter_invalid", "status"),
        ("eventType=client.eaten", "event_type_unknown", "eventType"),
    ] {
        let refused = app.admin().get(&format!("{log}?{query}")).await;
        assert_eq!(refused.problem(400, code), Some(field));
    }
}

#[tokio::test]
async fn an_endpoint_that_is_registered_disabled_gets_nothing_until_it_is_enabled() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url, "enabled": false, "description": "CRM" });
    let endpoint = app.admin().post("/v1/webhook-endpoints", &body).await;
    let endpoint = endpoint.expect(201);
    assert_eq!(endpoint["enabled"], false);
    company(&app, "Engines").await;
    assert!(receiver.received().is_empty());

    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let on = json!({ "enabled": true, "description": null });
    let enabled = app.admin().patch(&path, &on).await.expect(200);
    app.settle().await;

    assert_eq!(enabled["description"], "", "what is null is emptied");
    assert_eq!(receiver.received().len(), 1, "what was held goes out");
    for field in ["url", "eventTypes", "ordering", "enabled"] {
        let refused = app.admin().patch(&path, &json!({ field: null })).await;
        assert_eq!(refused.problem(400, "field_invalid"), Some(field));
    }
}

#[tokio::test]
async fn an_event_and_an_entry_of_the_audit_log_are_got_at_the_same_path() {
    let app = TestApp::start().await;
    company(&app, "Engines").await;
    let admin = app.admin();
    let list = admin.get("/v1/events").await.expect(200);
    let event = &list["data"][0];
    let log = admin.get("/v1/audit-log").await.expect(200);
    let entry = &log["data"][0];

    let got = admin.get(&format!("/v1/events/{}", id(event))).await;
    assert_eq!(&got.expect(200), event);
    let got = admin.get(&format!("/v1/events/{}", id(entry))).await;
    assert_eq!(got.expect(200)["object"], "auditLog");
    let unknown = format!("/v1/events/{}", app.server.admin_id);
    admin.get(&unknown).await.problem(404, "not_found");
}
