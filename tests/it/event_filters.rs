//! Names of events, as endpoints and lists of events take them.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

/// Two companies, one renamed, and an event of an app's own.
async fn history(app: &TestApp) -> Value {
    let admin = app.admin();
    let engines = json!({ "name": "Engines" });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    let path = format!("/v1/companies/{}", id(&engines));
    admin
        .patch(&path, &json!({ "name": "Motors" }))
        .await
        .expect(200);
    admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
    admin
        .post("/v1/webhooks/task.created", &json!({}))
        .await
        .expect(201);
    engines
}

async fn types(app: &TestApp, query: &str) -> Vec<String> {
    let list = app
        .admin()
        .get(&format!("/v1/events?{query}"))
        .await
        .expect(200);
    let kind = |event: &Value| event["eventType"].as_str().unwrap_or_default().to_owned();
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(kind)
        .collect()
}

#[tokio::test]
async fn a_slip_in_a_name_is_refused_with_what_was_meant() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    for (slip, meant) in [
        ("clint.created", "client.created"),
        ("client.craeted", "client.created"),
        ("clients.*", "client.*"),
        ("clientCreated", "client.created"),
    ] {
        let body = json!({ "url": receiver.url, "eventTypes": ["company.*", slip] });
        let refused = app.admin().post("/v1/webhook-endpoints", &body).await;
        let field = refused.problem(400, "event_type_unknown");
        assert_eq!(field, Some("eventTypes[1]"), "{slip}");
        let says = format!("did you mean {meant}?");
        assert!(refused.text.contains(&says), "{}", refused.text);
    }
    for slip in ["clint.created", "client.craeted", "clients.*", "foo"] {
        let refused = app
            .admin()
            .get(&format!("/v1/events?eventType={slip}"))
            .await;
        let field = refused.problem(400, "event_type_unknown");
        assert_eq!(field, Some("eventType"), "{slip}");
    }
    // What an app may call its own is nobody's slip; what it may not is not sent.
    let own = json!({ "url": receiver.url, "eventTypes": ["rule.created", "task.*"] });
    app.admin()
        .post("/v1/webhook-endpoints", &own)
        .await
        .expect(201);
    for name in ["clint.created", "companies.created"] {
        let path = format!("/v1/webhooks/{name}");
        let refused = app.admin().post(&path, &json!({})).await;
        refused.problem(400, "event_type_reserved");
    }
}

#[tokio::test]
async fn a_type_that_is_named_twice_is_kept_once() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));

    let twice = json!({ "eventTypes": ["client.*", "client.created", "client.*"] });
    let changed = app.admin().patch(&path, &twice).await.expect(200);

    assert_eq!(changed["eventTypes"], json!(["client.*", "client.created"]));
}

#[tokio::test]
async fn events_are_listed_by_what_endpoints_ask_for() {
    let app = TestApp::start().await;
    let engines = history(&app).await;
    let (created, updated) = ("company.created", "company.updated");
    for (query, expected) in [
        ("eventType=company.*", vec![created, updated, created]),
        (
            "eventType=company.updated,task.created",
            vec![updated, "task.created"],
        ),
        (
            "eventType=company.updated&eventType=task.*",
            vec![updated, "task.created"],
        ),
        (
            "eventType=*",
            vec![created, updated, created, "task.created"],
        ),
        (
            "eventType=task.created,*",
            vec![created, updated, created, "task.created"],
        ),
        ("eventType=task.created", vec!["task.created"]),
        ("eventType=client.*", vec![]),
    ] {
        assert_eq!(types(&app, query).await, expected, "{query}");
    }
    let of_one = format!("objectId={}", id(&engines));
    for (kinds, expected) in [
        ("company.*", vec![created, updated]),
        ("company.updated", vec![updated]),
        ("task.*,company.created", vec![created]),
    ] {
        let query = format!("{of_one}&eventType={kinds}");
        assert_eq!(types(&app, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_of_several_types_go_on_where_they_ended() {
    let app = TestApp::start().await;
    history(&app).await;
    history_of_more(&app).await;
    let mut found = 0;
    let mut token = String::new();
    loop {
        let path = format!("/v1/events?eventType=company.created,task.*&limit=2{token}");
        let page = app.admin().get(&path).await.expect(200);
        let data = page["data"].as_array().expect("a list");
        assert!(data.len() <= 2);
        found += data.len();
        match page["nextToken"].as_str() {
            Some(next) => token = format!("&nextToken={next}"),
            None => break,
        }
    }
    assert_eq!(found, 3 + 5);
}

#[tokio::test]
async fn the_newest_events_come_first_if_that_is_asked_for() {
    let app = TestApp::start().await;
    history(&app).await;
    history_of_more(&app).await;
    app.advance(Duration::from_mins(1)).await;
    let ids = async |query: &str| -> Vec<Value> {
        let (mut ids, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/events?{query}&limit=2{token}");
            let page = app.admin().get(&path).await.expect(200);
            let data = page["data"].as_array().expect("a list").iter();
            ids.extend(data.map(|event| event["id"].clone()));
            match page["nextToken"].as_str() {
                Some(next) => token = format!("&nextToken={next}"),
                None => return ids,
            }
        }
    };
    let all = ids("sort=created").await;
    assert!(all.len() > 7);
    let third = all[2].as_str().expect("an id");
    for narrowed in [
        "settled=true".to_owned(),
        "eventType=company.created".to_owned(),
        "eventType=company.created,task.*".to_owned(),
        format!("after={third}"),
    ] {
        let mut oldest_first = ids(&narrowed).await;
        oldest_first.reverse();
        let newest_first = ids(&format!("{narrowed}&sort=-created")).await;
        assert_eq!(newest_first, oldest_first, "{narrowed}");
    }

    let page = app.admin().get("/v1/events?limit=2").await.expect(200);
    let token = page["nextToken"].as_str().expect("a token");
    let turned = format!("/v1/events?sort=-created&limit=2&nextToken={token}");
    let refused = app.admin().get(&turned).await;
    refused.problem(400, "page_token_invalid");
    for wrong in ["sort=newest", "sort=created&startDate=2026-11-21T22:30:00Z"] {
        let refused = app.admin().get(&format!("/v1/events?{wrong}")).await;
        assert_eq!(refused.problem(400, "parameter_invalid"), Some("sort"));
    }
}

async fn history_of_more(app: &TestApp) {
    for place in 0..5 {
        let company = json!({ "name": format!("Mill {place}") });
        app.admin()
            .post("/v1/companies", &company)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn who_goes_on_after_an_event_that_never_was_is_told_so() {
    let app = TestApp::start().await;
    history(&app).await;
    app.advance(Duration::from_mins(1)).await;
    let all = app.admin().get("/v1/events?settled=true").await.expect(200);
    let first = id(&all["data"][0]).to_owned();
    assert_eq!(types(&app, &format!("after={first}")).await.len(), 3);

    let slip = first.replace(&first[30..], "000000");
    for unknown in [&*slip, "5f0c1c9e-3f7d-4b7e-9d61-0f5a3b1c2d3e"] {
        let refused = app
            .admin()
            .get(&format!("/v1/events?after={unknown}"))
            .await;
        assert_eq!(refused.problem(400, "event_unknown"), Some("after"));
        assert!(refused.text.contains("settled=true"), "{}", refused.text);
    }
    // One that is older than what is kept cannot be told from one that was.
    let old = "01800000-0000-7abc-8def-000000000001";
    assert_eq!(types(&app, &format!("after={old}")).await.len(), 4);
}
