//! Browsers in which somebody has signed in before: a stranger who guesses does
//! not keep the owner out of them.

use e2e::{Answer, Browser, PASSWORD, TestApp};
use serde_json::json;
use std::time::Duration;

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const COOKIE: &str = "__Host-portico-devices";

/// A server where Ada and Bob have accounts, and Mary is of the team.
async fn started() -> TestApp {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    app.client("Bob Bernoulli", BOB, None).await;
    app
}

async fn try_in(browser: &mut Browser, path: &str, email: &str, password: &str) -> Answer {
    browser.open(path).await;
    let fields = [("email", email), ("password", password)];
    browser.submit(path, &fields).await
}

/// A browser in which this account was signed in to, and out again.
async fn device(app: &TestApp, path: &str, email: &str) -> Browser {
    let mut browser = app.browser();
    let entered = try_in(&mut browser, path, email, PASSWORD).await;
    assert_eq!(entered.status, 303, "{}", entered.text);
    browser.open("/portal").await;
    let out = browser.submit("/portal/sign-out", &[]).await;
    assert_eq!(out.status, 303, "{}", out.text);
    assert!(browser.cookie(COOKIE).is_some());
    browser
}

/// A stranger uses up all that may be tried for this account.
async fn use_up(app: &TestApp, path: &str, email: &str) {
    let wrong = json!({ "email": email, "password": "wrong horse battery" });
    for _ in 0..10 {
        let guess = app.nobody().post(path, &wrong).await;
        guess.problem(401, "sign_in_refused");
    }
    let right = json!({ "email": email, "password": PASSWORD });
    let refused = app.nobody().post(path, &right).await;
    refused.problem(429, "too_many_tries");
}

#[tokio::test]
async fn an_owner_comes_in_where_it_was_before_while_a_stranger_guesses() {
    let app = started().await;
    let path = app.sign_in_path();
    let mut known = device(&app, &path, ADA).await;
    use_up(&app, &path, ADA).await;
    let mut new = app.browser();
    assert_eq!(try_in(&mut new, &path, ADA, PASSWORD).await.status, 429);

    let before = known.cookie(COOKIE).map(str::to_owned);
    let entered = try_in(&mut known, &path, ADA, PASSWORD).await;

    assert_eq!(entered.status, 303, "{}", entered.text);
    let after = known.cookie(COOKIE).map(str::to_owned);
    assert_ne!(before, after, "it is written anew with each sign-in");
    known.open("/portal").await;
    known.submit("/portal/sign-out", &[]).await;
    let again = try_in(&mut known, &path, ADA, PASSWORD).await;
    assert_eq!(again.status, 303, "{}", again.text);
}

#[tokio::test]
async fn an_owner_has_a_link_mailed_where_it_was_before_while_a_stranger_asks_for_more() {
    let app = started().await;
    let path = app.sign_in_path();
    let mut known = device(&app, &path, ADA).await;
    let ask = format!("{path}/link");
    let address = json!({ "email": ADA });
    for _ in 0..5 {
        app.nobody().post(&ask, &address).await.expect(200);
    }
    let refused = app.nobody().post(&ask, &address).await;
    refused.problem(429, "too_many_tries");
    app.settle().await;
    let mails = app.mails(ADA).await.len();
    let forgotten = path.replace("/sign-in", "/forgotten");

    for _ in 0..5 {
        known.open(&forgotten).await;
        let asked = known.submit(&ask, &[("email", ADA)]).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
    }
    known.open(&forgotten).await;
    let asked = known.submit(&ask, &[("email", ADA)]).await;
    app.settle().await;

    assert_eq!(asked.status, 429, "a device floods no mailbox either");
    assert_eq!(app.mails(ADA).await.len(), mails + 5);
}

#[tokio::test]
async fn a_device_has_ten_tries_of_its_own_and_takes_none_from_others() {
    let app = started().await;
    let path = app.sign_in_path();
    let mut known = device(&app, &path, ADA).await;
    for _ in 0..10 {
        let wrong = try_in(&mut known, &path, ADA, "wrong horse battery").await;
        assert_eq!(wrong.status, 401, "{}", wrong.text);
    }

    let refused = try_in(&mut known, &path, ADA, PASSWORD).await;

    assert_eq!(refused.status, 429, "{}", refused.text);
    let mut new = app.browser();
    assert_eq!(try_in(&mut new, &path, ADA, PASSWORD).await.status, 303);
    app.advance(Duration::from_mins(15)).await;
    assert_eq!(try_in(&mut known, &path, ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_program_that_is_signed_in_changes_its_password_and_address_while_a_stranger_guesses() {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", ADA, None).await;
    let path = app.sign_in_path();
    use_up(&app, &path, ADA).await;

    let address = json!({ "email": "countess@example.com", "password": PASSWORD });
    ada.actor.post("/portal/email", &address).await.expect(200);
    let wrong =
        json!({ "currentPassword": "wrong horse battery", "password": "quite another phrase" });
    for _ in 0..9 {
        let refused = ada.actor.post("/portal/password", &wrong).await;
        refused.problem(400, "password_wrong");
    }
    let right = json!({ "currentPassword": PASSWORD, "password": "quite another phrase" });
    let tokens = ada.actor.post("/portal/password", &right).await;
    let tokens = tokens.expect(200);

    // A session has ten tries of its own, and no more.
    let anew = app.bearer(&tokens);
    for _ in 0..10 {
        let refused = anew.post("/portal/password", &wrong).await;
        refused.problem(400, "password_wrong");
    }
    let refused = anew.post("/portal/email", &address).await;
    refused.problem(429, "too_many_tries");
}

#[tokio::test]
async fn a_cookie_of_another_account_of_another_door_or_made_up_counts_for_nothing() {
    let app = started().await;
    let path = app.sign_in_path();
    // The same address may be an account of each kind.
    app.team_member("Ada of the team", ADA, "staff").await;
    let of_bob = device(&app, &path, BOB).await;
    let of_team = device(&app, &app.team_path(), ADA).await;
    let own = device(&app, &path, ADA).await;
    let own = own.cookie(COOKIE).expect("it is known").to_owned();
    use_up(&app, &path, ADA).await;

    let (cut, cut_off) = (&own[4..], &own[..own.len() - 4]);
    let others = [&of_bob, &of_team].map(|other| other.cookie(COOKIE).expect("it is known"));
    for cookie in [&["", "x", cut, cut_off][..], &others].concat() {
        let mut browser = app.browser();
        browser.set_cookie(COOKIE, cookie);
        let refused = try_in(&mut browser, &path, ADA, PASSWORD).await;
        assert_eq!(refused.status, 429, "{cookie}");
    }
    let mut stolen = app.browser();
    stolen.set_cookie(COOKIE, &own);
    // It lets nobody in by itself.
    let wrong = try_in(&mut stolen, &path, ADA, "wrong horse battery").await;
    assert_eq!(wrong.status, 401, "{}", wrong.text);
    let home = stolen.open("/portal").await;
    assert_eq!(home.status, 401, "{}", home.text);
}

#[tokio::test]
async fn a_browser_is_known_for_several_accounts_and_for_a_year() {
    let app = started().await;
    let (path, team) = (app.sign_in_path(), app.team_path());
    app.team_member("Mary Major", "mary@example.com", "staff")
        .await;
    let mut shared = device(&app, &path, ADA).await;
    for (path, email) in [(&path, BOB), (&team, "mary@example.com")] {
        let entered = try_in(&mut shared, path, email, PASSWORD).await;
        assert_eq!(entered.status, 303, "{}", entered.text);
        shared.open("/portal").await;
        shared.submit("/portal/sign-out", &[]).await;
    }

    for (path, email) in [(&path, ADA), (&path, BOB), (&team, "mary@example.com")] {
        use_up(&app, path, email).await;
        let mut shared = shared.clone();
        let entered = try_in(&mut shared, path, email, PASSWORD).await;
        assert_eq!(entered.status, 303, "{email}: {}", entered.text);
    }
    app.advance(Duration::from_hours(365 * 24)).await;
    use_up(&app, &path, ADA).await;
    let refused = try_in(&mut shared, &path, ADA, PASSWORD).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
}

#[tokio::test]
async fn whoever_came_with_a_link_or_an_invitation_is_known_too() {
    let app = started().await;
    let path = app.sign_in_path();
    app.nobody()
        .post(&format!("{path}/link"), &json!({ "email": ADA }))
        .await
        .expect(200);
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let add = "/v1/clients?sendInvite=true";
    app.admin().post(add, &grace).await.expect(200);
    app.settle().await;
    let magic = app.link_to(ADA, "/magic/").await;
    let invite = app.link("grace@example.com").await;

    let mut of_ada = app.browser();
    of_ada.open(&magic).await;
    assert_eq!(of_ada.submit(&magic, &[]).await.status, 303);
    let mut of_grace = app.browser();
    of_grace.open(&invite).await;
    let password = [("password", PASSWORD)];
    let accept = format!("{invite}/accept");
    assert_eq!(of_grace.submit(&accept, &password).await.status, 303);

    for (mut browser, email) in [(of_ada, ADA), (of_grace, "grace@example.com")] {
        browser.open("/portal").await;
        browser.submit("/portal/sign-out", &[]).await;
        use_up(&app, &path, email).await;
        let entered = try_in(&mut browser, &path, email, PASSWORD).await;
        assert_eq!(entered.status, 303, "{email}: {}", entered.text);
    }
}
