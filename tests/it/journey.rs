//! The journey: from an API call to a signed webhook.

use e2e::{Receiver, TestApp, id};
use insta::assert_json_snapshot;
use serde_json::json;
use standardwebhooks::Webhook;

#[tokio::test]
async fn an_invitation_travels_from_an_api_call_to_a_signed_webhook() {
    let app = TestApp::start().await;
    let (admin, nobody) = (app.admin(), app.nobody());
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["client.*", "invitation.*"]).await;

    let company = admin
        .post("/v1/companies", &json!({ "name": "Analytical Engines" }))
        .await
        .expect(200);
    let ada = json!({
        "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com",
        "companyIds": [company["id"]],
    });
    let client = admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;

    assert_eq!(client["status"], "invited");
    let mails = app.mails("ada@example.com").await;
    let link = app.link("ada@example.com").await;
    assert_eq!(mails.len(), 1);
    for part in ["Text", "HTML"] {
        assert!(
            mails[0][part]
                .as_str()
                .is_some_and(|text| text.contains(&link)),
            "{part}"
        );
    }
    assert!(
        client["inviteUrl"]
            .as_str()
            .is_some_and(|url| url.ends_with(&link))
    );

    let page = nobody.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<form method=\"post\""), "{}", page.text);
    assert_eq!(page.header("referrer-policy"), "no-referrer");

    let accept = format!("{link}/accept");
    let accepted = nobody
        .post(&accept, &json!({ "password": "correct horse battery" }))
        .await;
    assert_eq!(accepted.header("set-cookie"), "", "programs get no cookie");
    let accepted = accepted.expect(200);
    app.settle().await;

    assert_eq!(accepted["status"], "active");
    let token = accepted["session"]["accessToken"]
        .as_str()
        .expect("the client is signed in");
    let me = nobody
        .with("authorization", &format!("Bearer {token}"))
        .get("/portal/me")
        .await
        .expect(200);
    assert_eq!(me["id"], client["id"]);
    let path = format!("/v1/clients/{}", id(&client));
    assert_eq!(admin.get(&path).await.expect(200)["status"], "active");

    assert_eq!(
        receiver.event_types(),
        [
            "client.created",
            "invitation.sent",
            "invitation.delivered",
            "invitation.accepted",
            "client.activated",
            "client.statusChanged"
        ]
    );
    let secret = endpoint["secret"]
        .as_str()
        .expect("the secret is shown once");
    let library = Webhook::new(secret).expect("the secret has the standard form");
    for webhook in receiver.received() {
        library
            .verify(&webhook.body, &webhook.headers)
            .expect("the signature holds");
        assert_eq!(webhook.header("webhook-id"), webhook.event()["id"]);
        assert!(webhook.header("user-agent").starts_with("Portico/"));
    }
}

#[tokio::test]
async fn the_journey_answers_in_the_compatible_shapes() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;

    let company = admin
        .post("/v1/companies", &json!({ "name": "Analytical Engines" }))
        .await
        .expect(200);
    let ada = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com", "companyId": company["id"] });
    let client = admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let invitations = admin.get("/v1/invitations").await.expect(200);
    let events: Vec<_> = receiver
        .received()
        .iter()
        .map(e2e::Received::event)
        .collect();
    let sent = events
        .iter()
        .find(|event| event["eventType"] == "invitation.sent");
    let last = sent.expect("webhooks came");

    let blank = |value: &serde_json::Value| blanked(value);
    assert_json_snapshot!("company", blank(&company));
    assert_json_snapshot!("client", blank(&client));
    assert_json_snapshot!("invitations", blank(&invitations));
    assert_json_snapshot!("invitation_sent", blank(last));
}

/// The same value with ids, times, links and colours blanked.
fn blanked(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let is_moving = value.is_string()
                    && (name == "id"
                        || name.ends_with("Id")
                        || name.ends_with("At")
                        || name.ends_with("Url")
                        || matches!(name.as_str(), "fallbackColor" | "created"));
                let value = if is_moving {
                    Value::from(format!("[{name}]"))
                } else {
                    blanked(value)
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(blanked).collect(),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => "[id]".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn a_person_accepts_with_the_form_of_the_page() {
    let app = TestApp::start().await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let link = app.link("ada@example.com").await;
    let accept = format!("{link}/accept");
    let mut browser = app.browser();

    assert_eq!(browser.open(&link).await.status, 200);
    let short = browser.submit(&accept, &[("password", "short")]).await;
    assert_eq!(short.status, 400);
    assert!(
        short.text.contains("it needs 12 or more") && short.text.contains("<form"),
        "{}",
        short.text
    );

    let password = [("password", "correct horse battery")];
    let done = browser.submit(&accept, &password).await;
    assert_eq!((done.status, done.header("location")), (303, "/portal"));
    let home = browser.open("/portal").await;
    assert_eq!(home.status, 200);
    assert!(home.text.contains("Welcome, Ada"), "{}", home.text);

    let again = browser.submit(&accept, &password).await;
    assert_eq!(again.status, 410);
    assert!(again.text.contains("invitation_accepted"), "{}", again.text);
}

#[tokio::test]
async fn a_new_workspace_has_the_example_clients() {
    let options = portico_local::Options {
        examples: true,
        is_time_frozen: true,
        ..portico_local::Options::default()
    };
    let server = portico_local::LocalServer::start(options)
        .await
        .expect("it starts");
    let store = server.app().store.workspace(server.workspace_id);
    let page = portico_store::PageRequest {
        limit: 10,
        after: None,
    };

    let clients = store
        .clients(portico_store::ClientFilter::default(), &page)
        .await
        .expect("the table answers");
    let companies = store
        .companies(portico_store::CompanyFilter::default(), &page)
        .await
        .expect("the table answers");

    let names: Vec<String> = clients
        .items
        .iter()
        .map(|client| client.name.full())
        .collect();
    assert_eq!(names, ["John Doe", "Jane Doe"]);
    assert_eq!(companies.items.len(), 1);
    assert_eq!(companies.items[0].name.as_str(), "Rocket Rides");
    assert!(
        clients
            .items
            .iter()
            .all(|client| client.company_ids == [companies.items[0].id])
    );
}
