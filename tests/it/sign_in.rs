//! Signing in: what lets somebody in, what does not, and what an answer tells.

use e2e::{Answer, PASSWORD, TestApp, id};
use futures_util::future::join_all;
use portico_local::Call;
use serde_json::{Value, json};
use std::time::Duration;

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.nobody().post(&app.sign_in_path(), &body).await
}

/// An answer with everything that names the request blanked.
fn seen(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

#[tokio::test]
async fn a_client_signs_in_with_its_password() {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    app.advance(Duration::from_hours(2)).await;

    let tokens = sign_in(&app, "ADA@example.com", PASSWORD).await.expect(200);

    assert_eq!(tokens["tokenType"], "Bearer");
    assert_eq!(tokens["expiresIn"], 600);
    let me = app.bearer(&tokens).get("/portal/me").await.expect(200);
    assert_eq!(me["id"], ada.id.as_str());
    assert_eq!(me["lastLoginDate"], app.now().to_string());
    assert_eq!(
        ada.actor.get("/portal/me").await.status,
        401,
        "ten minutes are over"
    );
}

#[tokio::test]
async fn a_person_signs_in_and_out_with_the_pages() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
    let mut browser = app.browser();
    let path = app.sign_in_path();

    let page = browser.open(&path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("Sign in to My workspace"),
        "{}",
        page.text
    );
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "wrong horse battery"),
    ];
    let refused = browser.submit(&path, &wrong).await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.text.contains("do not go together"),
        "{}",
        refused.text
    );
    assert!(
        refused.text.contains("value=\"ada@example.com\""),
        "nobody types it twice"
    );

    let right = [("email", "ada@example.com"), ("password", PASSWORD)];
    let done = browser.submit(&path, &right).await;
    assert_eq!((done.status, done.header("location")), (303, "/portal"));
    let home = browser.open("/portal").await;
    assert!(home.text.contains("Welcome, Ada"), "{}", home.text);

    let stolen = browser
        .cookie("__Host-portico")
        .expect("a session")
        .to_owned();
    let out = browser.submit("/portal/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, path.as_str()));
    assert_eq!(browser.cookie("__Host-portico"), None);
    browser.set_cookie("__Host-portico", &stolen);
    let led_away = browser.open("/portal").await;
    assert_eq!(
        (led_away.status, led_away.header("location")),
        (303, path.as_str())
    );
}

#[tokio::test]
async fn nobody_learns_which_addresses_have_an_account() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
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

    let mut known = None;
    for email in [
        "ada@example.com",
        "nobody@example.com",
        "alan@example.com",
        "eve@example.com",
    ] {
        app.server.aws().record_calls();
        let before = portico_keys::password::hashes_computed();
        let answer = sign_in(&app, email, "wrong horse battery").await;
        answer.problem(401, "sign_in_refused");
        let hashes = portico_keys::password::hashes_computed() - before;
        let calls: Vec<String> = app
            .server
            .aws()
            .calls()
            .iter()
            .filter(|call| call.function == Some("sign-in-create"))
            .map(shape)
            .collect();
        let all = (seen(&answer), hashes, calls);
        assert_eq!(all.1, 1, "one hash, as with an account");
        let expected = known.get_or_insert_with(|| all.clone());
        assert_eq!(&all, expected, "{email}");
    }
}

/// What an outsider could time: which calls are made, and how many keys each names.
fn shape(call: &Call) -> String {
    let tables = call.body["RequestItems"].as_object();
    let keys = tables
        .into_iter()
        .flatten()
        .map(|(_, wanted)| wanted["Keys"].as_array().map_or(0, Vec::len));
    format!("{} {}", call.operation, keys.sum::<usize>())
}

#[tokio::test]
async fn of_a_hundred_guesses_at_once_ten_are_looked_at() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;

    let guesses = (0..100).map(|number| {
        let guess = format!("wrong horse {number}");
        let app = &app;
        async move { sign_in(app, "ada@example.com", &guess).await }
    });
    let answers = join_all(guesses).await;

    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 10);
    let refused = answers
        .iter()
        .find(|answer| answer.status == 429)
        .expect("the others");
    refused.problem(429, "too_many_tries");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    sign_in(&app, "ada@example.com", PASSWORD)
        .await
        .problem(429, "too_many_tries");
    // Nobody is locked out for good.
    app.advance(Duration::from_secs(wait)).await;
    sign_in(&app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn one_password_cannot_be_tried_on_many_accounts() {
    let app = TestApp::start().await;
    for number in 0..100 {
        let email = format!("client{number}@example.com");
        sign_in(&app, &email, "correct horse battery")
            .await
            .problem(401, "sign_in_refused");
    }

    let more = sign_in(&app, "another@example.com", "correct horse battery").await;

    more.problem(429, "too_many_tries");
}

#[tokio::test]
async fn a_hundred_sign_ins_at_once_from_one_office_all_succeed() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
    app.client("Grace Hopper", "grace@example.com", None).await;

    for _ in 0..10 {
        let attempts = (0..10).map(|number| {
            let email = ["ada@example.com", "grace@example.com"][number % 2];
            sign_in(&app, email, PASSWORD)
        });
        for answer in join_all(attempts).await {
            answer.expect(200);
        }
    }

    let tokens = sign_in(&app, "ada@example.com", PASSWORD).await.expect(200);
    let sessions = app
        .bearer(&tokens)
        .get("/portal/sessions")
        .await
        .expect(200);
    // Fifty, this one, and that of accepting.
    assert_eq!(sessions["data"].as_array().map(Vec::len), Some(52));
}

#[tokio::test]
async fn what_is_no_credential_is_named() {
    let app = TestApp::start().await;
    let path = app.sign_in_path();
    for (body, field) in [
        (json!({}), "email"),
        (json!({ "email": "ada@example.com" }), "password"),
        (json!({ "email": "", "password": "x" }), "email"),
        (
            json!({ "email": "ada@example.com", "password": "" }),
            "password",
        ),
    ] {
        let answer = app.nobody().post(&path, &body).await;
        assert_eq!(answer.problem(400, "field_required"), Some(field));
    }
    let answer = sign_in(&app, "ada", "x").await;
    assert_eq!(answer.problem(400, "email_invalid"), Some("email"));
    let endless = "x".repeat(100_000);
    sign_in(&app, "ada@example.com", &endless)
        .await
        .problem(401, "sign_in_refused");
    let unknown = "/w/01890000-0000-7000-8000-000000000000/sign-in";
    let body = json!({ "email": "ada@example.com", "password": "x" });
    app.nobody()
        .post(unknown, &body)
        .await
        .problem(404, "not_found");
    app.nobody()
        .get("/w/x/sign-in")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_not_accepted() {
    let app = TestApp::start().await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("ada@example.com").await);

    for weak in ["password1234", "adalovelace12", "my workspace 1"] {
        let answer = app
            .nobody()
            .post(&accept, &json!({ "password": weak }))
            .await;
        assert_eq!(
            answer.problem(400, "password_too_weak"),
            Some("password"),
            "{weak}"
        );
    }
}

#[tokio::test]
async fn a_client_of_one_workspace_cannot_sign_in_to_another() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
    let other = app.other_tenant().await.stored.workspace_id;

    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = app
        .nobody()
        .post(&format!("/w/{other}/sign-in"), &body)
        .await;

    answer.problem(401, "sign_in_refused");
}

#[tokio::test]
async fn the_workspace_says_where_its_clients_sign_in() {
    let app = TestApp::start().await;

    let workspace = app.admin().get("/v1/workspaces").await.expect(200);

    let url = workspace["portalUrl"].as_str().expect("a link");
    assert!(url.ends_with(&format!("/w/{}/sign-in", id(&workspace))));
    assert_eq!(app.browser().open(url).await.status, 200);
}

#[tokio::test]
async fn the_last_sign_in_and_the_last_activity_are_known_to_the_minute() {
    let app = TestApp::start().await;
    let company = json!({ "name": "Engines" });
    let company = app.admin().post("/v1/companies", &company).await;
    let company = e2e::id(&company.expect(200)).to_owned();
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(&company))
        .await;
    let allowed = json!({ "isClientInviteEnabled": true });
    let settings = app.admin().patch("/v1/workspaces", &allowed).await;
    settings.expect(200);
    let shown = async || {
        let path = format!("/v1/clients/{}", ada.id);
        app.admin().get(&path).await.expect(200)
    };
    let minute = std::time::Duration::from_mins(1);

    app.advance(minute * 30).await;
    let tokens = sign_in(&app, "ada@example.com", PASSWORD).await;
    let portal = app.bearer(&tokens.expect(200));
    let signed_in = app.now().to_string();
    assert_eq!(shown().await["lastLoginDate"], signed_in);
    assert_eq!(shown().await["lastActivityAt"], signed_in);

    app.advance(minute * 5).await;
    let profile = json!({ "position": "Countess" });
    portal.patch("/portal/me", &profile).await.expect(200);
    assert_eq!(shown().await["lastActivityAt"], app.now().to_string());

    app.advance(minute).await;
    let colleague = json!({ "givenName": "Bob", "familyName": "", "email": "bob@example.com" });
    let invited = portal.post("/portal/invitations", &colleague).await;
    invited.expect(200);
    assert_eq!(shown().await["lastActivityAt"], app.now().to_string());
    assert_eq!(shown().await["lastLoginDate"], signed_in);
    app.settle().await;
}
