//! The journey driven by programs of others: the vendor's own SDKs for Node and
//! Python, unmodified, and the Standard Webhooks library for Node.

use e2e::TestApp;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk")
}

/// Runs a program against a server of its own; it must pass all its checks.
async fn passes(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) {
    let app = TestApp::start().await;

    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder())
        .env("PORTICO_URL", &app.server.url)
        .env("PORTICO_API_KEY", &app.server.api_key)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("it runs");

    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_published_node_sdk_makes_the_journey() {
    passes("node", &["--import", "./ext-hook.mjs", "journey.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_sdk_under_its_older_name_makes_the_journey() {
    let journey = [
        "--import",
        "./ext-hook.mjs",
        "journey.mjs",
        "copilot-node-sdk",
    ];
    passes("node", &journey).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_published_python_sdk_does_what_it_has_methods_for() {
    passes(folder().join(".venv/bin/python"), &["journey.py"]).await;
}
