//! A plan that allows no more clients, as those from outside see it.

use crate::limits::{at_most, plan};
use e2e::{Answer, PASSWORD, TestApp, id};
use serde_json::{Value, json};

fn person(email: &str) -> Value {
    json!({ "givenName": "Mary", "familyName": "Somerville", "email": email })
}

/// Nothing of the plan, and whom to ask.
fn is_for_outsiders(answer: &Answer) {
    answer.problem(403, "no_new_accounts");
    let message = answer.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("ask My workspace"), "{message}");
    for word in ["plan", "limit", "archive"] {
        assert!(!answer.text.contains(word), "{word}: {}", answer.text);
    }
}

async fn open(app: &TestApp) -> String {
    let settings = json!({ "isClientDirectSignUpEnabled": true, "isClientInviteEnabled": true });
    let admin = app.admin();
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    app.sign_in_path().replace("/sign-in", "/sign-up")
}

#[tokio::test]
async fn whoever_signs_up_where_there_is_no_room_is_told_at_once_and_nothing_of_the_plan() {
    let app = TestApp::start().await;
    let path = open(&app).await;
    plan(&app, at_most(1)).await;
    app.nobody()
        .post(&path, &person("mary@example.com"))
        .await
        .expect(200);
    app.settle().await;
    let link = app.link_to("mary@example.com", "/verify/").await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;

    // Whether or not somebody has the address.
    for email in ["ada@example.com", "new@example.com"] {
        let refused = app.nobody().post(&path, &person(email)).await;
        is_for_outsiders(&refused);
    }
    let late = json!({ "password": PASSWORD });
    is_for_outsiders(&app.nobody().post(&link, &late).await);
    app.settle().await;
    assert_eq!(app.mails("new@example.com").await.len(), 0);
    let told = app
        .admin()
        .get("/v1/events?settled=false&eventType=limit.reached")
        .await
        .expect(200);
    assert_eq!(told["data"].as_array().map(Vec::len), Some(1));
    // The business makes room, and the link is still good.
    let client = format!("/v1/clients/{}", ada.id);
    app.admin().delete(&client).await.expect(200);
    app.nobody().post(&link, &late).await.expect(200);
}

#[tokio::test]
async fn a_client_who_invites_a_colleague_where_there_is_no_room_learns_nothing_of_the_plan() {
    let app = TestApp::start().await;
    open(&app).await;
    let company = json!({ "name": "Engines" });
    let company = app
        .admin()
        .post("/v1/companies", &company)
        .await
        .expect(200);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&company)))
        .await;
    app.client("Grace Hopper", "grace@example.com", None).await;
    plan(&app, at_most(2)).await;

    for email in ["grace@example.com", "new@example.com"] {
        let refused = ada.actor.post("/portal/invitations", &person(email)).await;
        is_for_outsiders(&refused);
    }
}
