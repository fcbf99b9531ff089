//! Every operation keeps to the OpenAPI document, whatever it is asked: driven
//! by schemathesis, which makes requests from the document, good and bad ones.

use e2e::{Actor, TestApp, TestKey};
use portico_domain::{CompanyAccess, Role};
use serde_json::json;
use std::{path::Path, process::Stdio};
use tokio::process::Command;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance";

/// Operations that would take the key away that the requests are made with.
const SUICIDAL: &str = "^(api-keys-(update|revoke)|internal-users-(update|remove))$";

/// How many requests that the document makes possible are made to each
/// operation; besides there are those of its limits and of what they forbid.
const EXAMPLES: &str = "6";

async fn keeps_to_the_document(app: &TestApp, headers: &[(&str, String)], paths: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    let mut command = Command::new(folder.join(".venv/bin/schemathesis"));
    command
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(format!("{}/openapi.json", app.server.url))
        .args(["--phases", "coverage,fuzzing,stateful", "--checks", CHECKS])
        .args(["--max-examples", EXAMPLES, "--seed", "1", "--no-color"])
        .args(["--include-path-regex", paths])
        .args(["--exclude-operation-id-regex", SUICIDAL])
        .arg("--continue-on-failure");
    for (name, value) in headers {
        command.arg("--header").arg(format!("{name}: {value}"));
    }
    let output = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("schemathesis runs");

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("generated"), "{told}");
}

fn key(actor: &Actor) -> [(&'static str, String); 2] {
    let key = actor.key().to_owned();
    // The document has both ways, and one of them would be made up.
    [
        ("Authorization", format!("Bearer {key}")),
        ("X-API-KEY", key),
    ]
}

/// A server in which somebody has been busy.
async fn busy() -> TestApp {
    let app = TestApp::start().await;
    let company = json!({ "name": "Engines" });
    app.admin()
        .post("/v1/companies", &company)
        .await
        .expect(200);
    app.client("Ada Lovelace", "ada@example.com", None).await;
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_is_answered_as_the_document_says() {
    let app = busy().await;
    keeps_to_the_document(&app, &key(&app.admin()), "^/v1/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_staff_member_is_answered_as_the_document_says() {
    let app = busy().await;
    let TestKey { actor, .. } = app.member(Role::Staff, CompanyAccess::ALL).await;
    keeps_to_the_document(&app, &key(&actor), "^/v1/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tenant_is_answered_as_the_document_says() {
    let app = busy().await;
    let TestKey { actor, .. } = app.other_tenant().await;
    keeps_to_the_document(&app, &key(&actor), "^/v1/").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_answered_as_the_document_says() {
    let app = busy().await;
    let client = app.client("Grace Hopper", "grace@example.com", None).await;
    let token = client.tokens["accessToken"].as_str().expect("a token");
    let token = [("Authorization", format!("Bearer {token}"))];
    keeps_to_the_document(&app, &token, "^/portal/(me|team|sessions)").await;
}
