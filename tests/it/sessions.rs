//! Sessions: how they go on, and that out means out.

use e2e::{PASSWORD, TestApp, TestClient};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn started() -> (TestApp, TestClient) {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    (app, ada)
}

async fn sign_in(app: &TestApp) -> Value {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .expect(200)
}

pub(crate) async fn refresh(app: &TestApp, tokens: &Value) -> e2e::Answer {
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    app.nobody().post("/sessions/refresh", &body).await
}

#[tokio::test]
async fn a_session_goes_on_with_its_refresh_token() {
    let (app, ada) = started().await;
    let mut tokens = ada.tokens;
    for _ in 0..5 {
        app.advance(Duration::from_mins(11)).await;
        app.bearer(&tokens)
            .get("/portal/me")
            .await
            .problem(401, "session_over");
        let next = refresh(&app, &tokens).await.expect(200);
        assert_ne!(next["refreshToken"], tokens["refreshToken"]);
        assert_eq!(next["sessionId"], tokens["sessionId"]);
        app.bearer(&next).get("/portal/me").await.expect(200);
        tokens = next;
    }
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_can_be_repeated() {
    let (app, ada) = started().await;

    let once = refresh(&app, &ada.tokens).await.expect(200);
    app.advance(Duration::from_secs(9)).await;
    let again = refresh(&app, &ada.tokens).await.expect(200);

    assert_eq!(once["refreshToken"], again["refreshToken"]);
    refresh(&app, &again).await.expect(200);
}

#[tokio::test]
async fn fifty_refreshes_at_once_give_one_and_the_same_successor() {
    let (app, ada) = started().await;

    let answers = join_all((0..50).map(|_| refresh(&app, &ada.tokens))).await;

    let mut successors: Vec<Value> = answers
        .into_iter()
        .map(|answer| answer.expect(200)["refreshToken"].clone())
        .collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_again_ends_the_session_for_both() {
    let (app, ada) = started().await;
    let stolen = ada.tokens;
    let next = refresh(&app, &stolen).await.expect(200);
    app.advance(Duration::from_secs(10)).await;

    refresh(&app, &stolen).await.problem(401, "refresh_refused");

    refresh(&app, &next).await.problem(401, "refresh_refused");
    app.bearer(&next)
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    sign_in(&app).await;
}

#[tokio::test]
async fn what_is_no_refresh_token_refreshes_nothing() {
    let (app, ada) = started().await;
    let good = ada.tokens["refreshToken"].as_str().expect("a token");
    let mut browser = app.browser();
    browser.open(&app.sign_in_path()).await;
    browser
        .submit(
            &app.sign_in_path(),
            &[("email", "ada@example.com"), ("password", PASSWORD)],
        )
        .await;
    let cookie = browser
        .cookie("__Host-portico")
        .expect("a session")
        .to_owned();
    let changed = format!("{}A", &good[..good.len() - 1]);
    let changed = if changed == good {
        format!("{}Q", &good[..good.len() - 1])
    } else {
        changed
    };
    for bad in ["", "x", "ps_", &good[..20], &changed, &cookie] {
        let answer = refresh(&app, &json!({ "refreshToken": bad })).await;
        answer.problem(401, "refresh_refused");
    }
    // None of that was a reuse.
    refresh(&app, &ada.tokens).await.expect(200);
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let (app, ada) = started().await;

    app.advance(Duration::from_hours(14 * 24)).await;

    refresh(&app, &ada.tokens)
        .await
        .problem(401, "refresh_refused");
}

#[tokio::test]
async fn an_archived_client_is_out_on_the_very_next_request() {
    let (app, ada) = started().await;
    ada.actor.get("/portal/me").await.expect(200);
    let mut browser = app.browser();
    let path = app.sign_in_path();
    browser.open(&path).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    browser.submit(&path, &fields).await;
    assert_eq!(browser.open("/portal").await.status, 200);

    app.admin()
        .delete(&format!("/v1/clients/{}", ada.id))
        .await
        .expect(200);

    assert_eq!(browser.open("/portal").await.header("location"), path);
    ada.actor
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    refresh(&app, &ada.tokens)
        .await
        .problem(401, "refresh_refused");
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .problem(401, "sign_in_refused");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let (app, ada) = started().await;
    let other = sign_in(&app).await;

    ada.actor
        .post("/portal/sign-out", &json!({}))
        .await
        .expect(200);

    ada.actor
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    refresh(&app, &ada.tokens)
        .await
        .problem(401, "refresh_refused");
    app.bearer(&other).get("/portal/me").await.expect(200);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let (app, ada) = started().await;
    let other = sign_in(&app).await;

    let everywhere = json!({ "everywhere": "true" });
    app.bearer(&other)
        .post("/portal/sign-out", &everywhere)
        .await
        .expect(200);

    for tokens in [&ada.tokens, &other] {
        app.bearer(tokens)
            .get("/portal/me")
            .await
            .problem(401, "session_over");
        refresh(&app, tokens).await.problem(401, "refresh_refused");
    }
    let anew = sign_in(&app).await;
    let listed = app.bearer(&anew).get("/portal/sessions").await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_client_sees_its_sessions_and_ends_one() {
    let (app, ada) = started().await;
    app.advance(Duration::from_secs(1)).await;
    let other = sign_in(&app).await;
    let grace = app.client("Grace Hopper", "grace@example.com", None).await;

    let listed = ada.actor.get("/portal/sessions").await.expect(200);
    let sessions = listed["data"].as_array().expect("a list");
    assert_eq!(sessions.len(), 2);
    assert_eq!(
        (
            &sessions[0]["method"],
            &sessions[0]["isCurrent"],
            &sessions[1]["isCurrent"]
        ),
        (&json!("password"), &json!(false), &json!(true))
    );
    let path = format!(
        "/portal/sessions/{}",
        other["sessionId"].as_str().expect("an id")
    );

    grace.actor.delete(&path).await.problem(404, "not_found");
    app.bearer(&other).get("/portal/me").await.expect(200);
    ada.actor.delete(&path).await.expect(200);

    app.bearer(&other)
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    ada.actor.delete(&path).await.problem(404, "not_found");
    ada.actor.get("/portal/me").await.expect(200);
}

#[tokio::test]
async fn another_password_ends_every_session_but_the_new_one() {
    let (app, ada) = started().await;
    let other = sign_in(&app).await;
    let wrong =
        json!({ "currentPassword": "wrong horse battery", "password": "quite another phrase" });
    let refused = ada.actor.post("/portal/password", &wrong).await;
    assert_eq!(
        refused.problem(400, "password_wrong"),
        Some("currentPassword")
    );
    let weak = json!({ "currentPassword": PASSWORD, "password": "adalovelace12" });
    ada.actor
        .post("/portal/password", &weak)
        .await
        .problem(400, "password_too_weak");

    let change = json!({ "currentPassword": PASSWORD, "password": "quite another phrase" });
    let tokens = ada
        .actor
        .post("/portal/password", &change)
        .await
        .expect(200);

    for old in [&ada.tokens, &other] {
        app.bearer(old)
            .get("/portal/me")
            .await
            .problem(401, "session_over");
        refresh(&app, old).await.problem(401, "refresh_refused");
    }
    app.bearer(&tokens).get("/portal/me").await.expect(200);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .problem(401, "sign_in_refused");
    let body = json!({ "email": "ada@example.com", "password": "quite another phrase" });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_browser_whose_script_changes_the_password_stays_signed_in() {
    let (app, _) = started().await;
    let (mut browser, path) = (app.browser(), app.sign_in_path());
    browser.open(&path).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.submit(&path, &fields).await.status, 303);
    browser.open("/portal").await;
    let script = browser.actor().with("accept", "application/json");
    let script = script.with("x-csrf-token", browser.csrf());

    let change = json!({ "currentPassword": PASSWORD, "password": "quite another phrase" });
    let changed = script.post("/portal/password", &change).await;

    assert_eq!(changed.status, 303, "{}", changed.text);
    assert!(!changed.text.contains("Token"), "{}", changed.text);
    browser.take(changed);
    let home = browser.open("/portal").await;
    assert_eq!(home.status, 200, "{}", home.text);
}

#[tokio::test]
async fn a_session_from_before_the_archive_is_dead_after_the_restore() {
    let (app, ada) = started().await;
    let mut browser = app.browser();
    let path = app.sign_in_path();
    browser.open(&path).await;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    browser.submit(&path, &fields).await;
    let client = format!("/v1/clients/{}", ada.id);
    app.admin().delete(&client).await.expect(200);

    let restore = format!("{client}/restore");
    app.admin().post(&restore, &json!({})).await.expect(200);

    ada.actor
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    refresh(&app, &ada.tokens)
        .await
        .problem(401, "refresh_refused");
    assert_eq!(browser.open("/portal").await.header("location"), path);
    let anew = sign_in(&app).await;
    app.bearer(&anew).get("/portal/me").await.expect(200);
}

#[tokio::test]
async fn a_link_from_before_an_archive_or_a_sign_out_everywhere_is_dead() {
    for is_archived in [true, false] {
        let (app, ada) = started().await;
        let address = json!({ "email": "ada@example.com" });
        let path = app.sign_in_path();
        let forgotten = path.replace("/sign-in", "/forgotten");
        let mut links = Vec::new();
        for (ask, page) in [(format!("{path}/link"), "/magic/"), (forgotten, "/reset/")] {
            app.nobody().post(&ask, &address).await.expect(200);
            app.settle().await;
            links.push(app.link_to("ada@example.com", page).await);
        }
        let change = json!({ "email": "countess@example.com", "password": PASSWORD });
        ada.actor.post("/portal/email", &change).await.expect(200);
        app.settle().await;
        links.push(app.link_to("countess@example.com", "/verify/").await);
        for link in &links {
            assert_eq!(app.nobody().get(link).await.status, 200, "{link}");
        }

        if is_archived {
            let client = format!("/v1/clients/{}", ada.id);
            app.admin().delete(&client).await.expect(200);
            for link in &links {
                assert_eq!(app.nobody().get(link).await.status, 404, "{link}");
            }
            let restore = format!("{client}/restore");
            app.admin().post(&restore, &json!({})).await.expect(200);
        } else {
            let everywhere = json!({ "everywhere": true });
            let out = ada.actor.post("/portal/sign-out", &everywhere).await;
            out.expect(200);
        }

        let password = json!({ "password": "quite another phrase" });
        for link in &links {
            assert_eq!(app.nobody().get(link).await.status, 410, "{link}");
            let used = app.nobody().post(link, &password).await;
            used.problem(410, "link_used");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_can_do_nothing_with_a_browsers_session() {
    let (app, _) = started().await;
    let mut browser = app.browser();
    let path = app.sign_in_path();
    let right = [("email", "ada@example.com"), ("password", PASSWORD)];
    // It cannot sign the browser in to an account of its choice either.
    browser.open(&path).await;
    let forged = browser.submit_from_elsewhere(&path, &right).await;
    assert_eq!(forged.status, 403);
    assert!(
        forged.text.contains("not sent from our own page"),
        "{}",
        forged.text
    );
    assert_eq!(browser.send(&path, &right, "same-origin").await.status, 403);
    let mut other = app.browser();
    other.open(&path).await;
    let foreign = [("csrf", other.csrf()), right[0], right[1]];
    assert_eq!(
        browser.send(&path, &foreign, "same-origin").await.status,
        403
    );
    let before_sign_in = browser.csrf().to_owned();
    assert_eq!(browser.submit(&path, &right).await.status, 303);

    let stale = [("csrf", before_sign_in.as_str())];
    assert_eq!(
        browser
            .send("/portal/sign-out", &stale, "same-origin")
            .await
            .status,
        403
    );
    browser.open("/portal").await;
    assert_eq!(
        browser
            .submit_from_elsewhere("/portal/sign-out", &[])
            .await
            .status,
        403
    );
    for site in ["same-site", "cross-site", "none"] {
        let fields = [("csrf", browser.csrf().to_owned())];
        let fields = [("csrf", fields[0].1.as_str())];
        assert_eq!(
            browser.send("/portal/sign-out", &fields, site).await.status,
            403,
            "{site}"
        );
    }
    let program = browser.actor().with("accept", "application/json");
    program.get("/portal/me").await.expect(200);
    let change = json!({ "givenName": "Eve" });
    program
        .patch("/portal/me", &change)
        .await
        .problem(403, "form_refused");
    let with_text = program.with("x-csrf-token", browser.csrf());
    with_text
        .with("origin", "https://evil.example")
        .patch("/portal/me", &change)
        .await
        .problem(403, "form_refused");
    with_text.patch("/portal/me", &change).await.expect(200);
    assert_eq!(browser.submit("/portal/sign-out", &[]).await.status, 303);
}
