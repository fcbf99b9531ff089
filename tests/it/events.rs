//! Catching up without webhooks.

use e2e::{TestApp, id};
use serde_json::{Value, json};

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
        types(&app, &format!("after={second}")).await,
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
    assert_eq!(
        types(&app, &format!("objectId={id}&after={second}")).await,
        ["company.clientAdded"]
    );
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
