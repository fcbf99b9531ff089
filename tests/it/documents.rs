//! The documents say what is true.

use e2e::TestApp;
use portico_local::docs;
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
