//! The walk through the front door and the portal.

use super::{create, show_a_face};
use e2e::{Actor, TestApp, id};
use portico_domain::{Account, Change, Ticket, TicketPurpose};
use serde_json::{Value, json};
use std::time::Duration;

/// A link copied, many clients invited, and a new link asked for.
pub(super) async fn use_links(app: &TestApp, admin: &Actor, invitation: &str, company: &str) {
    let link = format!("/v1/invitations/{invitation}/link");
    admin.post(&link, &json!({})).await.expect(200);
    let edsger = create(
        admin,
        "clients",
        json!({
            "name": "Edsger Dijkstra", "email": "bounce@simulator.amazonses.com",
            "companyId": company,
        }),
    )
    .await;
    let many = json!({ "clientIds": [edsger] });
    admin.post("/v1/invitations/bulk", &many).await.expect(200);
    app.settle().await;
    let old = app.link("bounce@simulator.amazonses.com").await;
    let list = admin
        .get(&format!("/v1/invitations?clientId={edsger}"))
        .await
        .expect(200);
    app.advance(Duration::from_mins(1)).await;
    let resend = format!("/v1/invitations/{}/resend", id(&list["data"][0]));
    let for_a_day = json!({ "expiresInDays": 1 });
    admin.post(&resend, &for_a_day).await.expect(200);
    // Only whose invitation has ended is invited anew.
    app.advance(Duration::from_hours(24)).await;
    let renew = format!("{old}/renew");
    app.nobody().post(&renew, &json!({})).await.expect(200);
    app.settle().await;
}

/// A link that is good once, mailed and used.
pub(super) async fn mail_a_ticket(app: &TestApp, client: &str) {
    let (core, id) = (app.server.app(), client.parse().expect("an id"));
    let store = core.store.workspace(app.server.workspace_id);
    let mut change = Change::by_system(core.moment());
    let ticket = Ticket::issue(
        &mut change,
        app.server.workspace_id,
        Account::Client { id },
        TicketPurpose::ResetPassword,
    );
    store.commit(&change).await.expect("it is written");
    app.settle().await;
    let mut change = Change::by_system(core.moment());
    ticket.use_up(&mut change).expect("it is good");
    store.commit(&change).await.expect("it is written");
    app.settle().await;
}

pub(super) async fn accept(app: &TestApp, email: &str) {
    let link = app.link(email).await;
    assert_eq!(app.nobody().get(&link).await.status, 200);
    let password = json!({ "password": "correct horse battery" });
    let accepted = app
        .nobody()
        .post(&format!("{link}/accept"), &password)
        .await
        .expect(200);
    use_the_portal(app, email, &accepted["session"]).await;
}

/// Signs in, refreshes, looks at everything, and signs out.
async fn use_the_portal(app: &TestApp, email: &str, tokens: &Value) {
    let (client, nobody, path) = (app.bearer(tokens), app.nobody(), app.sign_in_path());
    let refresh = json!({ "refreshToken": tokens["refreshToken"] });
    nobody.post("/sessions/refresh", &refresh).await.expect(200);
    for path in ["me", "team", "sessions"] {
        client.get(&format!("/portal/{path}")).await.expect(200);
    }
    nobody.get("/.well-known/jwks.json").await.expect(200);
    let profile = json!({ "position": "Countess" });
    client.patch("/portal/me", &profile).await.expect(200);
    show_a_face(app, &client, "/portal/me/avatar").await;

    let mut browser = app.browser();
    assert_eq!(browser.open(&format!("{path}/x")).await.status, 404);
    browser.open(&path).await;
    let fields = [("email", email), ("password", e2e::PASSWORD)];
    assert_eq!(browser.submit(&path, &fields).await.status, 303);
    app.advance(Duration::from_mins(5)).await;
    assert_eq!(browser.open("/portal").await.status, 200);
    let session = tokens["sessionId"].as_str().expect("an id");
    let revoke = format!("/portal/sessions/{session}");
    client.delete(&revoke).await.expect(200);

    let password = json!({ "email": email, "password": e2e::PASSWORD });
    let tokens = nobody.post(&path, &password).await.expect(200);
    let phrase = "quite another phrase";
    let change = json!({ "currentPassword": e2e::PASSWORD, "password": phrase });
    let tokens = app.bearer(&tokens).post("/portal/password", &change).await;
    let client = app.bearer(&tokens.expect(200));
    client
        .post("/portal/sign-out", &json!({}))
        .await
        .expect(200);
    let password = json!({ "email": email, "password": phrase });
    let tokens = nobody.post(&path, &password).await.expect(200);
    let everywhere = json!({ "everywhere": "true" });
    app.bearer(&tokens)
        .post("/portal/sign-out", &everywhere)
        .await
        .expect(200);
    get_in_with_links(app, email).await;
    come_in_by_oneself(app, email).await;
    let password = json!({ "email": email, "password": e2e::PASSWORD });
    // A token that was used before ends its session.
    let tokens = nobody.post(&path, &password).await.expect(200);
    let refresh = json!({ "refreshToken": tokens["refreshToken"] });
    nobody.post("/sessions/refresh", &refresh).await.expect(200);
    app.advance(Duration::from_secs(10)).await;
    assert_eq!(nobody.post("/sessions/refresh", &refresh).await.status, 401);
}

/// Signs in with a link, and chooses the first password again with another.
async fn get_in_with_links(app: &TestApp, email: &str) {
    let nobody = app.nobody();
    let door = app.sign_in_path().replace("/sign-in", "");
    let forgotten = format!("{door}/forgotten");
    assert_eq!(nobody.get(&forgotten).await.status, 200);
    for (path, page) in [("sign-in/link", "/magic/"), ("forgotten", "/reset/")] {
        let body = json!({ "email": email });
        nobody
            .post(&format!("{door}/{path}"), &body)
            .await
            .expect(200);
        app.settle().await;
        let link = app.link_to(email, page).await;
        assert_eq!(nobody.get(&link).await.status, 200);
        let body = json!({ "password": e2e::PASSWORD });
        nobody.post(&link, &body).await.expect(200);
    }
    app.settle().await;
}

/// Signs up, invites a colleague, and changes an address.
async fn come_in_by_oneself(app: &TestApp, email: &str) {
    let (admin, nobody) = (app.admin(), app.nobody());
    let settings = json!({ "isClientDirectSignUpEnabled": true, "isClientInviteEnabled": true });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let path = app.sign_in_path().replace("/sign-in", "/sign-up");
    assert_eq!(nobody.get(&path).await.status, 200);
    let sophie =
        json!({ "givenName": "Sophie", "familyName": "Germain", "email": "sophie@example.com" });
    nobody.post(&path, &sophie).await.expect(200);
    app.settle().await;
    let link = app.link_to("sophie@example.com", "/verify/").await;
    assert_eq!(nobody.get(&link).await.status, 200);
    let password = json!({ "password": e2e::PASSWORD });
    nobody.post(&link, &password).await.expect(200);

    let password = json!({ "email": email, "password": e2e::PASSWORD });
    let tokens = nobody.post(&app.sign_in_path(), &password).await;
    let client = app.bearer(&tokens.expect(200));
    let emmy = json!({ "givenName": "Emmy", "familyName": "Noether", "email": "emmy@example.com" });
    client.post("/portal/invitations", &emmy).await.expect(200);
    for (from, to) in [(email, "other@example.com"), ("other@example.com", email)] {
        let change = json!({ "email": to, "password": e2e::PASSWORD });
        client.post("/portal/email", &change).await.expect(200);
        app.settle().await;
        let link = app.link_to(to, "/verify/").await;
        nobody.post(&link, &json!({})).await.expect(200);
        app.settle().await;
        assert!(!app.mails(from).await.is_empty());
    }
}
