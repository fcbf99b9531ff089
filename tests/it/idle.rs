//! Sessions that are not used end, and those that are go on: whatever is used,
//! and for the team after as long as the settings say.

use e2e::{Browser, PASSWORD, TestApp};
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";
const MARY: &str = "mary@example.com";

async fn browser(app: &TestApp, path: &str, email: &str) -> Browser {
    let mut browser = app.browser();
    browser.open(path).await;
    let fields = [("email", email), ("password", PASSWORD)];
    assert_eq!(browser.submit(path, &fields).await.status, 303);
    browser
}

async fn tokens(app: &TestApp, path: &str, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD });
    app.nobody().post(path, &body).await.expect(200)
}

async fn set_minutes(app: &TestApp, minutes: u32) {
    let settings = json!({ "staffIdleMinutes": minutes });
    let after = app.admin().patch("/v1/workspaces", &settings).await;
    assert_eq!(after.expect(200)["staffIdleMinutes"], minutes);
}

async fn refresh(app: &TestApp, tokens: &Value) -> e2e::Answer {
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    app.nobody().post("/sessions/refresh", &body).await
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

#[tokio::test]
async fn a_browser_that_uses_anything_of_the_portal_stays_signed_in() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    let browser = browser(&app, &app.sign_in_path(), ADA).await;
    let program = browser.actor().with("accept", "application/json");

    // Clients are signed out after two weeks without a request.
    for path in ["/portal/me", "/portal/team", "/portal/sessions"] {
        app.advance(Duration::from_hours(13 * 24)).await;
        program.get(path).await.expect(200);
    }

    app.advance(Duration::from_hours(14 * 24)).await;
    let over = program.get("/portal/me").await;
    over.problem(401, "session_missing");
}

#[tokio::test]
async fn a_use_is_noted_once_in_five_minutes() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    let browser = browser(&app, &app.sign_in_path(), ADA).await;
    let program = browser.actor().with("accept", "application/json");
    app.server.aws().record_calls();

    for _ in 0..10 {
        program.get("/portal/me").await.expect(200);
    }
    app.advance(minutes(5)).await;
    for _ in 0..10 {
        program.get("/portal/me").await.expect(200);
    }

    let calls = app.server.aws().calls();
    let noted = calls.iter().filter(|call| {
        call.operation == "UpdateItem"
            && call.body["UpdateExpression"] == "SET #used = :now, #ttl = :end"
    });
    assert_eq!(noted.count(), 1);
}

#[tokio::test]
async fn a_use_that_cannot_be_noted_puts_nobody_out() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    let browser = browser(&app, &app.sign_in_path(), ADA).await;
    app.advance(minutes(5)).await;
    app.server.aws().inject(|call: &portico_local::Call| {
        (call.operation == "UpdateItem")
            .then_some(portico_local::Fault::Refuse("ValidationException"))
    });

    let me = browser.actor().get("/portal/me").await;
    app.server.aws().heal();

    me.expect(200);
}

#[tokio::test]
async fn the_team_is_signed_out_after_as_long_as_the_settings_say() {
    let app = TestApp::start().await;
    app.team_member("Mary Major", MARY, "staff").await;
    app.client("Ada Lovelace", ADA, None).await;
    let team = app.team_path();
    let mut of_mary = browser(&app, &team, MARY).await;
    let mut of_ada = browser(&app, &app.sign_in_path(), ADA).await;
    let before = tokens(&app, &team, MARY).await;
    assert_eq!(before["sessionExpiresAt"], json!(app.now() + minutes(720)));
    app.advance(minutes(29)).await;
    set_minutes(&app, 30).await;

    // Whoever is signed in already is in until its half hour is over.
    assert_eq!(of_mary.open("/portal").await.status, 200);
    let before = refresh(&app, &before).await.expect(200);
    let after = tokens(&app, &team, MARY).await;
    for tokens in [&before, &after] {
        let end = json!(app.now() + minutes(30));
        assert_eq!(tokens["sessionExpiresAt"], end);
    }
    let shown = app.bearer(&after).get("/portal/sessions").await.expect(200);
    let ends = shown["data"].as_array().expect("a list").iter();
    let ends = ends.map(|session| session["expiresAt"].as_str().expect("a time"));
    let latest = (app.now() + minutes(30)).to_string();
    assert_eq!(ends.max(), Some(latest.as_str()));
    app.advance(minutes(30)).await;

    assert_eq!(of_mary.open("/portal").await.header("location"), team);
    for tokens in [&before, &after] {
        let refused = refresh(&app, tokens).await;
        refused.problem(401, "refresh_refused");
    }
    assert_eq!(
        of_ada.open("/portal").await.status,
        200,
        "clients are not asked"
    );
}

#[tokio::test]
async fn a_program_of_the_team_goes_on_for_as_long_as_it_is_used() {
    let app = TestApp::start().await;
    app.team_member("Mary Major", MARY, "staff").await;
    let team = app.team_path();
    set_minutes(&app, 30).await;
    let tokens = tokens(&app, &team, MARY).await;
    // Used for longer than half an hour, and never idle for as long.
    let mut latest = tokens;
    for _ in 0..4 {
        app.advance(minutes(9)).await;
        app.bearer(&latest).get("/v1/clients").await.expect(200);
        latest = refresh(&app, &latest).await.expect(200);
    }

    // What is longer counts from the next request on, too.
    set_minutes(&app, 720).await;
    let latest = refresh(&app, &latest).await.expect(200);
    app.advance(minutes(11 * 60)).await;
    let again = refresh(&app, &latest).await.expect(200);
    app.bearer(&again).get("/v1/clients").await.expect(200);
    let log = "/v1/audit-log?eventType=workspace.updated";
    let log = app.admin().get(log).await.expect(200);
    let changed = &log["data"][0]["items"][0]["changed"];
    assert_eq!(*changed, json!(["staffIdleMinutes"]), "{log}");
}
