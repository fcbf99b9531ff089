//! Signing in with Google, against a real OpenID Connect provider.

use e2e::{Answer, Browser, GoogleStandIn, PASSWORD, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";

/// Goes where a page leads, through Google and back.
async fn through_google(google: &GoogleStandIn, browser: &mut Browser, path: &str) -> Answer {
    let off = browser.open(path).await;
    assert_eq!(off.status, 303, "{}", off.text);
    let back = google.follow(off.header("location")).await;
    browser.open(&back).await
}

async fn sign_in(app: &TestApp, google: &GoogleStandIn) -> Answer {
    let door = app.sign_in_path().replace("/sign-in", "/google");
    through_google(google, &mut app.browser(), &door).await
}

#[track_caller]
fn is_in(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/portal"),
        "{}",
        answer.text
    );
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(
        answer.text.contains(&format!("data-code=\"{code}\"")),
        "{}",
        answer.text
    );
}

async fn invite(app: &TestApp) -> Value {
    let ada = json!({ "name": "Ada Lovelace", "email": ADA });
    let client = app.admin().post("/v1/clients?sendInvite=true", &ada).await;
    app.settle().await;
    client.expect(200)
}

/// Signs in once with a link from a mail.
async fn prove(app: &TestApp) {
    let ask = format!("{}/link", app.sign_in_path());
    let body = json!({ "email": ADA });
    app.nobody().post(&ask, &body).await.expect(200);
    app.settle().await;
    let link = app.link_to(ADA, "/magic/").await;
    app.nobody().post(&link, &json!({})).await.expect(200);
}

#[tokio::test]
async fn an_invitation_is_accepted_with_google_and_without_a_password() {
    let (app, google) = GoogleStandIn::start().await;
    let client = invite(&app).await;
    let link = app.link(ADA).await;
    let mut browser = app.browser();
    let page = browser.open(&link).await;
    assert!(page.text.contains(&format!("href=\"{link}/google\"")));
    google.is("1", "ADA@example.com", true).await;

    is_in(&through_google(&google, &mut browser, &format!("{link}/google")).await);

    let home = browser.open("/portal").await;
    assert!(home.text.contains("Welcome, Ada"), "{}", home.text);
    let path = format!("/v1/clients/{}", id(&client));
    assert_eq!(app.admin().get(&path).await.expect(200)["status"], "active");
    // There is no password, and no other way to guess one.
    let body = json!({ "email": ADA, "password": PASSWORD });
    let guess = app.nobody().post(&app.sign_in_path(), &body).await;
    guess.problem(401, "sign_in_refused");
    is_in(&sign_in(&app, &google).await);
    let again = app.browser().open(&format!("{link}/google")).await;
    assert_eq!(again.status, 410);
}

#[tokio::test]
async fn the_google_account_has_the_address_that_was_invited() {
    let (app, google) = GoogleStandIn::start().await;
    let client = invite(&app).await;
    let link = format!("{}/google", app.link(ADA).await);
    google.is("2", "eve@example.com", true).await;

    let refused = through_google(&google, &mut app.browser(), &link).await;

    is_refused(&refused, 403, "google_other_address");
    let path = format!("/v1/clients/{}", id(&client));
    let status = app.admin().get(&path).await.expect(200)["status"].clone();
    assert_eq!(status, "invited");
    // Nor does it open the door without the link.
    is_refused(&sign_in(&app, &google).await, 403, "google_unknown");
}

#[tokio::test]
async fn an_address_that_google_has_not_verified_lets_nobody_in() {
    let (app, google) = GoogleStandIn::start().await;
    invite(&app).await;
    google.is("1", ADA, false).await;

    let link = format!("{}/google", app.link(ADA).await);
    let refused = through_google(&google, &mut app.browser(), &link).await;

    is_refused(&refused, 403, "google_unverified");
    is_refused(&sign_in(&app, &google).await, 403, "google_unverified");
}

#[tokio::test]
async fn a_google_account_is_never_joined_to_a_password_of_whoever_came_first() {
    let (app, google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    google.is("1", ADA, true).await;

    let refused = sign_in(&app, &google).await;

    is_refused(&refused, 403, "google_unproven");
    assert!(
        refused.text.contains("have a link mailed"),
        "{}",
        refused.text
    );
    prove(&app).await;
    is_in(&sign_in(&app, &google).await);
}

#[tokio::test]
async fn another_google_account_with_the_same_address_is_refused() {
    let (app, google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    prove(&app).await;
    google.is("1", ADA, true).await;
    is_in(&sign_in(&app, &google).await);

    google.is("2", ADA, true).await;

    let refused = sign_in(&app, &google).await;
    is_refused(&refused, 403, "google_other_account");
}

#[tokio::test]
async fn what_google_answered_counts_in_the_browser_that_asked_and_once() {
    let (app, google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    prove(&app).await;
    google.is("1", ADA, true).await;
    let door = app.sign_in_path().replace("/sign-in", "/google");
    let (mut browser, mut other) = (app.browser(), app.browser());
    let off = browser.open(&door).await;
    let back = google.follow(off.header("location")).await;

    // Another browser: without an attempt, and with one of its own.
    let answer = other.open(&back).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    other.open(&door).await;
    is_refused(&other.open(&back).await, 400, "google_over");
    // A cookie that was changed is none.
    let sealed = browser.cookie("__Host-portico-google").expect("an attempt");
    let mut changed = sealed.to_owned();
    changed.replace_range(40..41, if &sealed[40..41] == "A" { "B" } else { "A" });
    other.set_cookie("__Host-portico-google", &changed);
    assert_eq!(other.open(&back).await.status, 400);

    let sealed = sealed.to_owned();
    is_in(&browser.open(&back).await);

    assert_eq!(browser.cookie("__Host-portico-google"), None);
    browser.set_cookie("__Host-portico-google", &sealed);
    is_refused(&browser.open(&back).await, 401, "google_refused");
}

#[tokio::test]
async fn an_id_token_that_google_would_not_make_lets_nobody_in() {
    let (app, google) = GoogleStandIn::start_liar().await;
    app.client("Ada Lovelace", ADA, None).await;
    prove(&app).await;
    google.is("1", ADA, true).await;
    for lie in [
        "nonce",
        "no nonce",
        "issuer",
        "audience",
        "many audiences",
        "expired",
        "no end",
        "key",
        "unknown key",
        "unsigned",
        "the public key as a secret",
        "our secret",
        "changed after it was signed",
        "no address",
    ] {
        google.lies(lie).await;
        let answer = sign_in(&app, &google).await;
        assert_eq!(answer.header("location"), "", "{lie}");
        assert!(!answer.text.contains("Welcome"), "{lie}");
        let (status, code) = match lie {
            // There is no token in what it says.
            "no end" => (502, "google_unreachable"),
            _ => (401, "google_unbelievable"),
        };
        assert_eq!(answer.status, status, "{lie}: {}", answer.text);
        is_refused(&answer, status, code);
    }
    google.lies("none").await;
    is_in(&sign_in(&app, &google).await);
}

#[tokio::test]
async fn an_attempt_is_over_after_ten_minutes() {
    let (app, google) = GoogleStandIn::start().await;
    google.is("1", ADA, true).await;
    let mut browser = app.browser();
    let door = app.sign_in_path().replace("/sign-in", "/google");
    let off = browser.open(&door).await;
    let back = google.follow(off.header("location")).await;

    app.advance(Duration::from_mins(10)).await;

    assert_eq!(browser.open(&back).await.status, 400);
}

#[tokio::test]
async fn whoever_declines_at_google_can_begin_again() {
    let (app, google) = GoogleStandIn::start().await;
    google.is("1", ADA, true).await;
    let mut browser = app.browser();
    let door = app.sign_in_path().replace("/sign-in", "/google");
    let off = browser.open(&door).await;
    let url = reqwest::Url::parse(off.header("location")).expect("an address");
    let part = |name: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .expect("it is there")
    };
    assert_eq!(part("code_challenge_method"), "S256");
    assert_eq!(part("response_type"), "code");
    assert!(part("nonce").len() >= 43 && part("state").len() >= 43);

    let declined = format!(
        "/google/callback?error=access_denied&state={}",
        part("state")
    );
    let answer = browser.open(&declined).await;

    is_refused(&answer, 403, "google_declined");
    assert!(answer.text.contains(&app.sign_in_path()), "{}", answer.text);
}

#[tokio::test]
async fn an_archived_client_does_not_come_back_with_google() {
    let (app, google) = GoogleStandIn::start().await;
    let ada = app.client("Ada Lovelace", ADA, None).await;
    prove(&app).await;
    google.is("1", ADA, true).await;
    is_in(&sign_in(&app, &google).await);

    let path = format!("/v1/clients/{}", ada.id);
    app.admin().delete(&path).await.expect(200);

    is_refused(&sign_in(&app, &google).await, 403, "google_unknown");
}

#[tokio::test]
async fn where_google_is_not_set_up_nothing_offers_it() {
    let app = TestApp::start().await;
    invite(&app).await;
    let link = app.link(ADA).await;
    for page in [&link, &app.sign_in_path()] {
        let page = app.browser().open(page).await;
        assert!(!page.text.contains("Google"), "{}", page.text);
    }
    let door = app.sign_in_path().replace("/sign-in", "/google");
    for path in [&*door, &format!("{link}/google"), "/google/callback"] {
        app.nobody().get(path).await.problem(404, "google_off");
    }
}

async fn invite_member(app: &TestApp, email: &str) -> String {
    let mary = json!({ "name": "Mary Major", "email": email, "role": "staff" });
    let path = "/v1/internal-users?sendInvite=true";
    let mary = app.admin().post(path, &mary).await.expect(201);
    app.settle().await;
    format!("/v1/internal-users/{}", id(&mary))
}

async fn enter_team(app: &TestApp, google: &GoogleStandIn) -> Answer {
    let door = app.team_path().replace("/sign-in", "/google");
    through_google(google, &mut app.browser(), &door).await
}

#[tokio::test]
async fn a_team_member_joins_and_signs_in_with_google() {
    let (app, google) = GoogleStandIn::start().await;
    let mary = invite_member(&app, ADA).await;
    let link = format!("{}/google", app.link(ADA).await);
    google.is("2", "eve@example.com", true).await;
    let other = through_google(&google, &mut app.browser(), &link).await;
    is_refused(&other, 403, "google_other_address");
    google.is("1", ADA, false).await;
    let unverified = through_google(&google, &mut app.browser(), &link).await;
    is_refused(&unverified, 403, "google_unverified");
    google.is("1", ADA, true).await;
    is_refused(&enter_team(&app, &google).await, 403, "google_unknown");

    is_in(&through_google(&google, &mut app.browser(), &link).await);

    let user = app.admin().get(&mary).await.expect(200);
    assert_eq!(user["status"], "active");
    is_in(&enter_team(&app, &google).await);
    // The portal has no account of this address.
    is_refused(&sign_in(&app, &google).await, 403, "google_unknown");
    google.is("2", ADA, true).await;
    is_refused(
        &enter_team(&app, &google).await,
        403,
        "google_other_account",
    );
    let again = app.browser().open(&link).await;
    assert_eq!(again.status, 410, "{}", again.text);
    google.is("1", ADA, true).await;
    app.admin().delete(&mary).await.expect(200);
    is_refused(&enter_team(&app, &google).await, 403, "google_unknown");
}

#[tokio::test]
async fn a_password_of_whoever_had_the_link_is_joined_to_no_google_account() {
    let (app, google) = GoogleStandIn::start().await;
    app.team_member("Mary Major", ADA, "staff").await;
    google.is("1", ADA, true).await;

    let refused = enter_team(&app, &google).await;

    is_refused(&refused, 403, "google_unproven");
    assert!(
        refused.text.contains("/forgotten?team=true"),
        "{}",
        refused.text
    );
}

async fn let_sign_up(app: &TestApp, is_on: bool) {
    let settings = json!({ "isClientDirectSignUpEnabled": is_on });
    let answer = app.admin().patch("/v1/workspaces", &settings).await;
    answer.expect(200);
}

fn sign_up_door(app: &TestApp) -> String {
    app.sign_in_path()
        .replace("/sign-in", "/google?signUp=true")
}

#[tokio::test]
async fn anybody_signs_up_with_google_where_the_workspace_lets_them() {
    let (app, google) = GoogleStandIn::start().await;
    google.is_called("Ada King Lovelace").await;
    google.is("1", ADA, true).await;
    let closed = app.browser().open(&sign_up_door(&app)).await;
    assert_eq!(closed.status, 404, "{}", closed.text);
    let_sign_up(&app, true).await;
    let mut browser = app.browser();
    let page = browser
        .open(&app.sign_in_path().replace("/sign-in", "/sign-up"))
        .await;
    assert!(page.text.contains("google?signUp=true"), "{}", page.text);

    is_in(&through_google(&google, &mut browser, &sign_up_door(&app)).await);

    let found = app.admin().get(&format!("/v1/clients?email={ADA}")).await;
    let ada = found.expect(200)["data"][0].clone();
    assert_eq!(ada["status"], "active");
    assert_eq!(ada["creationMethod"], "directSignUp");
    assert_eq!(
        (&ada["givenName"], &ada["familyName"]),
        (&json!("Ada King"), &json!("Lovelace"))
    );
    let events = app
        .admin()
        .get("/v1/events?settled=false")
        .await
        .expect(200);
    for kind in ["client.created", "client.activated", "client.statusChanged"] {
        assert!(events.to_string().contains(kind), "{events}");
    }
    // Once more is signing in.
    is_in(&through_google(&google, &mut app.browser(), &sign_up_door(&app)).await);
    is_in(&sign_in(&app, &google).await);
    let all = app.admin().get("/v1/clients").await.expect(200);
    assert_eq!(all["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn signing_up_with_google_keeps_to_the_rules_of_signing_up() {
    let (app, google) = GoogleStandIn::start().await;
    let_sign_up(&app, true).await;
    google.is("1", ADA, false).await;
    let unverified = through_google(&google, &mut app.browser(), &sign_up_door(&app)).await;
    is_refused(&unverified, 403, "google_unverified");
    // Whoever was invited is let in by the same proof, and its link is dead.
    let client = invite(&app).await;
    let link = app.link(ADA).await;
    google.is("1", ADA, true).await;
    is_in(&through_google(&google, &mut app.browser(), &sign_up_door(&app)).await);
    let path = format!("/v1/clients/{}", id(&client));
    assert_eq!(app.admin().get(&path).await.expect(200)["status"], "active");
    assert_eq!(app.nobody().get(&link).await.status, 410);
    // A password of whoever came first is joined to nobody's Google account.
    app.client("Eve Before", "eve@example.com", None).await;
    google.is("2", "eve@example.com", true).await;
    let refused = through_google(&google, &mut app.browser(), &sign_up_door(&app)).await;
    is_refused(&refused, 403, "google_unproven");
    // It was switched off while somebody was at Google.
    google.is("3", "late@example.com", true).await;
    let mut browser = app.browser();
    let off = browser.open(&sign_up_door(&app)).await;
    let back = google.follow(off.header("location")).await;
    let_sign_up(&app, false).await;
    is_refused(&browser.open(&back).await, 404, "sign_up_off");
}

/// Signs in and accepts with Google: for tests that look at every function.
pub(crate) async fn use_google(app: &TestApp, google: &GoogleStandIn) {
    let email = "gerda@example.com";
    let gerda = json!({ "name": "Gerda Go", "email": email });
    let client = app
        .admin()
        .post("/v1/clients?sendInvite=true", &gerda)
        .await;
    client.expect(200);
    app.settle().await;
    google.is("gerda", email, true).await;
    let link = format!("{}/google", app.link(email).await);
    is_in(&through_google(google, &mut app.browser(), &link).await);
    is_in(&sign_in(app, google).await);
    invite_member(app, "gus@example.com").await;
    google.is("gus", "gus@example.com", true).await;
    let link = format!("{}/google", app.link("gus@example.com").await);
    is_in(&through_google(google, &mut app.browser(), &link).await);
    let_sign_up(app, true).await;
    google.is("greta", "greta@example.com", true).await;
    is_in(&through_google(google, &mut app.browser(), &sign_up_door(app)).await);
}
