//! What goes wrong is said on a page of the workspace, wherever the request
//! says which one it is about.

use e2e::{Answer, Browser, PASSWORD, TestApp};
use serde_json::json;

const ADA: &str = "ada@example.com";
const LOGO: &str = "https://looms.example.com/logo.png";

/// A workspace that looks like itself.
async fn branded() -> TestApp {
    let app = TestApp::start().await;
    let look = json!({
        "brandName": "Looms & Mills", "fullLogoUrl": LOGO, "colorAccent": "#FFEE00",
    });
    app.admin().patch("/v1/workspaces", &look).await.expect(200);
    app
}

#[track_caller]
fn is_of_the_workspace(answer: &Answer, status: u16, way: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let logo = format!("<img src=\"{LOGO}\" alt=\"Looms &#38; Mills\">");
    for part in [&logo, "--fill:#ffee00", &format!("href=\"{way}\"")] {
        assert!(answer.text.contains(part), "no {part} in {}", answer.text);
    }
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("img-src https://looms.example.com;"),
        "{policy}"
    );
    assert_ne!(answer.header("x-request-id"), "");
}

async fn signed_in(app: &TestApp) -> Browser {
    app.client("Ada Lovelace", ADA, None).await;
    let (mut browser, path) = (app.browser(), app.sign_in_path());
    browser.open(&path).await;
    let fields = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(browser.submit(&path, &fields).await.status, 303);
    browser.open("/portal").await;
    browser
}

#[tokio::test]
async fn a_form_that_is_refused_in_the_portal_leads_back_to_it() {
    let app = branded().await;
    let mut browser = signed_in(&app).await;

    let refused = browser.submit_from_elsewhere("/portal/sign-out", &[]).await;

    is_of_the_workspace(&refused, 403, "/portal");
    assert!(refused.text.contains("data-code=\"form_refused\""));
    // Whatever the function may read.
    let page = "text/html";
    for path in ["/portal/me/avatar", "/portal/sessions/1", "/portal/email"] {
        let method = if path.ends_with("email") {
            "POST"
        } else {
            "DELETE"
        };
        let actor = browser.actor().with("accept", page);
        let refused = actor.send(method, path, None).await;
        is_of_the_workspace(&refused, 403, "/portal");
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_told_in_the_workspaces_name() {
    let app = branded().await;
    let browser = signed_in(&app).await;
    let everywhere = json!({ "everywhere": true });
    let password = json!({ "email": ADA, "password": PASSWORD });
    let other = app.nobody().post(&app.sign_in_path(), &password).await;
    app.bearer(&other.expect(200))
        .post("/portal/sign-out", &everywhere)
        .await
        .expect(200);

    for path in ["/portal/me", "/portal/sessions", "/portal/team"] {
        let told = browser.actor().get(path).await;
        is_of_the_workspace(&told, 401, "/portal");
    }
}

#[tokio::test]
async fn a_link_that_leads_to_nothing_any_more_says_whose_it_was() {
    let app = branded().await;
    let ada = json!({ "name": "Ada Lovelace", "email": ADA });
    let path = "/v1/clients?sendInvite=true";
    let ada = app.admin().post(path, &ada).await.expect(200);
    app.settle().await;
    let link = app.link(ADA).await;
    let purge = format!("/v1/clients/{}/purge", e2e::id(&ada));
    app.admin().post(&purge, &json!({})).await.expect(200);
    app.advance(std::time::Duration::from_mins(1)).await;
    let mut browser = app.browser();

    let opened = browser.open(&link).await;
    let accepted = browser.submit(&format!("{link}/accept"), &[]).await;

    for answer in [opened, accepted] {
        assert!(matches!(answer.status, 404 | 410), "{}", answer.text);
        assert!(answer.text.contains(LOGO), "{}", answer.text);
    }
    // A link of another kind than the page is for.
    let token = link.trim_start_matches("/i/");
    for page in ["magic", "reset", "verify"] {
        let answer = browser.open(&format!("/{page}/{token}")).await;
        is_of_the_workspace(&answer, 404, &app.sign_in_path());
    }
}

#[tokio::test]
async fn a_form_behind_a_link_that_is_refused_is_shown_again_and_works_then() {
    let app = branded().await;
    let ada = app.client("Ada Lovelace", ADA, None).await;
    let new = "countess@example.com";
    let change = json!({ "email": new, "password": PASSWORD });
    let asked = ada.actor.post("/portal/email", &change).await;
    asked.expect(200);
    let path = app.sign_in_path();
    let forgotten = path.replace("/sign-in", "/forgotten");
    app.settle().await;
    let mut links = vec![(app.link_to(new, "/verify/").await, 200)];
    for (ask, page) in [(format!("{path}/link"), "/magic/"), (forgotten, "/reset/")] {
        let asked = app.nobody().post(&ask, &json!({ "email": ADA })).await;
        asked.expect(200);
        app.settle().await;
        links.push((app.link_to(ADA, page).await, 303));
    }
    let password = ("password", "quite another phrase");
    for (link, status) in &links {
        let form = format!("action=\"{link}\"");
        let mut browser = app.browser();

        let without = browser.submit(link, &[password]).await;
        let old = [("csrf", "old"), password];
        let stale = browser.send(link, &old, "same-origin").await;
        let again = browser.submit(link, &[password]).await;

        for (refused, told) in [(&without, "no cookies"), (&stale, "too old or was not")] {
            assert_eq!(refused.status, 403, "{}", refused.text);
            assert!(refused.text.contains(&form), "{}", refused.text);
            assert!(refused.text.contains(told), "{}", refused.text);
        }
        assert_eq!(again.status, *status, "{}", again.text);
    }
}

#[tokio::test]
async fn a_page_that_there_is_not_looks_like_the_others() {
    let app = branded().await;
    let mut browser = app.browser();
    let door = app.sign_in_path().replace("/sign-in", "");

    let missing = browser.open(&format!("{door}/sing-in")).await;

    is_of_the_workspace(&missing, 404, &app.sign_in_path());
    let mut inside = signed_in(&app).await;
    let missing = inside.open("/portal/nothing").await;
    is_of_the_workspace(&missing, 404, "/portal");
    // Nobody knows whose these are.
    let strange = "/w/01890000-0000-7000-8000-000000000000/sign-in";
    for path in ["/i/x", "/nothing", "/w/x/sign-in", strange] {
        let plain = browser.open(path).await;
        assert_eq!(plain.status, 404, "{path}");
        assert!(plain.text.contains("<h1 data-code="), "{path}");
        assert!(!plain.text.contains("<header>"), "{path}: {}", plain.text);
    }
}

#[tokio::test]
async fn a_page_is_answered_while_nothing_can_be_read() {
    let app = branded().await;
    let mut browser = signed_in(&app).await;
    app.server.aws().inject(|call: &portico_local::Call| {
        (call.service == "dynamodb").then_some(portico_local::Fault::Refuse("InternalServerError"))
    });

    let broken = browser.open("/portal").await;
    app.server.aws().heal();

    assert_eq!(broken.status, 503, "{}", broken.text);
    assert!(broken.text.contains("data-code=\"unavailable\""));
    assert!(!broken.text.contains("<header>"));
}
