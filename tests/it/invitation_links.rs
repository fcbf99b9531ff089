//! Links of invitations: copied, renewed, looked at.

use e2e::{TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
const PASSWORD: &str = "correct horse battery";
pub(crate) const ADA: &str = "ada@example.com";

pub(crate) async fn client(app: &TestApp, email: &str) -> Value {
    let body = json!({ "name": "Ada Lovelace", "email": email });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

/// A client in a company of its own.
pub(crate) async fn client_in_company(app: &TestApp, email: &str) -> Value {
    let body = json!({
        "name": "Ada Lovelace", "email": email, "companyName": format!("The company of {email}"),
    });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

pub(crate) async fn set_active(app: &TestApp, client: &Value, is_active: bool) {
    let company = client["companyIds"][0].as_str().expect("a company");
    let path = format!("/v1/companies/{company}");
    let body = json!({ "isActive": is_active });
    app.admin().patch(&path, &body).await.expect(200);
}

pub(crate) async fn invite(app: &TestApp, body: &Value) -> Value {
    let invitation = app.admin().post("/v1/invitations", body).await.expect(201);
    app.settle().await;
    invitation
}

async fn invited(app: &TestApp) -> (Value, Value) {
    let client = client(app, ADA).await;
    let invitation = invite(app, &json!({ "clientId": client["id"] })).await;
    (client, invitation)
}

async fn act(app: &TestApp, invitation: &Value, action: &str) -> Value {
    let path = format!("/v1/invitations/{}/{action}", id(invitation));
    let done = app.admin().post(&path, &json!({})).await.expect(200);
    app.settle().await;
    done
}

async fn status(app: &TestApp, client: &Value) -> Value {
    let path = format!("/v1/clients/{}", id(client));
    app.admin().get(&path).await.expect(200)["status"].clone()
}

/// The path of the link that an answer carries.
fn path_in(url: &Value) -> String {
    let url = url.as_str().expect("a link");
    url[url.find("/i/").expect("its path")..].to_owned()
}

/// Asks for a new link with this one, which is always answered in one way.
async fn renew(app: &TestApp, link: &str) {
    let answer = app
        .nobody()
        .post(&format!("{link}/renew"), &json!({}))
        .await;
    assert_eq!(
        answer.expect(200),
        json!({
            "object": "invitationRenewal",
            "message": "if this link was an invitation that you can still accept, a mail with a new link is on its way to the address that was invited",
        })
    );
    app.settle().await;
}

pub(crate) async fn accept(app: &TestApp, link: &str) -> u16 {
    let body = json!({ "password": PASSWORD });
    let path = format!("{link}/accept");
    app.nobody().post(&path, &body).await.status
}

#[tokio::test]
async fn copying_the_link_leaves_everything_as_it_is() {
    let app = TestApp::start().await;
    let (client, invitation) = invited(&app).await;
    let mailed = app.link(ADA).await;
    let path = format!("/v1/invitations/{}", id(&invitation));
    let before = app.admin().get(&path).await.expect(200);

    let copied = act(&app, &invitation, "link").await;

    assert_eq!(path_in(&copied["url"]), mailed);
    assert_eq!(copied["expiresAt"], before["expiresAt"]);
    assert_eq!(app.admin().get(&path).await.expect(200), before);
    assert_eq!(status(&app, &client).await, "invited");
    assert_eq!(app.mails(ADA).await.len(), 1);
}

#[tokio::test]
async fn a_link_made_without_a_mail_leaves_the_client_not_invited_and_works() {
    let app = TestApp::start().await;
    let client = client(&app, ADA).await;
    let body = json!({ "clientId": client["id"], "send": false });
    let invitation = invite(&app, &body).await;
    assert_eq!(invitation["delivery"]["state"], "notSent");
    assert_eq!(status(&app, &client).await, "notInvited");
    assert_eq!(app.mails(ADA).await.len(), 0);

    let link = path_in(&act(&app, &invitation, "link").await["url"]);
    assert_eq!(app.nobody().get(&link).await.status, 200);
    assert_eq!(accept(&app, &link).await, 200);

    assert_eq!(status(&app, &client).await, "active");
}

#[tokio::test]
async fn a_link_made_without_a_mail_expires_and_is_cancelled_like_any_other() {
    let app = TestApp::start().await;
    let client = client(&app, ADA).await;
    let body = json!({ "clientId": client["id"], "send": false, "expiresInDays": 2 });
    let expired = invite(&app, &body).await;
    let link = path_in(&act(&app, &expired, "link").await["url"]);
    app.advance(2 * DAY).await;
    assert_eq!(accept(&app, &link).await, 410);
    let path = format!("/v1/invitations/{}/link", id(&expired));
    let gone = app.admin().post(&path, &json!({})).await;
    gone.problem(409, "invitation_not_pending");

    let cancelled = invite(&app, &body).await;
    let again = app.admin().post("/v1/invitations", &body).await;
    again.problem(409, "invitation_open");
    let link = path_in(&act(&app, &cancelled, "link").await["url"]);
    act(&app, &cancelled, "cancel").await;
    let dead = app.nobody().get(&link).await;
    dead.problem(410, "invitation_cancelled");
    assert_eq!(status(&app, &client).await, "notInvited");
}

#[tokio::test]
async fn a_link_that_was_handed_over_is_the_one_in_the_mail_that_follows() {
    for by_resending in [true, false] {
        let app = TestApp::start().await;
        let client = client(&app, ADA).await;
        let body = json!({ "clientId": client["id"], "send": false });
        let invitation = invite(&app, &body).await;
        let link = path_in(&act(&app, &invitation, "link").await["url"]);

        let mailed = if by_resending {
            act(&app, &invitation, "resend").await
        } else {
            invite(&app, &json!({ "clientId": client["id"] })).await
        };

        assert_eq!(mailed["id"], invitation["id"]);
        assert_eq!(status(&app, &client).await, "invited");
        assert_eq!(app.link(ADA).await, link);
        assert_eq!(accept(&app, &link).await, 200);
    }
}

#[tokio::test]
async fn an_invitation_is_good_for_as_long_as_it_says() {
    let app = TestApp::start().await;
    let client = client(&app, ADA).await;
    let new = |days: i64| json!({ "clientId": client["id"], "expiresInDays": days });
    for days in [0, 31, -1, i64::MAX] {
        let refused = app.admin().post("/v1/invitations", &new(days)).await;
        assert_eq!(refused.problem(400, "field_invalid"), Some("expiresInDays"));
    }
    let invitation = invite(&app, &new(30)).await;
    let link = app.link(ADA).await;
    app.advance(29 * DAY).await;
    assert_eq!(app.nobody().get(&link).await.status, 200);

    let resend = format!("/v1/invitations/{}/resend", id(&invitation));
    let body = json!({ "expiresInDays": 1 });
    app.admin().post(&resend, &body).await.expect(200);
    app.settle().await;
    let link = app.link(ADA).await;
    app.advance(DAY.saturating_sub(Duration::from_secs(1)))
        .await;
    assert_eq!(app.nobody().get(&link).await.status, 200);
    app.advance(Duration::from_secs(1)).await;

    let dead = app.nobody().get(&link).await;
    dead.problem(410, "invitation_expired");
}

#[tokio::test]
async fn whoever_has_an_expired_link_is_mailed_a_new_one() {
    let app = TestApp::start().await;
    let (client, invitation) = invited(&app).await;
    let old = app.link(ADA).await;
    app.advance(7 * DAY).await;
    assert_eq!(status(&app, &client).await, "notInvited");

    renew(&app, &old).await;

    let new = app.link(ADA).await;
    assert_ne!(old, new);
    assert_eq!(status(&app, &client).await, "invited");
    let pending = app.admin().get("/v1/invitations?status=pending").await;
    let pending = pending.expect(200)["data"][0].clone();
    assert_ne!(pending["id"], invitation["id"]);
    assert_eq!(pending["createdBy"], invitation["createdBy"]);
    assert_eq!(accept(&app, &new).await, 200);
}

#[tokio::test]
async fn whoever_is_in_a_company_is_mailed_a_new_link_while_it_is_active() {
    let app = TestApp::start().await;
    let client = client_in_company(&app, ADA).await;
    invite(&app, &json!({ "clientId": client["id"] })).await;
    let old = app.link(ADA).await;
    app.advance(7 * DAY).await;

    set_active(&app, &client, false).await;
    renew(&app, &old).await;
    assert_eq!(app.mails(ADA).await.len(), 1, "nobody is invited into it");
    assert_eq!(status(&app, &client).await, "notInvited");

    set_active(&app, &client, true).await;
    renew(&app, &old).await;
    assert_eq!(app.mails(ADA).await.len(), 2);
    assert_eq!(accept(&app, &app.link(ADA).await).await, 200);
}

#[tokio::test]
async fn an_expired_link_is_renewed_before_anybody_told_that_it_expired() {
    let app = TestApp::start().await;
    invited(&app).await;
    let old = app.link(ADA).await;
    app.server.pass(7 * DAY);

    renew(&app, &old).await;

    assert_eq!(accept(&app, &app.link(ADA).await).await, 200);
    let told = app
        .admin()
        .get("/v1/events?eventType=invitation.expired")
        .await;
    assert_eq!(told.expect(200)["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn whoever_has_an_older_link_is_mailed_the_newest_which_stays_alive() {
    let app = TestApp::start().await;
    let (_, invitation) = invited(&app).await;
    let old = app.link(ADA).await;
    app.advance(Duration::from_mins(1)).await;
    act(&app, &invitation, "resend").await;
    let newest = app.link(ADA).await;
    app.advance(Duration::from_mins(1)).await;

    renew(&app, &old).await;

    assert_eq!(app.mails(ADA).await.len(), 3);
    assert_eq!(app.link(ADA).await, newest);
    assert_eq!(accept(&app, &newest).await, 200);
}

#[tokio::test]
async fn renewing_is_throttled_and_says_nothing_of_it() {
    let app = TestApp::start().await;
    invited(&app).await;
    let old = app.link(ADA).await;
    app.advance(7 * DAY).await;

    for _ in 0..20 {
        renew(&app, &old).await;
    }
    assert_eq!(app.mails(ADA).await.len(), 2, "once a minute");
    for _ in 0..20 {
        app.advance(Duration::from_mins(1)).await;
        renew(&app, &old).await;
    }

    assert_eq!(app.mails(ADA).await.len(), 7, "and five times a day");
}

#[tokio::test]
async fn nobody_is_mailed_for_a_link_that_works_was_withdrawn_used_or_never_given_out() {
    let app = TestApp::start().await;
    let (client, invitation) = invited(&app).await;
    let first = app.link(ADA).await;
    app.advance(Duration::from_mins(2)).await;
    renew(&app, &first).await;
    assert_eq!(app.mails(ADA).await.len(), 1, "it works");

    app.advance(7 * DAY).await;
    let second = invite(&app, &json!({ "clientId": client["id"] })).await;
    let mails = app.mails(ADA).await.len();
    let withdrawn = app.link(ADA).await;
    act(&app, &second, "cancel").await;
    app.advance(Duration::from_mins(2)).await;
    renew(&app, &withdrawn).await;
    renew(&app, &first).await;
    assert_eq!(
        app.mails(ADA).await.len(),
        mails,
        "{invitation}: withdrawn since"
    );

    invite(&app, &json!({ "clientId": client["id"] })).await;
    let third = app.link(ADA).await;
    assert_eq!(accept(&app, &third).await, 200);
    let mails = app.mails(ADA).await.len();
    for link in [&first, &withdrawn, &third] {
        renew(&app, link).await;
    }
    let forged = format!("{}AA", &third[..third.len() - 2]);
    for link in ["/i/nonsense", "/i/%00", &forged] {
        renew(&app, link).await;
    }
    assert_eq!(app.mails(ADA).await.len(), mails, "the account is set up");
}

#[tokio::test]
async fn a_dead_links_page_asks_for_a_new_one_without_a_script() {
    let app = TestApp::start().await;
    invited(&app).await;
    let old = app.link(ADA).await;
    app.advance(7 * DAY).await;
    let browser = app.nobody().with("accept", "text/html");

    let page = browser.get(&old).await;
    assert_eq!(page.status, 410);
    let form = format!("<form method=\"post\" action=\"{old}/renew\">");
    assert!(page.text.contains(&form), "{}", page.text);

    let form = browser.with("content-type", "application/x-www-form-urlencoded");
    let sent = form
        .send("POST", &format!("{old}/renew"), Some(String::new()))
        .await;
    assert_eq!(sent.status, 200);
    assert!(sent.text.contains("Check your mail"), "{}", sent.text);
    let unknown = form
        .send("POST", "/i/nonsense/renew", Some(String::new()))
        .await;
    assert_eq!(unknown.status, sent.status);
    let text = |page: &str| page.split("<main>").nth(1).map(ToOwned::to_owned);
    assert_eq!(text(&unknown.text), text(&sent.text));
    assert!(sent.text.contains("<header"), "it is the workspace's page");
    app.settle().await;
    assert_eq!(app.mails(ADA).await.len(), 2);
}

#[tokio::test]
async fn pages_of_links_are_kept_by_nobody_and_tell_nobody_where_they_are() {
    let app = TestApp::start().await;
    invited(&app).await;
    let link = app.link(ADA).await;
    let browser = app.nobody().with("accept", "text/html");
    let form = browser.with("content-type", "application/x-www-form-urlencoded");
    let mut pages = Vec::new();
    for (method, path, body) in [
        ("GET", link.clone(), None),
        ("HEAD", link.clone(), None),
        ("POST", format!("{link}/accept"), Some("password=short")),
        ("GET", "/i/nonsense".to_owned(), None),
        ("POST", format!("{link}/renew"), Some("")),
        (
            "POST",
            format!("{link}/accept"),
            Some("password=correct+horse+battery"),
        ),
        ("GET", link.clone(), None),
    ] {
        let page = form.send(method, &path, body.map(ToOwned::to_owned)).await;
        pages.push((method, path, page));
    }
    for (method, path, page) in pages {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name), value, "{method} {path}: {name}");
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!page.text.contains("<script"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_hundred_scanners_do_not_use_a_link_up() {
    let app = TestApp::start().await;
    invited(&app).await;
    let link = app.link(ADA).await;
    let nobody = app.nobody();
    let scanner = nobody.with("user-agent", "Barracuda Sentinel");

    for _ in 0..100 {
        assert_eq!(scanner.send("HEAD", &link, None).await.status, 200);
        assert_eq!(scanner.get(&link).await.status, 200);
        // Accepting is no reading, whatever a scanner tries.
        let path = format!("{link}/accept");
        assert_eq!(scanner.get(&path).await.status, 404);
        assert_eq!(scanner.send("HEAD", &path, None).await.status, 404);
    }

    assert_eq!(accept(&app, &link).await, 200);
}
