//! Catching up without webhooks.

use e2e::{TestApp, id};
use portico_domain::{COMMIT_WITHIN, SETTLED_AFTER, Time};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

async fn types(app: &TestApp, query: &str) -> Vec<Value> {
    let list = app
        .admin()
        .get(&format!("/v1/events?{query}"))
        .await
        .expect(200);
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| event["eventType"].clone())
        .collect()
}

#[tokio::test]
async fn events_are_listed_after_any_of_them() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [company["id"]] });
    let client = admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;

    assert_eq!(
        types(&app, "").await,
        [
            "company.created",
            "client.created",
            "company.clientAdded",
            "invitation.sent",
            "invitation.delivered"
        ]
    );
    let all = admin.get("/v1/events").await.expect(200);
    let second = id(&all["data"][1]);
    assert_eq!(
        types(&app, &format!("after={second}&settled=false")).await,
        [
            "company.clientAdded",
            "invitation.sent",
            "invitation.delivered"
        ]
    );
    let id = id(&client);
    assert_eq!(
        types(&app, &format!("objectId={id}")).await,
        ["client.created", "company.clientAdded"]
    );
    let after = format!("objectId={id}&after={second}&settled=false");
    assert_eq!(types(&app, &after).await, ["company.clientAdded"]);
    assert_eq!(
        types(&app, &format!("objectId={id}&eventType=client.created")).await,
        ["client.created"]
    );
    assert_eq!(
        types(&app, "eventType=invitation.sent").await,
        ["invitation.sent"]
    );
    admin
        .get("/v1/events?eventType=client.lost")
        .await
        .problem(400, "event_type_unknown");
    admin
        .get("/v1/events?after=yesterday")
        .await
        .problem(400, "parameter_invalid");
    admin
        .get("/v1/events?settled=yes")
        .await
        .problem(400, "parameter_invalid");
}

#[tokio::test]
async fn who_reads_on_behind_an_event_is_shown_what_has_settled() {
    let app = TestApp::start().await;
    let company = async |name: &str| {
        let body = json!({ "name": name });
        app.admin().post("/v1/companies", &body).await.expect(200);
    };
    company("First").await;
    assert_eq!(types(&app, "settled=true").await, Vec::<Value>::new());
    assert_eq!(types(&app, "").await, ["company.created"]);
    app.advance(SETTLED_AFTER + Duration::from_millis(1)).await;
    company("Second").await;
    let events = app.admin().get("/v1/events").await.expect(200);
    let (first, second) = (id(&events["data"][0]), id(&events["data"][1]));

    let behind = format!("after={first}");

    assert_eq!(types(&app, "settled=true").await, ["company.created"]);
    assert_eq!(types(&app, &behind).await, Vec::<Value>::new());
    assert_eq!(
        types(&app, &format!("{behind}&settled=false")).await,
        ["company.created"]
    );
    for empty in ["after=", "limit=5&after="] {
        let path = format!("/v1/events?{empty}");
        let refused = app.admin().get(&path).await;
        assert_eq!(refused.problem(400, "parameter_invalid"), Some("after"));
    }
    // The cursor may be of an event that has not settled itself.
    assert_eq!(
        types(&app, &format!("after={second}")).await,
        Vec::<Value>::new()
    );
    app.advance(SETTLED_AFTER + Duration::from_millis(1)).await;
    assert_eq!(types(&app, &behind).await, ["company.created"]);
    let typed = format!("{behind}&eventType=company.created");
    assert_eq!(types(&app, &typed).await, ["company.created"]);
}

#[tokio::test]
async fn a_change_that_was_held_up_is_decided_anew_and_one_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Engines" });
    let company = app.admin().post("/v1/companies", &body).await.expect(200);
    // The transaction collides with others so often, and each time takes long.
    let hold_up = |mut times: u32| {
        let server = app.server.clock();
        app.server.aws().inject(move |call: &Call| {
            let is_held = call.operation == "TransactWriteItems" && times > 0;
            if is_held {
                times -= 1;
                server.advance(COMMIT_WITHIN + Duration::from_secs(1));
            }
            is_held.then_some(Fault::Cancel("TransactionConflict"))
        });
    };

    let path = format!("/v1/companies/{}", id(&company));
    hold_up(1);
    let before = app.now();
    let renamed = json!({ "name": "Analytical Engines" });
    app.admin().patch(&path, &renamed).await.expect(200);

    let events = app.admin().get("/v1/events").await.expect(200);
    let event = &events["data"][1];
    assert_eq!(event["eventType"], "company.updated");
    let created: Time = event["created"]
        .as_str()
        .unwrap_or_default()
        .parse()
        .expect("a time");
    assert!(created > before + COMMIT_WITHIN, "{created}");

    hold_up(u32::MAX);
    let other = json!({ "name": "Difference Engines" });
    let answer = app.admin().post("/v1/companies", &other).await;
    answer.problem(503, "decided_too_late");
    assert_eq!(answer.header("retry-after"), "1");
    app.server.aws().heal();
    assert_eq!(types(&app, "").await.len(), 2);
    app.admin().post("/v1/companies", &other).await.expect(200);
}

#[tokio::test]
async fn no_event_carries_a_link_or_its_token() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let link = app.link("ada@example.com").await;
    app.nobody()
        .post(
            &format!("{link}/accept"),
            &json!({ "password": "correct horse battery" }),
        )
        .await
        .expect(200);
    app.settle().await;

    let events = admin.get("/v1/events").await.text;

    let token = link.trim_start_matches("/i/");
    assert!(
        !events.contains(token) && !events.contains("inviteUrl"),
        "{events}"
    );
}
