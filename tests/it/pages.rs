//! The pages that people meet, in a real browser: legible, usable with a
//! keyboard alone and without scripts, and right for screen readers as far as a
//! program can tell (axe-core, WCAG 2.2 AA).

use e2e::{GoogleStandIn, PASSWORD, TestApp};
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command};

const ADA: &str = "ada@example.com";
const MARY: &str = "mary@example.com";

/// Runs the checker on these pages; answers with its report.
async fn check(app: &TestApp, pages: Vec<Value>) -> Value {
    let order = json!({
        "url": app.server.url,
        "pages": pages,
        "signIn": { "path": app.sign_in_path(), "email": ADA, "password": PASSWORD },
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_that_a_person_meets_is_accessible() {
    // Where people can sign in with Google, pages have one button more.
    let (app, google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", ADA, None).await;
    app.team_member("Mary Major", MARY, "staff").await;
    let (accepted, joined) = (app.link(ADA).await, app.link(MARY).await);
    let settings = json!({ "isClientDirectSignUpEnabled": true });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);
    let expired = invite(&app, "clients", "old@example.com").await;
    let expired_team = invite(&app, "internal-users", "late@example.com").await;
    app.advance(Duration::from_hours(7 * 24)).await;
    let door = app.sign_in_path().replace("/sign-in", "");
    let link = async |what: &str, page: &str| {
        let body = json!({ "email": ADA });
        let path = format!("{door}/{what}");
        app.nobody().post(&path, &body).await.expect(200);
        app.settle().await;
        app.link_to(ADA, page).await
    };
    let sign_up = format!("{door}/sign-up");
    let sophie =
        json!({ "givenName": "Sophie", "familyName": "Germain", "email": "sophie@example.com" });
    app.nobody().post(&sign_up, &sophie).await.expect(200);
    app.settle().await;
    let verify = app.link_to("sophie@example.com", "/verify/").await;
    // One for each look, because each is good once; and one that was used.
    let mut changes = Vec::new();
    for place in 0..5 {
        changes.push(address_change(&app, place).await);
    }
    let used = changes.remove(0);
    app.nobody().post(&used, &json!({})).await.expect(200);
    // Whom Google vouches for has no account here.
    google.is("1", "stranger@example.com", true).await;
    let page = |name: &str, path: &str| json!({ "name": name, "path": path });
    let filled =
        |name: &str, path: &str, fill: Value| json!({ "name": name, "path": path, "fill": fill });
    let signed_in =
        |name: &str, who: Value| json!({ "name": name, "path": "/portal", "needsSignIn": who });
    let wrong = json!({ "email": ADA, "password": "wrong horse battery" });
    let member = json!({ "path": app.team_path(), "email": MARY, "password": PASSWORD });
    let client = json!({ "path": app.sign_in_path(), "email": ADA, "password": PASSWORD });
    let set_up = app.server.set_up_url().await.expect("a table");
    assert_eq!(set_up, None, "somebody of the team can sign in");
    let invite = invite(&app, "clients", "grace@example.com").await;
    let team_invite = self::invite(&app, "internal-users", "grete@example.com").await;
    let weak = json!({ "password": "grace grace grace" });
    let pages = vec![
        page("invite", &invite),
        filled("invite-refused", &invite, weak.clone()),
        page("dead-link", "/i/x"),
        page("expired", &expired),
        filled("renewed", &expired, json!({})),
        page("accepted", &accepted),
        page("team-invite", &team_invite),
        filled("team-invite-refused", &team_invite, weak),
        page("team-expired", &expired_team),
        page("team-accepted", &joined),
        page("sign-in", &app.sign_in_path()),
        filled("sign-in-refused", &app.sign_in_path(), wrong),
        page("team-sign-in", &app.team_path()),
        page("forgotten", &format!("{door}/forgotten")),
        page("team-forgotten", &format!("{door}/forgotten?team=true")),
        page("reset", &link("forgotten", "/reset/").await),
        page("magic", &link("sign-in/link", "/magic/").await),
        page("link-used", &used),
        page("sign-up", &sign_up),
        filled("mailbox", &sign_up, sophie),
        page("verify", &verify),
        json!({ "name": "address-changed", "path": changes, "fill": {} }),
        page("google-refused", &format!("{door}/google")),
        page("team-google-refused", &format!("{door}/google?team=true")),
        signed_in("start", client),
        signed_in("team-start", member),
    ];
    let count = pages.len();

    let report = check(&app, pages).await;

    assert_eq!(report["violations"], json!([]), "{report:#}");
    assert_eq!(report["errors"], json!([]), "{report:#}");
    // Two widths, light and dark.
    assert_eq!(report["checked"], count * 4);
    // The page's own style is applied under its own policy.
    assert_eq!(report["button"], "rgb(63, 63, 181)");
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
