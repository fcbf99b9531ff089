//! The journey driven by programs of others: the vendor's own Node SDK, and
//! the Standard Webhooks library for Node.

use e2e::TestApp;
use std::{path::Path, process::Stdio};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_published_node_sdk_makes_the_journey() {
    let app = TestApp::start().await;

    let output = Command::new("node")
        .args(["--import", "./ext-hook.mjs", "journey.mjs"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk"))
        .env("PORTICO_URL", &app.server.url)
        .env("PORTICO_API_KEY", &app.server.api_key)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs");

    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("checks passed"), "{out}\n{err}");
}
