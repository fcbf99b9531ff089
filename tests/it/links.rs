//! Links by mail: to sign in with, and to choose a new password.

use e2e::{PASSWORD, TestApp};
use futures_util::future::join_all;
use portico_local::Call;
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";

async fn started() -> (TestApp, e2e::TestClient) {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", ADA, None).await;
    (app, ada)
}

/// Asks for a link; `what` is `forgotten` or `sign-in/link`.
async fn ask(app: &TestApp, what: &str, email: &str) -> e2e::Answer {
    let path = format!("/w/{}/{what}", app.server.workspace_id);
    app.nobody().post(&path, &json!({ "email": email })).await
}

async fn mailed(app: &TestApp, what: &str, page: &str) -> String {
    ask(app, what, ADA).await.expect(200);
    app.settle().await;
    app.link_to(ADA, page).await
}

async fn sign_in(app: &TestApp, password: &str) -> e2e::Answer {
    let body = json!({ "email": ADA, "password": password });
    app.nobody().post(&app.sign_in_path(), &body).await
}

#[tokio::test]
async fn a_client_signs_in_with_a_link() {
    let (app, ada) = started().await;
    let link = mailed(&app, "sign-in/link", "/magic/").await;

    let tokens = app.nobody().post(&link, &json!({})).await.expect(200);

    let me = app.bearer(&tokens).get("/portal/me").await.expect(200);
    assert_eq!(me["id"], ada.id.as_str());
    ada.actor.get("/portal/me").await.expect(200);
    app.nobody()
        .post(&link, &json!({}))
        .await
        .problem(410, "link_used");
}

#[tokio::test]
async fn a_person_signs_in_with_a_link_and_a_button() {
    let (app, _) = started().await;
    let door = format!("/w/{}", app.server.workspace_id);
    let mut browser = app.browser();
    browser.open(&format!("{door}/forgotten")).await;
    let asked = browser
        .submit(&format!("{door}/sign-in/link"), &[("email", ADA)])
        .await;
    assert_eq!(asked.status, 200);
    assert!(
        asked.text.contains("Look into your mailbox"),
        "{}",
        asked.text
    );
    app.settle().await;
    let link = app.link_to(ADA, "/magic/").await;

    let page = browser.open(&link).await;
    assert!(page.text.contains("<form method=\"post\""), "{}", page.text);
    let done = browser.submit(&link, &[]).await;

    assert_eq!((done.status, done.header("location")), (303, "/portal"));
    assert!(browser.open("/portal").await.text.contains("Welcome, Ada"));
    let again = browser.open(&link).await;
    assert_eq!(again.status, 410);
    assert!(again.text.contains("was used already"), "{}", again.text);
}

#[tokio::test]
async fn opening_a_link_never_uses_it_up() {
    let (app, _) = started().await;
    for (what, page) in [("sign-in/link", "/magic/"), ("forgotten", "/reset/")] {
        let link = mailed(&app, what, page).await;
        for _ in 0..20 {
            assert_eq!(app.nobody().get(&link).await.status, 200);
            assert_eq!(app.nobody().send("HEAD", &link, None).await.status, 200);
        }
        let answer = app.nobody().get(&link).await;
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = json!({ "password": PASSWORD });
        app.nobody().post(&link, &body).await.expect(200);
    }
}

#[tokio::test]
async fn a_new_password_by_mail_ends_every_session() {
    let (app, ada) = started().await;
    let older_magic = mailed(&app, "sign-in/link", "/magic/").await;
    let older_reset = mailed(&app, "forgotten", "/reset/").await;
    app.advance(Duration::from_secs(1)).await;
    let link = mailed(&app, "forgotten", "/reset/").await;
    let weak = app
        .nobody()
        .post(&link, &json!({ "password": "lovelace1234" }))
        .await;
    assert_eq!(weak.problem(400, "password_too_weak"), Some("password"));

    let phrase = json!({ "password": "quite another phrase" });
    let tokens = app.nobody().post(&link, &phrase).await.expect(200);
    app.settle().await;

    app.bearer(&tokens).get("/portal/me").await.expect(200);
    ada.actor
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    let refresh = json!({ "refreshToken": ada.tokens["refreshToken"] });
    let refused = app.nobody().post("/sessions/refresh", &refresh).await;
    refused.problem(401, "refresh_refused");
    sign_in(&app, PASSWORD)
        .await
        .problem(401, "sign_in_refused");
    sign_in(&app, "quite another phrase").await.expect(200);
    for old in [older_magic, older_reset, link] {
        app.nobody()
            .post(&old, &phrase)
            .await
            .problem(410, "link_used");
    }
    let told = &app.mails(ADA).await[0];
    let text = told["Text"].as_str().expect("a text");
    assert!(text.contains("got a new password"), "{text}");
}

#[tokio::test]
async fn a_link_is_good_once_and_not_for_long() {
    let (app, _) = started().await;
    for (what, page, minutes) in [
        ("sign-in/link", "/magic/", 10),
        ("forgotten", "/reset/", 30),
    ] {
        let link = mailed(&app, what, page).await;
        let body = json!({ "password": "quite another phrase" });
        app.advance(Duration::from_mins(minutes)).await;

        app.nobody().get(&link).await.problem(410, "link_expired");
        app.nobody()
            .post(&link, &body)
            .await
            .problem(410, "link_expired");
    }
}

#[tokio::test]
async fn of_twenty_who_use_a_link_at_once_one_gets_in() {
    let (app, _) = started().await;
    for (what, page) in [("sign-in/link", "/magic/"), ("forgotten", "/reset/")] {
        let link = mailed(&app, what, page).await;
        let body = json!({ "password": "quite another phrase" });
        let nobody = app.nobody();

        let answers = join_all((0..20).map(|_| nobody.post(&link, &body))).await;

        let got_in = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(got_in, 1, "{what}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert!(matches!(answer.status, 409 | 410), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_link_does_what_it_was_mailed_for_and_nothing_else() {
    let (app, _) = started().await;
    let magic = mailed(&app, "sign-in/link", "/magic/").await;
    let reset = mailed(&app, "forgotten", "/reset/").await;
    let body = json!({ "password": "quite another phrase" });

    for wrong in [
        magic.replace("/magic/", "/reset/"),
        reset.replace("/reset/", "/magic/"),
        format!("{magic}x"),
        "/magic/x".to_owned(),
        "/reset/AAAA".to_owned(),
    ] {
        app.nobody()
            .get(&wrong)
            .await
            .problem(404, "invitation_unknown");
        app.nobody()
            .post(&wrong, &body)
            .await
            .problem(404, "invitation_unknown");
    }
}

#[tokio::test]
async fn an_archived_client_gets_in_with_no_link() {
    let (app, ada) = started().await;
    let magic = mailed(&app, "sign-in/link", "/magic/").await;
    let reset = mailed(&app, "forgotten", "/reset/").await;

    app.admin()
        .delete(&format!("/v1/clients/{}", ada.id))
        .await
        .expect(200);

    let body = json!({ "password": "quite another phrase" });
    for link in [magic, reset] {
        app.nobody()
            .post(&link, &body)
            .await
            .problem(404, "invitation_unknown");
    }
}

#[tokio::test]
async fn an_owner_whose_tries_are_used_up_gets_in_with_a_link() {
    let (app, _) = started().await;
    for _ in 0..10 {
        sign_in(&app, "wrong horse battery")
            .await
            .problem(401, "sign_in_refused");
    }
    sign_in(&app, PASSWORD).await.problem(429, "too_many_tries");

    let link = mailed(&app, "sign-in/link", "/magic/").await;

    app.nobody().post(&link, &json!({})).await.expect(200);
}

#[tokio::test]
async fn nobody_learns_from_asking_for_a_link() {
    let (app, _) = started().await;
    let invited = json!({ "name": "Alan Turing", "email": "alan@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &invited)
        .await
        .expect(200);
    let gone = app.client("Eve Gone", "eve@example.com", None).await;
    app.admin()
        .delete(&format!("/v1/clients/{}", gone.id))
        .await
        .expect(200);
    app.settle().await;
    let others = ["nobody@example.com", "alan@example.com", "eve@example.com"];
    let mut mails = Vec::new();
    for email in others {
        mails.push(app.mails(email).await.len());
    }

    for what in ["forgotten", "sign-in/link"] {
        let mut known: Option<(u16, Value, Vec<String>)> = None;
        for email in [&[ADA], &others[..]].concat() {
            app.server.aws().record_calls();
            let answer = ask(&app, what, email).await;
            // What is mailed is mailed later, by another function.
            let calls = app.server.aws().calls();
            let own = calls
                .iter()
                .filter(|call| matches!(call.function, Some("forgotten-create" | "sign-in-link")));
            let calls: Vec<String> = own.map(shape).collect();
            assert_eq!(calls.len(), 6, "{calls:?}");
            let seen = (answer.status, answer.body.clone(), calls);
            let expected = known.get_or_insert_with(|| seen.clone());
            assert_eq!(&seen, expected, "{what} for {email}");
        }
    }
    app.settle().await;
    for (email, before) in others.into_iter().zip(mails) {
        assert_eq!(app.mails(email).await.len(), before, "{email}");
    }
}

/// What an outsider could time: which calls a function makes, and how many
/// items each writes.
fn shape(call: &Call) -> String {
    let items = call.body["TransactItems"].as_array().map_or(0, Vec::len);
    format!("{} {items}", call.operation)
}

#[tokio::test]
async fn nobody_is_flooded_with_links() {
    let (app, _) = started().await;
    for _ in 0..5 {
        ask(&app, "forgotten", ADA).await.expect(200);
    }

    let more = ask(&app, "sign-in/link", "ADA@example.com").await;

    more.problem(429, "too_many_tries");
    assert!(!more.header("retry-after").is_empty());
}
