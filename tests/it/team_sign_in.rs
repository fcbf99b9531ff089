//! Team members sign in: by password, by links, and with what they are given on
//! the routes below `/v1`.

use e2e::{Actor, Answer, PASSWORD, TestApp};
use futures_util::future::join_all;
use portico_local::Call;
use serde_json::{Value, json};
use std::time::Duration;

const MARY: &str = "mary@example.com";
/// What expects a password of somebody else's: as long, and as hard to guess.
const WRONG: &str = "quite another phrase";

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    app.nobody().post(&app.team_path(), &body).await
}

async fn mailed(app: &TestApp, what: &str, page: &str) -> String {
    let door = app.sign_in_path().replace("/sign-in", "");
    let path = format!("{door}/{what}?team=true");
    let body = json!({ "email": MARY });
    app.nobody().post(&path, &body).await.expect(200);
    app.settle().await;
    app.link_to(MARY, page).await
}

async fn is_out(actor: &Actor) {
    actor.get("/v1/me").await.problem(401, "session_over");
}

#[tokio::test]
async fn a_team_member_signs_in_and_may_do_what_its_role_allows() {
    let app = TestApp::start().await;
    app.team_member("Mary Major", MARY, "staff").await;
    app.advance(Duration::from_hours(2)).await;

    let tokens = sign_in(&app, "MARY@example.com", PASSWORD)
        .await
        .expect(200);

    let mary = app.bearer(&tokens);
    let me = mary.get("/v1/me").await.expect(200);
    assert_eq!(me["email"], MARY);
    let client = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    mary.post("/v1/clients", &client).await.expect(200);
    let refused = mary
        .post("/v1/roles", &json!({ "name": "X", "permissions": [] }))
        .await;
    refused.problem(403, "permission_missing");
    let path = format!("/v1/internal-users/{}", e2e::id(&me));
    let user = app.admin().get(&path).await.expect(200);
    assert_eq!(user["lastLoginDate"], app.now().to_string());
    // The same token in the header of the compatible API, with the workspace.
    let token = tokens["accessToken"].as_str().expect("a token");
    let key = format!("{}/{token}", app.server.workspace_id);
    app.actor(Some(&key)).get("/v1/me").await.expect(200);
    let log = app.admin().get("/v1/audit-log").await.expect(200);
    let added = log["data"].as_array().expect("a list");
    let added = added
        .iter()
        .find(|entry| entry["eventType"] == "client.created");
    let added = added.expect("it is in the log");
    assert_eq!(added["actorId"], me["id"], "{added}");
    app.advance(Duration::from_mins(10)).await;
    is_out(&mary).await;
}

#[tokio::test]
async fn the_door_of_the_team_is_not_that_of_clients() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "admin").await;
    // The same address as a client, with another password.
    let body = json!({ "name": "Mary Client", "email": MARY });
    let path = "/v1/clients?sendInvite=true";
    app.admin().post(path, &body).await.expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link(MARY).await);
    let client = app
        .nobody()
        .post(&accept, &json!({ "password": WRONG }))
        .await
        .expect(200);
    let client = app.bearer(&client["session"]);

    let body = json!({ "email": MARY, "password": PASSWORD });
    let crossed = app.nobody().post(&app.sign_in_path(), &body).await;
    crossed.problem(401, "sign_in_refused");
    sign_in(&app, MARY, WRONG)
        .await
        .problem(401, "sign_in_refused");
    client.get("/v1/clients").await.problem(401, "key_invalid");
    for path in ["/portal/me", "/portal/team"] {
        mary.actor.get(path).await.problem(403, "client_required");
    }
    let link = mailed(&app, "sign-in/link", "/magic/").await;
    let tokens = app.nobody().post(&link, &json!({})).await.expect(200);
    assert_eq!(
        app.bearer(&tokens).get("/v1/me").await.expect(200)["id"],
        mary.id.as_str()
    );
}

#[tokio::test]
async fn a_removed_member_and_a_changed_role_count_on_the_next_request() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "admin").await;
    let path = format!("/v1/internal-users/{}", mary.id);
    mary.actor.get("/v1/audit-log").await.expect(200);

    let staff = json!({ "role": "staff" });
    app.admin().patch(&path, &staff).await.expect(200);
    let refused = mary.actor.get("/v1/audit-log").await;
    refused.problem(403, "permission_missing");
    mary.actor.get("/v1/clients").await.expect(200);

    app.admin().delete(&path).await.expect(200);
    is_out(&mary.actor).await;
    let refresh = json!({ "refreshToken": mary.tokens["refreshToken"] });
    let refresh = app.nobody().post("/sessions/refresh", &refresh).await;
    assert_eq!(refresh.status, 401);
    sign_in(&app, MARY, PASSWORD)
        .await
        .problem(401, "sign_in_refused");
    // Somebody else may have the address, and gets neither password nor session.
    app.team_member("Other Mary", MARY, "staff").await;
    is_out(&mary.actor).await;
}

#[tokio::test]
async fn nobody_learns_who_is_in_the_team() {
    let app = TestApp::start().await;
    app.team_member("Mary Major", MARY, "staff").await;
    let gone = app
        .team_member("Eve Gone", "eve@example.com", "staff")
        .await;
    let gone = format!("/v1/internal-users/{}", gone.id);
    app.admin().delete(&gone).await.expect(200);
    app.client("Ada Lovelace", "ada@example.com", None).await;
    let invited = json!({ "name": "Alan", "email": "alan@example.com", "role": "staff" });
    let path = "/v1/internal-users?sendInvite=true";
    app.admin().post(path, &invited).await.expect(201);
    app.settle().await;
    let addresses = [
        MARY,
        "nobody@example.com",
        "eve@example.com",
        "ada@example.com",
        "alan@example.com",
    ];
    let door = app.sign_in_path().replace("/sign-in", "");
    let paths = [
        (app.team_path(), 401),
        (format!("{door}/forgotten?team=true"), 200),
        (format!("{door}/sign-in/link?team=true"), 200),
    ];
    for (path, status) in paths {
        let mut first: Option<(Value, Vec<String>)> = None;
        for email in addresses {
            app.server.aws().record_calls();
            let body = json!({ "email": email, "password": WRONG });
            let answer = app.nobody().post(&path, &body).await;
            assert_eq!(answer.status, status, "{email}: {}", answer.text);
            let calls = app.server.aws().calls();
            let own = calls.iter().filter(|call: &&Call| call.function.is_none());
            let mut operations: Vec<String> = own.map(|call| call.operation.clone()).collect();
            operations.sort();
            let seen = (answer.body, operations);
            match &first {
                None => first = Some(seen),
                Some(first) => assert_eq!(&seen, first, "{path}: {email}"),
            }
        }
    }
    app.settle().await;
    for email in &addresses[1..4] {
        let mails = app.mails(email).await;
        let asked = mails.iter().filter(|mail| {
            let subject = mail["Subject"].as_str().unwrap_or_default();
            subject.starts_with("Sign in") || subject.starts_with("Choose")
        });
        assert_eq!(asked.count(), 0, "{email}");
    }
}

#[tokio::test]
async fn guesses_at_the_team_are_slowed_down_and_counted_apart_from_clients() {
    let app = TestApp::start().await;
    app.team_member("Mary Major", MARY, "staff").await;
    app.client("Mary Client", MARY, None).await;

    let guesses = join_all((0..30).map(|_| sign_in(&app, MARY, WRONG))).await;

    let looked_at = guesses.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 10);
    sign_in(&app, MARY, PASSWORD)
        .await
        .problem(429, "too_many_tries");
    // Her own account as a client is another one.
    let body = json!({ "email": MARY, "password": PASSWORD });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .expect(200);
    let link = mailed(&app, "sign-in/link", "/magic/").await;
    app.nobody().post(&link, &json!({})).await.expect(200);
}

#[tokio::test]
async fn links_by_mail_sign_a_team_member_in_once_and_a_new_password_ends_its_sessions() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "staff").await;
    let magic = mailed(&app, "sign-in/link", "/magic/").await;
    assert_eq!(app.nobody().get(&magic).await.status, 200);
    let answers = join_all((0..20).map(|_| {
        let nobody = app.nobody();
        let magic = magic.clone();
        async move { nobody.post(&magic, &json!({})).await.status }
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);

    let older = mailed(&app, "sign-in/link", "/magic/").await;
    app.advance(Duration::from_secs(1)).await;
    let reset = mailed(&app, "forgotten", "/reset/").await;
    let weak = json!({ "password": "mary major 12" });
    app.nobody()
        .post(&reset, &weak)
        .await
        .problem(400, "password_too_weak");
    let phrase = json!({ "password": WRONG });
    let tokens = app.nobody().post(&reset, &phrase).await.expect(200);

    is_out(&mary.actor).await;
    app.bearer(&tokens).get("/v1/me").await.expect(200);
    app.nobody()
        .post(&reset, &phrase)
        .await
        .problem(410, "link_used");
    app.nobody()
        .post(&older, &json!({}))
        .await
        .problem(410, "link_used");
    sign_in(&app, MARY, PASSWORD)
        .await
        .problem(401, "sign_in_refused");
    sign_in(&app, MARY, WRONG).await.expect(200);
    app.settle().await;
    let told = app.mails(MARY).await.remove(0);
    assert!(
        told["Subject"]
            .as_str()
            .expect("one")
            .contains("was changed"),
        "{told}"
    );
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_again_ends_the_session_of_a_team_member() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "staff").await;
    let first = json!({ "refreshToken": mary.tokens["refreshToken"] });
    let second = app
        .nobody()
        .post("/sessions/refresh", &first)
        .await
        .expect(200);
    app.bearer(&second).get("/v1/me").await.expect(200);
    app.advance(Duration::from_secs(11)).await;

    let reused = app.nobody().post("/sessions/refresh", &first).await;

    assert_eq!(reused.status, 401);
    is_out(&app.bearer(&second)).await;
    is_out(&mary.actor).await;
}

#[tokio::test]
async fn a_team_member_sees_and_ends_its_sessions_and_changes_its_password() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "staff").await;
    let other = sign_in(&app, MARY, PASSWORD).await.expect(200);
    let sessions = mary.actor.get("/portal/sessions").await.expect(200);
    assert_eq!(sessions["data"].as_array().map(Vec::len), Some(2));
    let path = format!(
        "/portal/sessions/{}",
        other["sessionId"].as_str().expect("an id")
    );
    mary.actor.delete(&path).await.expect(200);
    is_out(&app.bearer(&other)).await;

    let change = json!({ "currentPassword": PASSWORD, "password": WRONG });
    let tokens = mary
        .actor
        .post("/portal/password", &change)
        .await
        .expect(200);
    is_out(&mary.actor).await;
    let mary = app.bearer(&tokens);
    let everywhere = json!({ "everywhere": "true" });
    mary.post("/portal/sign-out", &everywhere).await.expect(200);
    is_out(&mary).await;
    // Half a day without a request, and a session of the team is over.
    let tokens = sign_in(&app, MARY, WRONG).await.expect(200);
    app.advance(Duration::from_hours(12)).await;
    let refresh = json!({ "refreshToken": tokens["refreshToken"] });
    let late = app.nobody().post("/sessions/refresh", &refresh).await;
    assert_eq!(late.status, 401);
}

#[tokio::test]
async fn a_team_member_changes_its_address_and_the_old_one_is_told() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "staff").await;
    app.team_member("Paul Minor", "paul@example.com", "staff")
        .await;
    let ask = async |to: &str| {
        let change = json!({ "email": to, "password": PASSWORD });
        mary.actor.post("/portal/email", &change).await.expect(200);
        app.settle().await;
        app.link_to(to, "/verify/").await
    };
    let taken = ask("paul@example.com").await;
    let taken = app.nobody().post(&taken, &json!({})).await;
    taken.problem(409, "email_taken");

    let link = ask("maria@example.com").await;
    let tokens = sign_in(&app, MARY, PASSWORD).await.expect(200);
    let everywhere = json!({ "everywhere": true });
    let other = app.bearer(&tokens);
    other
        .post("/portal/sign-out", &everywhere)
        .await
        .expect(200);
    let dead = app.nobody().post(&link, &json!({})).await;
    dead.problem(410, "link_used");
    let tokens = sign_in(&app, MARY, PASSWORD).await.expect(200);
    let change = json!({ "email": "maria@example.com", "password": PASSWORD });
    let anew = app.bearer(&tokens);
    anew.post("/portal/email", &change).await.expect(200);
    app.settle().await;
    let link = app.link_to("maria@example.com", "/verify/").await;
    app.nobody().post(&link, &json!({})).await.expect(200);

    sign_in(&app, "maria@example.com", PASSWORD)
        .await
        .expect(200);
    sign_in(&app, MARY, PASSWORD)
        .await
        .problem(401, "sign_in_refused");
    app.settle().await;
    let told = app.mails(MARY).await.remove(0);
    assert!(
        told["Subject"]
            .as_str()
            .expect("one")
            .contains("was changed"),
        "{told}"
    );
    // The old address is free.
    app.team_member("Mary Minor", MARY, "staff").await;
}

#[tokio::test]
async fn forged_access_tokens_let_nobody_in_to_the_api() {
    let app = TestApp::start().await;
    let mary = app.team_member("Mary Major", MARY, "admin").await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let token = mary.tokens["accessToken"].as_str().expect("a token");
    let clients = ada.tokens["accessToken"].as_str().expect("a token");
    let parts: Vec<&str> = token.split('.').collect();
    let others: Vec<&str> = clients.split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], others[2]),
        format!("{}.{}.{}", others[0], parts[1], others[2]),
    ];
    for forged in forged {
        let actor = app
            .nobody()
            .with("authorization", &format!("Bearer {forged}"));
        let answer = actor.get("/v1/clients").await;
        assert_eq!(answer.status, 401, "{forged}");
    }
    let elsewhere = app.other_tenant().await.stored.workspace_id;
    let key = format!("{elsewhere}/{token}");
    app.actor(Some(&key))
        .get("/v1/me")
        .await
        .problem(401, "key_invalid");
}
