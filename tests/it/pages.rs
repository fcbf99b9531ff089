//! The pages that people meet, in a real browser: legible, usable with a
//! keyboard alone and without scripts, and right for screen readers as far as a
//! program can tell (axe-core, WCAG 2.2 AA).

use e2e::{GoogleStandIn, PASSWORD, TestApp};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command};

const ADA: &str = "ada@example.com";
const MARY: &str = "mary@example.com";

/// Where the logo of a workspace would be.
const LOGO: &str = "https://looms.example.com/logo.png";
/// A name nearly as long as one can be, most of it in one word.
const LONG_NAME: &str = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft of Lower Silesia";

/// Runs the checker on these pages, and on what somebody does with a keyboard;
/// answers with its report.
async fn check(app: &TestApp, pages: Vec<Value>, keyboard: Option<Value>) -> Value {
    let order = json!({
        "url": app.server.url,
        "pages": pages,
        "logo": LOGO,
        "keyboard": keyboard,
        // To look at: PORTICO_SCREENSHOTS=<directory> scripts/test every_page
        "screenshots": std::env::var("PORTICO_SCREENSHOTS").ok(),
    });
    let mut checker = Command::new("node")
        .arg("check.mjs")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("pages"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs");
    let mut input = checker.stdin.take().expect("an input");
    input
        .write_all(order.to_string().as_bytes())
        .await
        .expect("node reads");
    drop(input);
    let output = checker.wait_with_output().await.expect("node ends");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"))
}

/// Checks these pages at two widths, light and dark, and finds nothing wrong.
async fn expect_no_fault(app: &TestApp, pages: Vec<Value>, keyboard: Option<Value>) -> Value {
    let count = pages.len();
    let report = check(app, pages, keyboard).await;
    assert_eq!(report["violations"], json!([]), "{report:#}");
    assert_eq!(report["errors"], json!([]), "{report:#}");
    assert_eq!(report["checked"], count * 4);
    report
}

fn page(name: &str, path: &str) -> Value {
    json!({ "name": name, "path": path, "status": 200 })
}

/// A page that says what is wrong.
fn refusal(name: &str, path: &str, status: u16) -> Value {
    json!({ "name": name, "path": path, "status": status })
}

/// What comes of the form of a page that is filled in like this.
fn filled(name: &str, path: &str, fill: &Value, status: u16) -> Value {
    json!({ "name": name, "path": path, "fill": fill, "status": status })
}

/// The same where the form is not the one that was sent.
fn forged(name: &str, path: &str, fill: &Value) -> Value {
    let mut page = filled(name, path, fill, 403);
    page["isForged"] = json!(true);
    page
}

/// The same page of the portal for whoever signs in before.
fn signed_in(page: Value, path: &str, email: &str) -> Value {
    let mut page = page;
    page["needsSignIn"] = json!({ "path": path, "email": email, "password": PASSWORD });
    page
}

fn door(app: &TestApp) -> String {
    app.sign_in_path().replace("/sign-in", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_that_a_person_meets_is_accessible() {
    // Where people can sign in with Google, pages have one button more.
    let (app, google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    app.team_member("Mary Major", MARY, "staff").await;
    let settings = json!({ "isClientDirectSignUpEnabled": true });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);
    // Whom Google vouches for has no account here.
    google.is("1", "stranger@example.com", true).await;
    let set_up = app.server.set_up_url().await.expect("a table");
    assert_eq!(set_up, None, "somebody of the team can sign in");
    let mut pages = pages_of_invitations(&app).await;
    pages.extend(pages_of_signing_in(&app).await);
    let sign_up = format!("{}/sign-up", door(&app));
    let verify = verify_link(&app).await;
    pages.extend(pages_of_links(&app, &verify).await);
    pages.extend(pages_of_signing_up(&sign_up));
    let (enter, enter_team, portal) = (app.sign_in_path(), app.team_path(), "/portal");
    pages.extend([
        signed_in(page("start", portal), &enter, ADA),
        signed_in(
            forged("start-form-refused", portal, &json!({})),
            &enter,
            ADA,
        ),
        signed_in(page("team-start", portal), &enter_team, MARY),
    ]);
    let keyboard = json!({
        "signIn": { "path": enter, "email": ADA, "password": PASSWORD },
        "accept": invite(&app, "clients", "hypatia@example.com").await,
        "signUp": { "path": sign_up, "givenName": "Emmy", "email": "emmy@example.com" },
        "verify": verify,
    });

    let report = expect_no_fault(&app, pages, Some(keyboard)).await;

    // The page's own style is applied under its own policy.
    assert_eq!(report["button"], "rgb(63, 63, 181)");
}

async fn pages_of_invitations(app: &TestApp) -> Vec<Value> {
    let (accepted, joined) = (app.link(ADA).await, app.link(MARY).await);
    let expired = invite(app, "clients", "old@example.com").await;
    let expired_team = invite(app, "internal-users", "late@example.com").await;
    app.advance(Duration::from_hours(7 * 24)).await;
    let cancelled = ended(app, "emilie@example.com", "cancel").await;
    let superseded = ended(app, "maria@example.com", "resend").await;
    let open = invite(app, "clients", "grace@example.com").await;
    let open_team = invite(app, "internal-users", "grete@example.com").await;
    let (weak, fine) = (weak_password("grace"), json!({ "password": PASSWORD }));
    vec![
        page("invite", &open),
        filled("invite-refused", &open, &weak, 400),
        forged("invite-form-refused", &open, &fine),
        refusal("dead-link", "/i/x", 404),
        refusal("expired", &expired, 410),
        filled("renewed", &expired, &json!({}), 200),
        refusal("cancelled", &cancelled, 410),
        refusal("superseded", &superseded, 410),
        refusal("accepted", &accepted, 410),
        page("team-invite", &open_team),
        filled("team-invite-refused", &open_team, &weak, 400),
        refusal("team-expired", &expired_team, 410),
        refusal("team-accepted", &joined, 410),
    ]
}

async fn pages_of_signing_in(app: &TestApp) -> Vec<Value> {
    let (enter, door) = (app.sign_in_path(), door(app));
    let forgotten = format!("{door}/forgotten");
    let wrong = json!({ "email": ADA, "password": "wrong horse battery" });
    let right = json!({ "email": ADA, "password": PASSWORD });
    let crowd = use_up(app).await;
    let address = json!({ "email": crowd["email"] });
    vec![
        page("sign-in", &enter),
        filled("sign-in-refused", &enter, &wrong, 401),
        filled("sign-in-throttled", &enter, &crowd, 429),
        forged("sign-in-form-refused", &enter, &right),
        page("team-sign-in", &app.team_path()),
        page("forgotten", &forgotten),
        filled("forgotten-throttled", &forgotten, &address, 429),
        forged("forgotten-form-refused", &forgotten, &address),
        page("team-forgotten", &format!("{forgotten}?team=true")),
        refusal("google-refused", &format!("{door}/google"), 403),
        refusal(
            "team-google-refused",
            &format!("{door}/google?team=true"),
            403,
        ),
        refusal("no-such-page", &format!("{door}/nothing"), 404),
    ]
}

async fn pages_of_links(app: &TestApp, verify: &str) -> Vec<Value> {
    let link = async |what: &str, page: &str| {
        let body = json!({ "email": ADA });
        let path = format!("{}/{what}", door(app));
        app.nobody().post(&path, &body).await.expect(200);
        app.settle().await;
        app.link_to(ADA, page).await
    };
    // One for each look, because each is good once; one that was used, and one
    // that is not.
    let mut changes = Vec::new();
    for place in 0..6 {
        changes.push(address_change(app, place).await);
    }
    let (used, change) = (changes.remove(0), changes.remove(0));
    app.nobody().post(&used, &json!({})).await.expect(200);
    let reset = link("forgotten", "/reset/").await;
    let magic = link("sign-in/link", "/magic/").await;
    let (nothing, fine) = (json!({}), json!({ "password": PASSWORD }));
    vec![
        page("reset", &reset),
        filled("reset-refused", &reset, &weak_password("lovelace"), 400),
        forged("reset-form-refused", &reset, &fine),
        page("magic", &magic),
        forged("magic-form-refused", &magic, &nothing),
        refusal("link-used", &used, 410),
        page("verify", verify),
        filled("verify-refused", verify, &weak_password("germain"), 400),
        page("address-change", &change),
        forged("address-change-form-refused", &change, &nothing),
        json!({ "name": "address-changed", "path": changes, "fill": {}, "status": 200 }),
    ]
}

fn sophie() -> Value {
    json!({ "givenName": "Sophie", "familyName": "Germain", "email": "sophie@example.com" })
}

/// A password that whoever guesses somebody's of this name tries soon.
fn weak_password(name: &str) -> Value {
    let thrice = [name; 3].join(" ");
    json!({ "password": thrice })
}

/// The link that Sophie is mailed who signs up.
async fn verify_link(app: &TestApp) -> String {
    let path = format!("{}/sign-up", door(app));
    app.nobody().post(&path, &sophie()).await.expect(200);
    app.settle().await;
    app.link_to("sophie@example.com", "/verify/").await
}

fn pages_of_signing_up(path: &str) -> Vec<Value> {
    let blank = json!({ "givenName": " ", "familyName": "", "email": MARY });
    vec![
        page("sign-up", path),
        filled("sign-up-refused", path, &blank, 400),
        forged("sign-up-form-refused", path, &sophie()),
        filled("mailbox", path, &sophie(), 200),
    ]
}

/// A logo, a colour on which white cannot be read, and a name that is as long as
/// one can be; and what is seldom met: what is switched off, and what is broken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_in_the_look_of_a_workspace_and_when_something_is_broken_are_accessible() {
    let app = TestApp::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    app.team_member("Mary Major", MARY, "staff").await;
    let expired = invite(&app, "clients", "old@example.com").await;
    app.advance(Duration::from_hours(7 * 24)).await;
    let (door, enter) = (door(&app), app.sign_in_path());
    let team_invite = invite(&app, "internal-users", "grete@example.com").await;
    let change = address_change(&app, 0).await;
    let grace = invite(&app, "clients", "grace@example.com").await;
    let list = "/v1/invitations?email=grace@example.com";
    let found = app.admin().get(list).await.expect(200);
    let broken = e2e::id(&found["data"][0]).to_owned();
    let nowhere = "01890000-0000-7000-8000-00000000dead";
    let unread = [broken, nowhere.to_owned()];
    app.server.aws().inject(move |call: &Call| {
        let asked = call.body["Key"].to_string();
        let is_unread = call.operation == "GetItem" && unread.iter().any(|id| asked.contains(id));
        is_unread.then_some(Fault::Refuse("ValidationException"))
    });
    let wrong = json!({ "email": ADA, "password": "wrong horse battery" });
    let (nothing, portal) = (json!({}), "/portal");

    for (look, logo) in [("named", ""), ("with-logo", LOGO)] {
        let settings =
            json!({ "brandName": LONG_NAME, "fullLogoUrl": logo, "colorAccent": "#FFEE00" });
        let admin = app.admin();
        let changed = admin.patch("/v1/workspaces", &settings).await;
        changed.expect(200);
        let pages = vec![
            page("sign-in", &enter),
            filled("sign-in-refused", &enter, &wrong, 401),
            page("forgotten", &format!("{door}/forgotten")),
            refusal("expired", &expired, 410),
            filled("renewed", &expired, &nothing, 200),
            page("team-invite", &team_invite),
            filled(
                "team-invite-refused",
                &team_invite,
                &weak_password("grace"),
                400,
            ),
            page("address-change", &change),
            refusal("no-such-page", &format!("{door}/nothing"), 404),
            refusal("sign-up-off", &format!("{door}/sign-up"), 404),
            refusal("google-off", &format!("{door}/google"), 404),
            refusal("unavailable", &grace, 503),
            refusal("all-unavailable", &format!("/w/{nowhere}/sign-in"), 503),
            signed_in(page("start", portal), &enter, ADA),
            signed_in(forged("start-form-refused", portal, &nothing), &enter, ADA),
            signed_in(page("team-start", portal), &app.team_path(), MARY),
        ];
        let pages = pages.into_iter().map(|mut page| {
            let name = page["name"].as_str().unwrap_or_default();
            page["name"] = json!(format!("{look}-{name}"));
            page
        });

        expect_no_fault(&app, pages.collect(), None).await;
    }
}

/// Uses up what may be tried for an address, at passwords and at links; answers
/// with what one more try at its password is.
async fn use_up(app: &TestApp) -> Value {
    let wrong = json!({ "email": "crowd@example.com", "password": "wrong horse battery" });
    for _ in 0..10 {
        let tried = app.nobody().post(&app.sign_in_path(), &wrong).await;
        tried.problem(401, "sign_in_refused");
    }
    let ask = format!("{}/link", app.sign_in_path());
    let address = json!({ "email": "crowd@example.com" });
    for _ in 0..5 {
        app.nobody().post(&ask, &address).await.expect(200);
    }
    wrong
}

/// Invites somebody and does this to the invitation; answers with the link that
/// works no more.
async fn ended(app: &TestApp, email: &str, how: &str) -> String {
    let link = invite(app, "clients", email).await;
    app.advance(Duration::from_mins(1)).await;
    let list = format!("/v1/invitations?email={email}");
    let found = app.admin().get(&list).await.expect(200);
    let path = format!("/v1/invitations/{}/{how}", e2e::id(&found["data"][0]));
    app.admin().post(&path, &json!({})).await.expect(200);
    link
}

/// Has a client ask for another address; answers with the link that proves it.
async fn address_change(app: &TestApp, place: usize) -> String {
    let (from, to) = (
        format!("from{place}@example.com"),
        format!("to{place}@example.com"),
    );
    let client = app.client("Emmy Noether", &from, None).await;
    let change = json!({ "email": to, "password": PASSWORD });
    client
        .actor
        .post("/portal/email", &change)
        .await
        .expect(200);
    app.settle().await;
    app.link_to(&to, "/verify/").await
}

/// Invites somebody new of this kind; answers with the link.
async fn invite(app: &TestApp, kind: &str, email: &str) -> String {
    let mut body = json!({ "name": "Grace Hopper", "email": email });
    if kind == "internal-users" {
        body["role"] = json!("staff");
    }
    let path = format!("/v1/{kind}?sendInvite=true");
    let added = app.admin().post(&path, &body).await;
    assert!(matches!(added.status, 200 | 201), "{}", added.text);
    app.settle().await;
    app.link(email).await
}
