//! Coming in by oneself: signing up, and being invited by a colleague.

use e2e::{PASSWORD, Receiver, TestApp, id};
use portico_local::Call;
use serde_json::{Value, json};
use std::time::Duration;

const MARY: &str = "mary@example.com";

async fn open_door() -> (TestApp, String) {
    let app = TestApp::start().await;
    set(&app, "isClientDirectSignUpEnabled").await;
    let path = app.sign_in_path().replace("/sign-in", "/sign-up");
    (app, path)
}

async fn set(app: &TestApp, setting: &str) {
    let settings = json!({ setting: true });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);
}

fn person(email: &str) -> Value {
    json!({ "givenName": "Mary", "familyName": "Somerville", "email": email })
}

async fn sign_up(app: &TestApp, path: &str) -> String {
    app.nobody().post(path, &person(MARY)).await.expect(200);
    app.settle().await;
    app.link_to(MARY, "/verify/").await
}

#[tokio::test]
async fn a_mail_to_sign_up_says_nothing_that_a_stranger_typed() {
    let (app, path) = open_door().await;
    let mut stranger = person(MARY);
    stranger["givenName"] = json!("Your account is locked, call 0900 1234");

    app.nobody().post(&path, &stranger).await.expect(200);
    app.settle().await;

    let mails = app.mails(MARY).await;
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].to_string().contains("0900"), "{}", mails[0]);
    stranger["givenName"] = json!("see https://evil.example");
    let refused = app.nobody().post(&path, &stranger).await;
    assert_eq!(refused.problem(400, "text_invalid"), Some("givenName"));
}

#[tokio::test]
async fn whoever_signs_up_is_added_once_the_address_is_proved() {
    let (app, path) = open_door().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.*"]).await;
    let link = sign_up(&app, &path).await;
    assert_eq!(
        app.admin().get("/v1/clients").await.expect(200),
        json!({ "data": [] })
    );
    assert_eq!(app.nobody().get(&link).await.status, 200);
    let weak = json!({ "password": "marysomerville" });
    let refused = app.nobody().post(&link, &weak).await;
    assert_eq!(refused.problem(400, "password_too_weak"), Some("password"));

    let password = json!({ "password": PASSWORD });
    let tokens = app.nobody().post(&link, &password).await.expect(200);
    app.settle().await;

    let me = app.bearer(&tokens).get("/portal/me").await.expect(200);
    let found = app.admin().get("/v1/clients").await.expect(200);
    assert_eq!(
        (
            &me["name"],
            &me["email"],
            &me["status"],
            &found["data"][0]["creationMethod"]
        ),
        (
            &json!("Mary Somerville"),
            &json!(MARY),
            &json!("active"),
            &json!("directSignUp")
        )
    );
    assert_eq!(
        receiver.event_types(),
        ["client.created", "client.activated", "client.statusChanged"]
    );
    app.nobody()
        .post(&link, &password)
        .await
        .problem(410, "link_used");
    let body = json!({ "email": MARY, "password": PASSWORD });
    app.nobody()
        .post(&app.sign_in_path(), &body)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_person_signs_up_with_the_pages() {
    let (app, path) = open_door().await;
    let mut browser = app.browser();
    assert!(browser.open(&app.sign_in_path()).await.text.contains(&path));
    browser.open(&path).await;
    let wrong = [
        ("givenName", "Mary"),
        ("familyName", "Somerville"),
        ("email", "mary"),
    ];
    let again = browser.submit(&path, &wrong).await;
    assert_eq!(again.status, 400);
    assert!(
        again.text.contains("value=\"Somerville\""),
        "nobody types it twice"
    );
    let blank = [
        ("givenName", " "),
        ("familyName", "Somerville"),
        ("email", MARY),
    ];
    let again = browser.submit(&path, &blank).await;
    assert!(
        again.text.contains("The first name is required."),
        "{}",
        again.text
    );
    let marked = "maxlength=\"100\" autocomplete=\"given-name\"";
    let field = again.text.lines().find(|line| line.contains(marked));
    let field = field.unwrap_or_default();
    assert!(
        field.contains("aria-invalid=\"true\" aria-describedby=\"error\""),
        "{field}"
    );
    assert_eq!(
        again.text.matches("aria-invalid").count(),
        2,
        "style and field"
    );
    let right = [
        ("givenName", "Mary"),
        ("familyName", "Somerville"),
        ("email", MARY),
    ];
    let asked = browser.submit(&path, &right).await;
    assert!(
        asked.text.contains("Look into your mailbox"),
        "{}",
        asked.text
    );
    assert!(
        asked.text.contains(MARY) && !asked.text.contains("If there is an account"),
        "a mail comes in any case: {}",
        asked.text
    );
    app.settle().await;

    let link = app.link_to(MARY, "/verify/").await;
    browser.open(&link).await;
    let done = browser.submit(&link, &[("password", PASSWORD)]).await;

    assert_eq!((done.status, done.header("location")), (303, "/portal"));
    assert!(browser.open("/portal").await.text.contains("Welcome, Mary"));
}

/// Some people have a single name; what the API takes, the pages do not refuse.
#[tokio::test]
async fn whoever_has_a_single_name_signs_up_and_joins_the_team_with_the_pages() {
    let (app, path) = open_door().await;
    let teller = json!({ "name": "Teller", "email": "teller@example.com", "role": "staff" });
    let users = "/v1/internal-users?sendInvite=true";
    app.admin().post(users, &teller).await.expect(201);
    app.settle().await;
    let link = app.link("teller@example.com").await;
    let mut browser = app.browser();
    for page in [&path, &link] {
        let shown = browser.open(page).await;
        let required = |name: &str| {
            let name = format!("name=\"{name}\"");
            let field = shown.text.lines().find(|line| line.contains(&name));
            field.expect("the field is there").contains(" required")
        };
        assert!(required("givenName") && !required("familyName"), "{page}");
    }
    let joined = [
        ("givenName", "Teller"),
        ("familyName", ""),
        ("password", PASSWORD),
    ];
    let joined = browser.submit(&format!("{link}/accept"), &joined).await;
    assert_eq!(joined.status, 303, "{}", joined.text);

    let mut browser = app.browser();
    browser.open(&path).await;
    let mary = [("givenName", "Mary"), ("familyName", ""), ("email", MARY)];
    let asked = browser.submit(&path, &mary).await;

    assert_eq!(asked.status, 200, "{}", asked.text);
    let left_out = json!({ "givenName": "Mary", "email": MARY });
    let refused = app.nobody().post(&path, &left_out).await;
    assert_eq!(refused.problem(400, "field_required"), Some("familyName"));
}

#[tokio::test]
async fn nobody_signs_up_where_the_workspace_does_not_let_them() {
    let app = TestApp::start().await;
    let path = app.sign_in_path().replace("/sign-in", "/sign-up");

    app.nobody().get(&path).await.problem(404, "sign_up_off");
    let page = app.nobody().with("accept", "text/html");
    let google = app.sign_in_path().replace("/sign-in", "/google");
    for path in [&path, &google] {
        let refused = page.get(path).await;
        assert_eq!(refused.status, 404);
        assert!(refused.text.contains("<header"), "{}", refused.text);
        assert!(refused.text.contains(&app.sign_in_path()), "{path}");
    }
    app.nobody()
        .post(&path, &person(MARY))
        .await
        .problem(404, "sign_up_off");
    assert!(
        !app.browser()
            .open(&app.sign_in_path())
            .await
            .text
            .contains("Sign up")
    );
}

#[tokio::test]
async fn a_link_lets_nobody_in_once_signing_up_is_off() {
    let (app, path) = open_door().await;
    let link = sign_up(&app, &path).await;
    let settings = json!({ "isClientDirectSignUpEnabled": false });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);

    let password = json!({ "password": PASSWORD });
    let refused = app.nobody().post(&link, &password).await;
    refused.problem(404, "sign_up_off");
    let page = app.nobody().with("accept", "text/html").get(&link).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("<header"), "{}", page.text);
    assert!(page.text.contains(&app.sign_in_path()), "{}", page.text);
    let found = app.admin().get("/v1/clients").await.expect(200);
    assert_eq!(found, json!({ "data": [] }));
}

#[tokio::test]
async fn a_form_that_is_too_old_is_shown_again() {
    let (app, path) = open_door().await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("ada@example.com").await);
    let form = app
        .nobody()
        .with("accept", "text/html")
        .with("content-type", "application/x-www-form-urlencoded");

    for path in [&accept, &path, &app.sign_in_path()] {
        let page = form.send("POST", path, Some("email=a".to_owned())).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("This form is too old"), "{}", page.text);
        assert!(page.text.contains("<header"), "{}", page.text);
        assert!(page.text.contains("name=\"csrf\""), "{}", page.text);
    }
}

#[tokio::test]
async fn signing_up_tells_nobody_who_is_known() {
    let (app, path) = open_door().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
    let added = json!({ "name": "Mary Somerville", "email": "added@example.com" });
    app.admin().post("/v1/clients", &added).await.expect(200);
    app.settle().await;

    let mut known: Option<(u16, Value, Vec<String>)> = None;
    for email in ["ada@example.com", "added@example.com", MARY] {
        app.server.aws().record_calls();
        let answer = app.nobody().post(&path, &person(email)).await;
        let calls = app.server.aws().calls();
        let own = calls
            .iter()
            .filter(|call| call.function == Some("sign-up-create"));
        let calls = own.map(|call: &Call| {
            let items = call.body["TransactItems"].as_array().map_or(0, Vec::len);
            format!("{} {items}", call.operation)
        });
        let seen = (answer.status, answer.body.clone(), calls.collect());
        assert_eq!(&seen, known.get_or_insert_with(|| seen.clone()), "{email}");
    }
    app.settle().await;
    // Whoever has an account is helped in; the others prove their address.
    app.link_to("ada@example.com", "/magic/").await;
    app.link_to(MARY, "/verify/").await;

    let link = app.link_to("added@example.com", "/verify/").await;
    app.nobody()
        .post(&link, &json!({ "password": PASSWORD }))
        .await
        .expect(200);
    let found = app
        .admin()
        .get("/v1/clients?email=added@example.com")
        .await
        .expect(200);
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["data"][0]["status"], "active");
}

#[tokio::test]
async fn a_link_to_sign_up_with_ends_after_a_day() {
    let (app, path) = open_door().await;
    let link = sign_up(&app, &path).await;

    app.advance(Duration::from_hours(24)).await;

    let password = json!({ "password": PASSWORD });
    app.nobody()
        .post(&link, &password)
        .await
        .problem(410, "link_expired");
}

#[tokio::test]
async fn a_client_invites_a_colleague_into_its_own_company() {
    let app = TestApp::start().await;
    let company = |name: &str| {
        let (admin, body) = (app.admin(), json!({ "name": name }));
        async move { id(&admin.post("/v1/companies", &body).await.expect(200)).to_owned() }
    };
    let (engines, looms) = (company("Engines").await, company("Looms").await);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(&engines))
        .await;
    let invite =
        json!({ "givenName": "Charles", "familyName": "Babbage", "email": "charles@example.com" });
    let invitations = "/portal/invitations";
    ada.actor
        .post(invitations, &invite)
        .await
        .problem(403, "client_invites_off");
    set(&app, "isClientInviteEnabled").await;
    let mut elsewhere = invite.clone();
    elsewhere["companyId"] = looms.into();
    let refused = ada.actor.post(invitations, &elsewhere).await;
    assert_eq!(refused.problem(400, "company_unknown"), Some("companyId"));

    let answer = ada.actor.post(invitations, &invite).await.expect(200);
    app.settle().await;

    let found = app
        .admin()
        .get("/v1/clients?email=charles@example.com")
        .await
        .expect(200);
    let charles = &found["data"][0];
    assert_eq!(
        (
            &charles["status"],
            &charles["creationMethod"],
            &charles["companyId"]
        ),
        (&json!("invited"), &json!("client"), &json!(engines))
    );
    let accept = format!("{}/accept", app.link("charles@example.com").await);
    app.nobody()
        .post(&accept, &json!({ "password": PASSWORD }))
        .await
        .expect(200);
    // Whom the business knows already, a client does not learn.
    let again = ada.actor.post(invitations, &invite).await.expect(200);
    assert_eq!(again, answer);
}
