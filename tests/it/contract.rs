//! Every operation keeps to the OpenAPI document, whatever it is asked: driven
//! by schemathesis, which makes requests from the document, good and bad ones.

use crate::access::{Things, things};
use e2e::{Actor, Receiver, TestApp, TestKey};
use portico_bootstrap::functions;
use portico_domain::{CompanyAccess, Permission, Role};
use portico_web::Access;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Output, Stdio},
};
use tokio::process::Command;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance";

/// How many requests that the document makes possible are made to each
/// operation; besides there are those of its limits and of what they forbid.
const EXAMPLES: &str = "6";

/// Who asks, and about what.
struct Case<'a> {
    name: &'a str,
    actor: &'a Actor,
    /// What it may do.
    may: BTreeSet<Permission>,
    /// Who makes what it asks about, with things that are there.
    maker: (&'a Actor, &'a Things),
    /// Who has things that it must not reach.
    stranger: Option<(&'a Actor, &'a Things)>,
    receiver: &'a Receiver,
}

async fn run(
    app: &TestApp,
    headers: &[(&str, String)],
    paths: &str,
    more: &[(&str, String)],
) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    let mut command = Command::new(folder.join(".venv/bin/schemathesis"));
    command
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(format!("{}/openapi.json", app.server.url))
        .args(["--phases", "coverage,fuzzing,stateful", "--checks", CHECKS])
        .args(["--max-examples", EXAMPLES, "--seed", "1", "--no-color"])
        .args(["--include-path-regex", paths])
        .arg("--continue-on-failure")
        .env("PORTICO_URL", &app.server.url);
    for (name, value) in headers {
        command.arg("--header").arg(format!("{name}: {value}"));
    }
    for (name, value) in more {
        command.env(name, value);
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
    output
}

/// Asks all of the API, and fails if an operation that this caller can use was
/// never done, or one was done to a stranger's thing.
async fn keeps_to_the_document(app: &TestApp, case: Case<'_>) {
    let report = tempfile::NamedTempFile::new().expect("a file");
    let (maker, things) = case.maker;
    let strange = case.stranger.map(|(_, things)| things.ids());
    let ids = json!({ "maker": things.ids(), "stranger": strange, "since": things.since() });
    let mut more = vec![
        ("PORTICO_MAKER_KEY", maker.key().to_owned()),
        ("PORTICO_THINGS", ids.to_string()),
        ("PORTICO_RECEIVER", case.receiver.url.clone()),
        ("PORTICO_REPORT", report.path().display().to_string()),
    ];
    more.extend(
        case.stranger
            .map(|(key, _)| ("PORTICO_STRANGER_KEY", key.key().to_owned())),
    );
    run(app, &key(case.actor), "^/v1/", &more).await;

    let report = fs::read(report.path()).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let answers = report["answers"].as_object().expect("operations");
    let count = |of: &Value, done: bool| -> u64 {
        let statuses = of.as_object().into_iter().flatten();
        let wanted = statuses.filter(|(status, _)| !done || status.starts_with('2'));
        wanted.filter_map(|(_, count)| count.as_u64()).sum()
    };
    let cases: u64 = answers.values().map(|of| count(of, false)).sum();
    let done = answers.iter().filter(|(_, of)| count(of, true) > 0);
    let done: BTreeSet<&str> = done.map(|(operation, _)| operation.as_str()).collect();
    eprintln!(
        "{}: {cases} requests to {} operations, {} of them done",
        case.name,
        answers.len(),
        done.len()
    );
    let functions = functions();
    let can_be_done = functions.iter().filter(|function| {
        function.route.path.starts_with("/v1/")
            && match function.route.access {
                Access::AnyKey => true,
                Access::Permission(needed) => case.may.contains(&needed),
                Access::Public | Access::Client | Access::Session => false,
            }
    });
    let never: Vec<&str> = can_be_done
        .map(|function| function.route.name)
        .filter(|name| !done.contains(name))
        .collect();
    let statuses = |name: &&str| format!("{name}: {}", report["answers"][name]);
    let never: Vec<String> = never.iter().map(statuses).collect();
    assert!(never.is_empty(), "never done: {never:#?}");
    assert_eq!(report["leaks"], json!([]), "done to a stranger's thing");
}

fn key(actor: &Actor) -> [(&'static str, String); 2] {
    let key = actor.key().to_owned();
    // The document has both ways, and one of them would be made up.
    [
        ("Authorization", format!("Bearer {key}")),
        ("X-API-KEY", key),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_is_answered_as_the_document_says() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let admin = app.admin();
    let things = things(&app, &admin, &receiver.url).await;
    let case = Case {
        name: "admin",
        actor: &admin,
        may: Permission::ALL.iter().copied().collect(),
        maker: (&admin, &things),
        stranger: None,
        receiver: &receiver,
    };
    keeps_to_the_document(&app, case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_staff_member_is_answered_as_the_document_says() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let admin = app.admin();
    let things = things(&app, &admin, &receiver.url).await;
    let TestKey { actor, .. } = app.member(Role::Staff, CompanyAccess::ALL).await;
    let case = Case {
        name: "staff",
        actor: &actor,
        may: Role::Staff.permissions().unwrap_or_default(),
        maker: (&admin, &things),
        stranger: None,
        receiver: &receiver,
    };
    keeps_to_the_document(&app, case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tenant_is_answered_as_the_document_says_and_reaches_nothing_of_the_first() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let admin = app.admin();
    let ours = things(&app, &admin, &receiver.url).await;
    let TestKey { actor, .. } = app.other_tenant().await;
    let theirs = things(&app, &actor, &receiver.url).await;
    let case = Case {
        name: "another tenant",
        actor: &actor,
        may: Permission::ALL.iter().copied().collect(),
        maker: (&actor, &theirs),
        stranger: Some((&admin, &ours)),
        receiver: &receiver,
    };
    keeps_to_the_document(&app, case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_answered_as_the_document_says() {
    let app = TestApp::start().await;
    let client = app.client("Grace Hopper", "grace@example.com", None).await;
    let token = client.tokens["accessToken"].as_str().expect("a token");
    let token = [("Authorization", format!("Bearer {token}"))];
    run(&app, &token, "^/portal/(me|team|sessions)", &[]).await;
}
