//! Invitations through the public door.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

const WEEK: Duration = Duration::from_hours(7 * 24);
const PASSWORD: &str = "correct horse battery";

/// A client with an open invitation, and its mail delivered.
async fn invited(app: &TestApp, email: &str) -> Value {
    let body = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": email });
    let client = app
        .admin()
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    app.settle().await;
    client
}

async fn only_invitation(app: &TestApp) -> Value {
    let list = app.admin().get("/v1/invitations").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    list["data"][0].clone()
}

fn path(object: &str, thing: &Value) -> String {
    format!("/v1/{object}/{}", id(thing))
}

#[tokio::test]
async fn opening_a_link_never_uses_it_up() {
    let app = TestApp::start().await;
    invited(&app, "ada@example.com").await;
    let link = app.link("ada@example.com").await;
    let nobody = app.nobody();

    for _ in 0..50 {
        assert_eq!(nobody.get(&link).await.status, 200);
        assert_eq!(nobody.send("HEAD", &link, None).await.status, 200);
    }

    let offer = nobody
        .with("accept", "application/json")
        .get(&link)
        .await
        .expect(200);
    assert_eq!(offer["email"], "ada@example.com");
    let accepted = nobody
        .post(&format!("{link}/accept"), &json!({ "password": PASSWORD }))
        .await;
    assert_eq!(accepted.expect(200)["status"], "active");
}

#[tokio::test]
async fn an_invitation_not_accepted_in_a_week_expires() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["invitation.expired", "client.statusChanged"])
        .await;
    let client = invited(&app, "ada@example.com").await;
    let link = app.link("ada@example.com").await;

    app.advance(WEEK).await;

    assert_eq!(
        receiver.event_types(),
        ["invitation.expired", "client.statusChanged"]
    );
    let client = app.admin().get(&path("clients", &client)).await.expect(200);
    assert_eq!(
        (&client["status"], &client["inviteUrl"]),
        (&json!("notInvited"), &json!(""))
    );
    assert_eq!(only_invitation(&app).await["status"], "expired");
    app.nobody()
        .get(&link)
        .await
        .problem(410, "invitation_expired");
    let accept = app
        .nobody()
        .post(&format!("{link}/accept"), &json!({ "password": PASSWORD }))
        .await;
    accept.problem(410, "invitation_expired");
    let page = app.nobody().with("accept", "text/html").get(&link).await;
    assert_eq!(page.status, 410);
    assert!(
        page.text.contains("This invitation has expired"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn expiry_is_told_once_however_often_it_runs() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["invitation.expired"]).await;
    invited(&app, "ada@example.com").await;

    app.advance(WEEK).await;
    app.advance(Duration::from_mins(1)).await;
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(receiver.event_types(), ["invitation.expired"]);
}

#[tokio::test]
async fn a_client_can_be_invited_again_after_anything() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let client = invited(&app, "ada@example.com").await;
    let again = json!({ "clientId": client["id"] });

    let open = admin.post("/v1/invitations", &again).await;
    open.problem(409, "invitation_open");

    let first = only_invitation(&app).await;
    admin
        .post(
            &format!("{}/cancel", path("invitations", &first)),
            &json!({}),
        )
        .await
        .expect(200);
    assert_eq!(
        admin.get(&path("clients", &client)).await.expect(200)["status"],
        "notInvited"
    );
    let second = admin.post("/v1/invitations", &again).await.expect(201);
    assert_ne!(first["id"], second["id"]);

    app.advance(WEEK).await;
    let third = admin.post("/v1/invitations", &again).await.expect(201);
    assert_eq!(third["status"], "pending");
    assert_eq!(
        admin.get(&path("clients", &client)).await.expect(200)["status"],
        "invited"
    );
}

#[tokio::test]
async fn a_resent_invitation_has_a_new_link_and_the_old_one_is_dead() {
    let app = TestApp::start().await;
    let admin = app.admin();
    invited(&app, "ada@example.com").await;
    let old = app.link("ada@example.com").await;
    let first = only_invitation(&app).await;
    let resend = format!("{}/resend", path("invitations", &first));

    let soon = admin.post(&resend, &json!({})).await;
    soon.problem(429, "resend_too_soon");
    assert!(
        soon.header("retry-after")
            .parse::<u64>()
            .is_ok_and(|seconds| (1..=60).contains(&seconds))
    );

    app.advance(Duration::from_mins(1)).await;
    let again = admin.post(&resend, &json!({})).await.expect(200);
    app.settle().await;
    let new = app.link("ada@example.com").await;

    assert_eq!(again["id"], first["id"]);
    assert_eq!(app.mails("ada@example.com").await.len(), 2);
    assert_eq!(only_invitation(&app).await["sendCount"], 2);
    assert_ne!(old, new);
    app.nobody()
        .get(&old)
        .await
        .problem(410, "invitation_superseded");
    assert_eq!(app.nobody().get(&new).await.status, 200);
}

#[tokio::test]
async fn sending_the_invite_with_an_update_invites_or_sends_again() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com" });
    let client = admin.post("/v1/clients", &body).await.expect(200);
    assert_eq!(client["status"], "notInvited");
    let update = format!("{}?sendInvite=true", path("clients", &client));

    assert_eq!(
        admin.patch(&update, &json!({})).await.expect(200)["status"],
        "invited"
    );
    app.advance(Duration::from_mins(1)).await;
    assert_eq!(
        admin
            .patch(&update, &json!({ "familyName": "King" }))
            .await
            .expect(200)["status"],
        "invited"
    );
    app.settle().await;

    assert_eq!(app.mails("ada@example.com").await.len(), 2);
    assert_eq!(only_invitation(&app).await["sendCount"], 2);
}

#[tokio::test]
async fn a_cancelled_invitation_cannot_be_accepted() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["invitation.cancelled"]).await;
    invited(&app, "ada@example.com").await;
    let link = app.link("ada@example.com").await;
    let cancel = format!(
        "{}/cancel",
        path("invitations", &only_invitation(&app).await)
    );

    let cancelled = app.admin().post(&cancel, &json!({})).await.expect(200);
    app.settle().await;

    assert_eq!(cancelled["status"], "cancelled");
    let accept = app
        .nobody()
        .post(&format!("{link}/accept"), &json!({ "password": PASSWORD }))
        .await;
    accept.problem(410, "invitation_cancelled");
    app.admin()
        .post(&cancel, &json!({}))
        .await
        .problem(409, "invitation_not_pending");
    assert_eq!(receiver.event_types(), ["invitation.cancelled"]);
}

#[tokio::test]
async fn an_active_client_needs_no_invitation() {
    let app = TestApp::start().await;
    let client = invited(&app, "ada@example.com").await;
    let link = app.link("ada@example.com").await;
    app.nobody()
        .post(&format!("{link}/accept"), &json!({ "password": PASSWORD }))
        .await
        .expect(200);

    let again = app
        .admin()
        .post("/v1/invitations", &json!({ "clientId": client["id"] }))
        .await;

    again.problem(409, "client_active");
}

#[tokio::test]
async fn invitations_are_listed_by_status_client_and_address() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = invited(&app, "ada@example.com").await;
    invited(&app, "Grace@example.com").await;
    let first = admin
        .get("/v1/invitations?email=ADA@example.com")
        .await
        .expect(200)["data"][0]
        .clone();
    admin
        .post(
            &format!("{}/cancel", path("invitations", &first)),
            &json!({}),
        )
        .await
        .expect(200);

    let emails = async |query: &str| -> Vec<Value> {
        let list = admin
            .get(&format!("/v1/invitations?{query}"))
            .await
            .expect(200);
        let items = list["data"].as_array().expect("a list").clone();
        items
            .iter()
            .map(|invitation| invitation["email"].clone())
            .collect()
    };
    let of_ada = format!("clientId={}", id(&ada));
    assert_eq!(emails("").await, ["Grace@example.com", "ada@example.com"]);
    assert_eq!(emails("status=pending").await, ["Grace@example.com"]);
    assert_eq!(emails("status=cancelled").await, ["ada@example.com"]);
    assert_eq!(
        emails("email=grace@example.com").await,
        ["Grace@example.com"]
    );
    assert_eq!(emails(&of_ada).await, ["ada@example.com"]);
    assert_eq!(
        emails(&format!("{of_ada}&status=pending")).await,
        Vec::<Value>::new()
    );
    assert_eq!(
        emails(&format!("{of_ada}&email=ADA@example.com")).await,
        ["ada@example.com"]
    );
    assert_eq!(
        emails(&format!("{of_ada}&email=grace@example.com")).await,
        Vec::<Value>::new()
    );
    admin
        .get("/v1/invitations?status=lost")
        .await
        .problem(400, "parameter_invalid");
}
