//! Invitations that are sent again, that somebody's coming overtakes, or that
//! end before their mail goes out.

use e2e::{PASSWORD, TestApp, TestClient, id};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

/// A client in a company of its own, and the path of the company.
async fn client(app: &TestApp) -> (Value, String) {
    let body = json!({ "name": "Ada Lovelace", "email": ADA, "companyName": "Engines" });
    let client = app.admin().post("/v1/clients", &body).await.expect(200);
    let company = client["companyId"].as_str().expect("a company");
    let company = format!("/v1/companies/{company}");
    (client, company)
}

async fn invite(app: &TestApp, body: &Value) -> Value {
    let invitation = app.admin().post("/v1/invitations", body).await;
    invitation.expect(201)
}

async fn read(app: &TestApp, invitation: &Value) -> Value {
    let path = format!("/v1/invitations/{}", id(invitation));
    app.admin().get(&path).await.expect(200)
}

#[tokio::test]
async fn whoever_is_in_an_inactive_company_is_sent_no_invitation_again() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (ada, company) = client(&app).await;
    let invitation = invite(&app, &json!({ "clientId": ada["id"] })).await;
    app.settle().await;
    app.advance(2 * MINUTE).await;
    let act = |action: &str| format!("/v1/invitations/{}/{action}", id(&invitation));
    let update = format!("/v1/clients/{}?sendInvite=true", id(&ada));
    let many = json!({ "clientIds": [ada["id"]] });
    let set = async |is_active: bool| {
        let body = json!({ "isActive": is_active });
        admin.patch(&company, &body).await.expect(200);
    };

    set(false).await;
    for refused in [
        admin.post(&act("resend"), &json!({})).await,
        admin.post(&act("link"), &json!({})).await,
        admin.patch(&update, &json!({})).await,
    ] {
        assert_eq!(refused.problem(409, "company_inactive"), Some("companyIds"));
    }
    let verdicts = admin.post("/v1/invitations/bulk", &many).await.expect(200);
    assert_eq!(verdicts["data"][0]["verdict"], "company_inactive");
    // Nor reminded, however often the reminder is due.
    app.advance(5 * DAY).await;
    app.advance(MINUTE).await;
    assert_eq!(app.mails(ADA).await.len(), 1);

    // Whoever was let in before it was switched off is in: its link is good.
    let link = app.link(ADA).await;
    assert_eq!(app.nobody().get(&link).await.status, 200);
    set(true).await;
    admin.post(&act("link"), &json!({})).await.expect(200);
    admin.post(&act("resend"), &json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.mails(ADA).await.len(), 2);
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_lasts_as_long_as_it_was_asked_to() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (ada, _) = client(&app).await;
    let days_left = |invitation: &Value| {
        let end: portico_domain::Time =
            serde_json::from_value(invitation["expiresAt"].clone()).expect("a time");
        end.since(app.now()).as_secs() / DAY.as_secs()
    };
    let by_hand = json!({ "clientId": ada["id"], "send": false, "expiresInDays": 30 });
    let invitation = invite(&app, &by_hand).await;
    let resend = format!("/v1/invitations/{}/resend", id(&invitation));
    let many = json!({ "clientIds": [ada["id"]] });

    // By its first mail, once more, among many, and with an update.
    for _ in 0..2 {
        let again = admin.post(&resend, &json!({})).await.expect(200);
        assert_eq!(days_left(&again), 30);
        app.advance(MINUTE).await;
    }
    let verdicts = admin.post("/v1/invitations/bulk", &many).await.expect(200);
    assert_eq!(days_left(&verdicts["data"][0]["invitation"]), 30);
    app.advance(MINUTE).await;
    let update = format!("/v1/clients/{}?sendInvite=true", id(&ada));
    admin.patch(&update, &json!({})).await.expect(200);
    assert_eq!(days_left(&read(&app, &invitation).await), 30);

    // Until something else is asked for, which then holds.
    app.advance(DAY).await;
    let other = json!({ "expiresInDays": 2 });
    let again = admin.post(&resend, &other).await.expect(200);
    assert_eq!(days_left(&again), 2);
    app.settle().await;

    // And when its end is over, and the client asks for another link.
    app.advance(2 * DAY).await;
    let renew = format!("{}/renew", app.link(ADA).await);
    app.nobody().post(&renew, &json!({})).await.expect(200);
    let pending = admin.get("/v1/invitations?status=pending").await;
    assert_eq!(days_left(&pending.expect(200)["data"][0]), 2);
}

#[tokio::test]
async fn a_mail_that_never_went_out_does_not_wait_for_ever() {
    let app = TestApp::start().await;
    let (ada, _) = client(&app).await;
    app.server.aws().inject(|call: &Call| {
        (call.service == "ses").then_some(Fault::Refuse("TooManyRequestsException"))
    });
    let invitation = invite(&app, &json!({ "clientId": ada["id"] })).await;
    app.settle().await;
    let waiting = read(&app, &invitation).await;
    assert_eq!(waiting["delivery"]["state"], "deferred");

    let cancel = format!("/v1/invitations/{}/cancel", id(&invitation));
    let cancelled = app.admin().post(&cancel, &json!({})).await.expect(200);
    app.server.aws().heal();
    app.advance(MINUTE).await;

    assert_eq!(cancelled["delivery"]["state"], "notSent");
    assert_eq!(
        read(&app, &invitation).await["delivery"]["state"],
        "notSent"
    );
    assert_eq!(app.mails(ADA).await.len(), 0);
}

#[tokio::test]
async fn whoever_signs_up_has_accepted_the_invitation_that_waits() {
    let app = TestApp::start().await;
    let settings = json!({ "isClientDirectSignUpEnabled": true });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);
    let (ada, _) = client(&app).await;
    let invitation = invite(&app, &json!({ "clientId": ada["id"] })).await;
    app.settle().await;
    let invited = app.link(ADA).await;
    let path = app.sign_in_path().replace("/sign-in", "/sign-up");
    let person = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": ADA });
    app.nobody().post(&path, &person).await.expect(200);
    app.settle().await;

    let proof = app.link_to(ADA, "/verify/").await;
    let password = json!({ "password": PASSWORD });
    app.nobody().post(&proof, &password).await.expect(200);

    assert_eq!(read(&app, &invitation).await["status"], "accepted");
    let page = app.nobody().with("accept", "text/html").get(&invited).await;
    assert!(page.text.contains(&app.sign_in_path()), "{}", page.text);
    let told = app.admin().get("/v1/events?eventType=invitation.*").await;
    assert!(!told.text.contains("invitation.cancelled"), "{}", told.text);
}

/// A client of a workspace whose clients may invite, and its company.
async fn inviter(app: &TestApp) -> (TestClient, String) {
    let admin = app.admin();
    let settings = json!({ "isClientInviteEnabled": true });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let engines = json!({ "name": "Engines" });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    let engines = id(&engines).to_owned();
    let ada = app.client("Ada Lovelace", ADA, Some(&engines)).await;
    (ada, engines)
}

const CHARLES: &str = "charles@example.com";

fn charles() -> Value {
    json!({ "givenName": "Charles", "familyName": "Babbage", "email": CHARLES })
}

#[tokio::test]
async fn a_colleague_whose_invitation_has_run_out_is_invited_again() {
    let app = TestApp::start().await;
    let (ada, _) = inviter(&app).await;
    let invite = async || {
        let asked = ada.actor.post("/portal/invitations", &charles()).await;
        app.settle().await;
        asked.expect(200)
    };
    let first = invite().await;
    let status = async || {
        let team = ada.actor.get("/portal/team").await.expect(200);
        team["data"][0]["status"].clone()
    };
    assert_eq!(status().await, "invited");
    assert_eq!(invite().await, first);
    assert_eq!(app.mails(CHARLES).await.len(), 1, "once a minute");

    app.advance(8 * DAY).await;
    let tokens = json!({ "email": ADA, "password": PASSWORD });
    let tokens = app.nobody().post(&app.sign_in_path(), &tokens).await;
    let ada = app.bearer(&tokens.expect(200));
    let team = ada.get("/portal/team").await.expect(200);
    assert_eq!(team["data"][0]["status"], "notInvited");
    let mails = app.mails(CHARLES).await.len();
    let again = ada.post("/portal/invitations", &charles()).await;
    app.settle().await;
    assert_eq!(again.expect(200), first);
    assert_eq!(app.mails(CHARLES).await.len(), mails + 1);

    // Whom the team does not want, no client brings back.
    let pending = app.admin().get("/v1/invitations?status=pending").await;
    let pending = pending.expect(200)["data"][0].clone();
    let cancel = format!("/v1/invitations/{}/cancel", id(&pending));
    app.admin().post(&cancel, &json!({})).await.expect(200);
    app.advance(2 * MINUTE).await;
    let again = ada.post("/portal/invitations", &charles()).await;
    app.settle().await;
    assert_eq!(again.expect(200), first);
    assert_eq!(app.mails(CHARLES).await.len(), mails + 1);

    // Nor is anybody of another company mailed.
    let elsewhere = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    app.admin()
        .post("/v1/clients", &elsewhere)
        .await
        .expect(200);
    let mut grace = charles();
    grace["email"] = "grace@example.com".into();
    let other = ada.post("/portal/invitations", &grace).await;
    app.settle().await;
    assert_eq!(other.expect(200), first);
    assert_eq!(app.mails("grace@example.com").await.len(), 0);
}

#[tokio::test]
async fn what_keeps_a_colleague_out_does_not_tell_who_is_known() {
    let app = TestApp::start().await;
    let (ada, engines) = inviter(&app).await;
    let admin = app.admin();
    let known = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    admin.post("/v1/clients", &known).await.expect(200);
    let ask = async |email: &str| {
        let mut colleague = charles();
        colleague["email"] = email.into();
        let answer = ada.actor.post("/portal/invitations", &colleague).await;
        (answer.status, answer.body)
    };
    let company = format!("/v1/companies/{engines}");

    admin
        .patch(&company, &json!({ "isActive": false }))
        .await
        .expect(200);
    let (status, refused) = ask("nobody@example.com").await;
    assert_eq!(
        (status, &refused["code"]),
        (409, &json!("company_inactive"))
    );
    assert_eq!(ask("grace@example.com").await, (status, refused));
}
