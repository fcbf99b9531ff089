//! The pages that people meet, in a real browser: legible, usable with a
//! keyboard alone and without scripts, and right for screen readers as far as a
//! program can tell (axe-core, WCAG 2.2 AA).

use e2e::{GoogleStandIn, PASSWORD, TestApp};
use serde_json::{Value, json};
use std::{path::Path, process::Stdio};
use tokio::{io::AsyncWriteExt, process::Command};

/// Runs the checker on these pages; answers with its report.
async fn check(app: &TestApp, pages: Vec<Value>) -> Value {
    let order = json!({
        "url": app.server.url,
        "pages": pages,
        "signIn": { "path": app.sign_in_path(), "email": "ada@example.com", "password": PASSWORD },
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
    let (app, _google) = GoogleStandIn::start().await;
    app.client("Ada Lovelace", "ada@example.com", None).await;
    let accepted = app.link("ada@example.com").await;
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &grace)
        .await
        .expect(200);
    app.settle().await;
    let invite = app.link("grace@example.com").await;
    let mail_me = |path: String| {
        let nobody = app.nobody();
        async move {
            let body = json!({ "email": "ada@example.com" });
            nobody.post(&path, &body).await.expect(200);
        }
    };
    let workspace = app.sign_in_path().replace("/sign-in", "");
    mail_me(format!("{workspace}/forgotten")).await;
    app.settle().await;
    let reset = app.link_to("ada@example.com", "/reset/").await;
    mail_me(format!("{workspace}/sign-in/link")).await;
    app.settle().await;
    let magic = app.link_to("ada@example.com", "/magic/").await;
    let settings = json!({ "isClientDirectSignUpEnabled": true });
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200);
    let sign_up = format!("{workspace}/sign-up");
    let mary =
        json!({ "givenName": "Mary", "familyName": "Somerville", "email": "mary@example.com" });
    app.nobody().post(&sign_up, &mary).await.expect(200);
    app.settle().await;
    let verify = app.link_to("mary@example.com", "/verify/").await;
    let page = |name: &str, path: &str| json!({ "name": name, "path": path });
    let pages = vec![
        page("invite", &invite),
        page("dead-link", "/i/x"),
        page("accepted", &accepted),
        page("sign-in", &app.sign_in_path()),
        page("forgotten", &format!("{workspace}/forgotten")),
        page("reset", &reset),
        page("magic", &magic),
        page("sign-up", &sign_up),
        page("verify", &verify),
        json!({ "name": "start", "path": "/portal", "needsSignIn": true }),
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
