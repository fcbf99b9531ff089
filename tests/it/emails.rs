//! Changing the address that a client signs in with.

use e2e::{PASSWORD, Receiver, TestApp, TestClient};
use serde_json::{Value, json};
use std::time::Duration;

const OLD: &str = "ada@example.com";
const NEW: &str = "countess@example.com";

async fn started() -> (TestApp, TestClient) {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", OLD, None).await;
    (app, ada)
}

async fn sign_in(app: &TestApp, email: &str) -> e2e::Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    app.nobody().post(&app.sign_in_path(), &body).await
}

/// Asks for the new address as the client does; answers with the link.
async fn ask(app: &TestApp, ada: &TestClient) -> String {
    let change = json!({ "email": NEW, "password": PASSWORD });
    let asked = ada.actor.post("/portal/email", &change).await.expect(200);
    assert_eq!(asked, json!({ "email": OLD, "pendingEmail": NEW }));
    app.settle().await;
    app.link_to(NEW, "/verify/").await
}

#[tokio::test]
async fn a_new_address_is_proved_before_it_is_used() {
    let (app, ada) = started().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.updated"]).await;
    let wrong = json!({ "email": NEW, "password": "wrong horse battery" });
    let refused = ada.actor.post("/portal/email", &wrong).await;
    assert_eq!(refused.problem(400, "password_wrong"), Some("password"));

    let link = ask(&app, &ada).await;
    sign_in(&app, NEW).await.problem(401, "sign_in_refused");
    sign_in(&app, OLD).await.expect(200);
    assert_eq!(app.nobody().get(&link).await.status, 200);
    let before = app.mails(OLD).await.len();
    let verified = app.nobody().post(&link, &json!({})).await.expect(200);
    app.settle().await;

    assert_eq!(verified, json!({ "email": NEW }));
    sign_in(&app, OLD).await.problem(401, "sign_in_refused");
    sign_in(&app, NEW).await.expect(200);
    assert_eq!(
        app.mails(OLD).await.len(),
        before + 1,
        "the old address is told"
    );
    assert_eq!(receiver.event_types(), ["client.updated"]);
    let event: Value = receiver.received()[0].event();
    assert_eq!(
        (
            &event["previousAttributes"]["email"],
            &event["data"]["email"]
        ),
        (&json!(OLD), &json!(NEW))
    );
    app.nobody()
        .post(&link, &json!({}))
        .await
        .problem(410, "link_used");
    // The old address is free for somebody else.
    let other = json!({ "name": "Eve", "email": OLD });
    app.admin().post("/v1/clients", &other).await.expect(200);
}

#[tokio::test]
async fn nobody_keeps_an_address_by_asking_for_it() {
    let (app, ada) = started().await;
    ask(&app, &ada).await;
    let links = app.mails(NEW).await.len();
    let grace = app.client("Grace Hopper", "grace@example.com", None).await;
    let change = json!({ "email": NEW, "password": PASSWORD });
    grace.actor.post("/portal/email", &change).await.expect(200);
    app.settle().await;
    assert_eq!(
        app.mails(NEW).await.len(),
        links + 1,
        "whoever proves it has it"
    );
    let link = app.link_to(NEW, "/verify/").await;

    let eve = json!({ "name": "Eve Else", "email": NEW });
    let eve = app.admin().post("/v1/clients", &eve).await.expect(200);

    // Now it is Eve's, and no link to it makes it anybody else's.
    let late = app.nobody().post(&link, &json!({})).await;
    late.problem(409, "email_taken");
    let path = format!("/v1/clients/{}", ada.id);
    let wanted = json!({ "email": NEW });
    let refused = app.admin().patch(&path, &wanted).await;
    assert_eq!(refused.problem(409, "email_taken"), Some("email"));
    assert_eq!(refused.body["clientId"], eve["id"]);
}

#[tokio::test]
async fn an_address_that_somebody_has_is_taken_from_nobody_and_not_told() {
    let (app, ada) = started().await;
    app.client("Grace Hopper", "grace@example.com", None).await;

    let mails = app.mails("grace@example.com").await.len();
    // Known or not, the answer is the same, and as much is asked of the table.
    let mut known: Option<(u16, Vec<String>)> = None;
    for email in ["GRACE@example.com", "nobody@example.com"] {
        app.server.aws().record_calls();
        let change = json!({ "email": email, "password": PASSWORD });
        let asked = ada.actor.post("/portal/email", &change).await;
        let calls = app.server.aws().calls();
        let own = calls
            .iter()
            .filter(|call| call.function == Some("portal-email"));
        let calls = own.map(|call| call.operation.clone()).collect();
        let seen = (asked.status, calls);
        let told = json!({ "email": OLD, "pendingEmail": email });
        assert_eq!(asked.expect(200), told);
        assert_eq!(&seen, known.get_or_insert_with(|| seen.clone()), "{email}");
    }
    app.settle().await;
    assert_eq!(app.mails("grace@example.com").await.len(), mails);
    let path = format!("/v1/clients/{}", ada.id);
    let by_team = json!({ "email": "grace@example.com" });
    app.admin()
        .patch(&path, &by_team)
        .await
        .problem(409, "email_taken");
}

#[tokio::test]
async fn the_team_changes_the_address_of_a_client_who_has_to_prove_it() {
    let (app, ada) = started().await;
    let path = format!("/v1/clients/{}", ada.id);

    let change = json!({ "email": NEW, "position": "Countess" });
    let client = app.admin().patch(&path, &change).await.expect(200);
    app.settle().await;

    assert_eq!(
        (&client["email"], &client["position"]),
        (&json!(OLD), &json!("Countess"))
    );
    let link = app.link_to(NEW, "/verify/").await;
    app.nobody().post(&link, &json!({})).await.expect(200);
    assert_eq!(app.admin().get(&path).await.expect(200)["email"], NEW);
    sign_in(&app, NEW).await.expect(200);
}

#[tokio::test]
async fn whoever_cannot_sign_in_yet_has_another_address_at_once() {
    let app = TestApp::start().await;
    let ada = json!({ "name": "Ada Lovelace", "email": OLD });
    let client = app
        .admin()
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let old_link = app.link(OLD).await;
    let path = format!("/v1/clients/{}", e2e::id(&client));

    let changed = app
        .admin()
        .patch(&format!("{path}?sendInvite=true"), &json!({ "email": NEW }))
        .await
        .expect(200);
    app.settle().await;

    assert_eq!(
        (&changed["email"], &changed["status"]),
        (&json!(NEW), &json!("invited"))
    );
    // The invitation to the old address would let somebody else in.
    let password = json!({ "password": PASSWORD });
    let dead = app
        .nobody()
        .post(&format!("{old_link}/accept"), &password)
        .await;
    dead.problem(410, "invitation_cancelled");
    let accept = format!("{}/accept", app.link(NEW).await);
    app.nobody().post(&accept, &password).await.expect(200);
    sign_in(&app, NEW).await.expect(200);
}

#[tokio::test]
async fn a_link_that_was_asked_for_before_another_change_does_nothing() {
    let (app, ada) = started().await;
    let first = ask(&app, &ada).await;
    let change = json!({ "email": "king@example.com", "password": PASSWORD });
    ada.actor.post("/portal/email", &change).await.expect(200);
    app.settle().await;
    let second = app.link_to("king@example.com", "/verify/").await;
    app.nobody().post(&second, &json!({})).await.expect(200);

    app.nobody()
        .post(&first, &json!({}))
        .await
        .problem(410, "link_used");

    sign_in(&app, "king@example.com").await.expect(200);
}

#[tokio::test]
async fn an_address_that_waits_to_be_proved_is_shown_audited_and_cancelled() {
    let (app, ada) = started().await;
    let admin = app.admin();
    let path = format!("/v1/clients/{}", ada.id);
    let link = ask(&app, &ada).await;

    let shown = admin.get(&path).await.expect(200);
    assert_eq!(
        (&shown["email"], &shown["pendingEmail"]),
        (&json!(OLD), &json!(NEW))
    );
    let kind = "eventType=client.emailChangeRequested";
    let log = format!("/v1/audit-log?{kind}&objectId={}", ada.id);
    let log = admin.get(&log).await.expect(200);
    assert_eq!(log["data"].as_array().map(Vec::len), Some(1));

    // Only the last of several links works.
    let other = json!({ "email": "lovelace@example.com" });
    let asked = admin.patch(&path, &other).await.expect(200);
    assert_eq!(asked["pendingEmail"], "lovelace@example.com");
    app.settle().await;
    let nothing = json!({});
    let refused = app.nobody().post(&link, &nothing).await;
    refused.problem(410, "link_used");
    let link = app.link_to("lovelace@example.com", "/verify/").await;
    let kept = json!({ "pendingEmail": null });
    let kept = admin.patch(&path, &kept).await.expect(200);
    assert_eq!(kept.get("pendingEmail"), None);
    let refused = app.nobody().post(&link, &nothing).await;
    refused.problem(410, "link_used");
    let set = json!({ "pendingEmail": NEW });
    let refused = admin.patch(&path, &set).await;
    assert_eq!(refused.problem(400, "field_invalid"), Some("pendingEmail"));

    // What nobody proves in time is no more awaited.
    ask(&app, &ada).await;
    app.advance(Duration::from_hours(24)).await;
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown.get("pendingEmail"), None);
}

#[tokio::test]
async fn the_same_address_in_another_spelling_needs_no_proof() {
    let (app, ada) = started().await;
    let path = format!("/v1/clients/{}", ada.id);
    let mails = app.mails(OLD).await.len();

    let spelled = json!({ "email": "Ada@Example.com" });
    let changed = app.admin().patch(&path, &spelled).await.expect(200);
    app.settle().await;

    assert_eq!(changed["email"], "Ada@Example.com");
    assert_eq!(app.mails(OLD).await.len(), mails);
    sign_in(&app, OLD).await.expect(200);
}
