//! Events that apps have sent: `POST /v1/webhooks/{event}`.

use e2e::{Receiver, TestApp, id};
use portico_domain::{Feature, Permission, Plan};
use portico_local::admin::set_plan_in;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn an_event_of_an_app_goes_to_the_endpoints_that_want_it_like_any_other() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (all, tasks, others) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    app.register(&all, &["*"]).await;
    app.register(&tasks, &["task.*"]).await;
    app.register(&others, &["client.*", "task.deleted", "comment.created"])
        .await;

    let body = json!({ "id": "task-17", "clientId": "not an id", "previousAttributes": { "title": "Send" } });
    let event = admin
        .post("/v1/webhooks/task.created", &body)
        .await
        .expect(201);
    app.settle().await;

    assert_eq!(event["eventType"], "task.created");
    assert_eq!(event["object"], "task");
    assert_eq!(event["objectId"], event["id"]);
    assert_eq!(event["sequence"], 1);
    assert_eq!(event["data"], body);
    assert_eq!(event["previousAttributes"], body["previousAttributes"]);
    for receiver in [&all, &tasks] {
        let received = receiver.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].event(), event);
        assert_eq!(received[0].header("webhook-id"), id(&event));
        assert!(received[0].header("webhook-signature").starts_with("v1,"));
        assert!(!received[0].header("x-copilot-signature").is_empty());
    }
    assert_eq!(others.event_types(), [""; 0]);

    let listed = admin
        .get("/v1/events?eventType=task.created")
        .await
        .expect(200);
    assert_eq!(listed["data"], json!([event]));
    let log = admin.get("/v1/audit-log").await.expect(200);
    assert_eq!(log["data"][0]["eventType"], "task.created");

    let path = format!("/v1/events/{}/resend", id(&event));
    admin.post(&path, &json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(tasks.event_types(), ["task.created", "task.created"]);
}

#[tokio::test]
async fn an_app_cannot_tell_what_portico_tells() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (event, code) in [
        ("client.created", "event_type_reserved"),
        ("Company.renamed", "event_type_reserved"),
        ("invoice.paid", "event_type_reserved"),
        ("task", "event_type_invalid"),
        ("task.*", "event_type_invalid"),
        ("task.created.twice", "event_type_invalid"),
    ] {
        let refused = admin
            .post(&format!("/v1/webhooks/{event}"), &json!({}))
            .await;
        refused.problem(400, code);
        assert_eq!(refused.body["field"], "event");
    }
    let events = admin.get("/v1/events").await.expect(200);
    assert_eq!(events["data"], json!([]));
}

#[tokio::test]
async fn what_an_app_sends_is_an_object_of_a_size_that_receivers_take() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let path = "/v1/webhooks/task.created";

    let nothing = admin.send("POST", path, None).await.expect(201);
    assert_eq!(nothing["data"], json!({}));
    for body in ["[]", "17", "null", "{"] {
        let refused = admin.send("POST", path, Some(body.to_owned())).await;
        assert_eq!(refused.status, 400, "{body}");
    }
    let large = json!({ "text": "x".repeat(256 * 1024) });
    admin
        .post(path, &large)
        .await
        .problem(400, "event_too_large");
}

#[tokio::test]
async fn sending_needs_its_permission_and_webhooks_in_the_plan() {
    let app = TestApp::start().await;
    let others: Vec<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|one| *one != Permission::SendEvents)
        .collect();
    let key = app.key(&others).await;
    let path = "/v1/webhooks/task.created";

    let refused = key.actor.post(path, &json!({})).await;

    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "send_events");
    let key = app.key(&[Permission::SendEvents]).await;
    key.actor.post(path, &json!({})).await.expect(201);

    let plan = Plan {
        without: BTreeSet::from([Feature::Webhooks]),
        ..Plan::default()
    };
    let (store, workspace) = (&app.server.app().store, app.server.workspace_id);
    set_plan_in(store, app.server.app().moment(), workspace, plan)
        .await
        .expect("the table answers");
    let refused = key.actor.post(path, &json!({})).await;
    refused.problem(403, "feature_missing");
    assert_eq!(refused.body["feature"], "webhooks");
}

#[tokio::test]
async fn an_event_of_an_app_lists_no_client_anew() {
    let app = TestApp::start().await;
    let client = app.client("Ada Lovelace", "ada@example.com", None).await;
    app.settle().await;
    let path = format!("/v1/clients/{}", client.id);
    let before = app.admin().get(&path).await.expect(200);

    let mut data = Map::new();
    data.insert("clientId".to_owned(), Value::from(client.id.as_str()));
    app.admin()
        .post("/v1/webhooks/task.created", &data.into())
        .await
        .expect(201);
    app.settle().await;

    assert_eq!(app.admin().get(&path).await.expect(200), before);
}
