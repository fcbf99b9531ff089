//! The documents say what is true.

use e2e::TestApp;
use portico_local::docs;
use portico_webhook::{SigningSecret, sign};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path, process::Stdio};
use tokio::process::Command;

#[test]
fn the_openapi_document_is_up_to_date() {
    let committed = include_str!("../../functions/site/openapi.json");

    assert!(
        committed.trim() == docs::openapi(),
        "run: cargo run -- openapi > functions/site/openapi.json"
    );
}

#[test]
fn the_list_of_functions_is_up_to_date() {
    let committed = include_str!("../../infra/functions.json");

    assert!(
        committed.trim() == docs::functions(),
        "run: cargo run -- functions > infra/functions.json"
    );
}

#[test]
fn the_templates_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/aws");
    let templates = docs::templates();
    for (file, body) in &templates {
        let committed = fs::read_to_string(folder.join(file)).unwrap_or_default();
        assert!(
            committed.trim() == body,
            "{file}: run: cargo run -- templates infra/aws"
        );
    }

    let wanted: BTreeSet<&str> = templates.iter().map(|(file, _)| file.as_str()).collect();
    let committed: BTreeSet<String> = fs::read_dir(folder)
        .expect("infra/aws is there")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    assert!(
        committed.iter().map(String::as_str).eq(wanted),
        "infra/aws has a template that nothing makes"
    );
}

/// The calls of a route change, or a queue is added: then a month costs something
/// else.
#[tokio::test]
async fn the_costs_in_the_guide_for_operators_are_up_to_date() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/cost.py");

    let check = Command::new("python3").arg(script).arg("--check").output();

    let check = check.await.expect("python3 runs");
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}

#[tokio::test]
async fn the_document_and_its_reference_are_served() {
    let app = TestApp::start().await;

    let document = app.nobody().get("/openapi.json").await.expect(200);
    let reference = app.nobody().get("/reference").await;

    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(reference.status, 200);
    for function in portico_bootstrap::functions() {
        let path = function.route.path;
        assert!(
            path == "$default" || reference.text.contains(&format!("<code>{path}</code>")),
            "{path}"
        );
    }
    assert!(!reference.text.contains("<script") && !reference.text.contains("src="));
}

/// Receivers are tried with it, and written by what it holds.
#[tokio::test]
async fn the_request_in_the_guide_to_webhooks_is_signed_and_has_all_members() {
    let guide = include_str!("../../docs/webhooks.md");
    let between = |text: &'static str, begin: &str, end: &str| {
        let (_, rest) = text.split_once(begin).expect("it begins");
        rest.split_once(end).expect("it ends").0
    };
    let request = between(guide, "POST /hooks/portico HTTP/1.1\n", "\n```");
    let (headers, body) = request.split_once("\n\n").expect("a body");
    let header = |name: &str| {
        let mut lines = headers.lines().filter_map(|line| line.split_once(": "));
        lines.find(|line| line.0 == name).expect("the header").1
    };
    let secret = between(guide, "signed with the secret `", "`");
    let secret: SigningSecret = secret.parse().expect("a secret");

    let at = header("webhook-timestamp").parse().expect("seconds");
    for (name, value) in sign(&[secret], header("webhook-id"), at, body.as_bytes()) {
        assert_eq!(header(name), value, "{name}");
    }
    let app = TestApp::start().await;
    let types = app.admin().get("/v1/event-types").await.expect(200);
    let types = types["data"].as_array().expect("a list");
    let updated = types.iter().find(|one| one["name"] == "client.updated");
    let sample = &updated.expect("there is one")["sample"];
    let shown: Value = serde_json::from_str(body).expect("it is JSON");
    let members = |thing: &Value| -> BTreeSet<String> {
        let thing = thing.as_object().expect("an object");
        thing.keys().cloned().collect()
    };
    assert_eq!(members(&shown), members(sample));
    assert_eq!(members(&shown["data"]), members(&sample["data"]));
}

/// The journey of the README, run as it stands there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journey_of_the_readme_works() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme
        .split_once("```sh journey\n")
        .expect("the journey begins");
    let (script, _) = rest.split_once("\n```").expect("the journey ends");
    let app = TestApp::start().await;

    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("PORTICO_URL", &app.server.url)
        .env("PORTICO_API_KEY", &app.server.api_key)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("bash runs");

    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.trim_end().ends_with("journey: done"), "{out}\n{err}");
}
