//! The samples that users start from, run against real deliveries: the
//! receivers in `examples`, and the n8n workflow of `docs/recipes`.

use e2e::{Received, Receiver, TestApp, id};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A receiver in a process of its own, which ends with this.
struct Sample {
    url: String,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Sample {
    async fn start(program: &str, file: &str, secret: &str) -> Self {
        let file = root().join("examples/receivers").join(file);
        let mut child = Command::new(program)
            .arg(&file)
            .env("WEBHOOK_SECRET", secret)
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next_line().await.expect("it can be read");
        let first = first.unwrap_or_else(|| {
            panic!(
                "{} ends; run scripts/test, which installs what it needs",
                file.display()
            )
        });
        let url = first.strip_prefix("listening on ").expect("it says where");
        Self {
            url: url.to_owned(),
            lines,
            _child: child,
        }
    }

    async fn line(&mut self) -> String {
        let line = self.lines.next_line().await.expect("it can be read");
        line.expect("it goes on")
    }
}

async fn company(app: &TestApp, name: &str) {
    let body = json!({ "name": name });
    app.admin().post("/v1/companies", &body).await.expect(200);
    app.settle().await;
}

async fn the_sample_takes_each_event_once(program: &str, file: &str) {
    let app = TestApp::start().await;
    let body = json!({ "url": "http://127.0.0.1:9/" });
    let endpoint = app
        .admin()
        .post("/v1/webhook-endpoints", &body)
        .await
        .expect(201);
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let secret = endpoint["secret"].as_str().expect("a secret");
    let mut sample = Sample::start(program, file, secret).await;
    app.admin()
        .patch(&path, &json!({ "url": sample.url }))
        .await
        .expect(200);
    // A copy of what is sent, to be tampered with.
    let witness = Receiver::start().await;
    app.register(&witness, &["*"]).await;

    company(&app, "Engines").await;
    let deliveries = format!("{path}/deliveries");
    let list = app.admin().get(&deliveries).await.expect(200);
    let delivery = &list["data"][0];
    assert_eq!(
        (
            &delivery["status"],
            &delivery["attempts"][0]["responseStatus"]
        ),
        (&json!("delivered"), &json!(204))
    );
    assert_eq!(sample.line().await, line_of(&list["data"][0], 1));

    // The same once more is taken and not handled: the next line is another's.
    let resend = format!("/v1/webhook-deliveries/{}/resend", id(delivery));
    app.admin().post(&resend, &json!({})).await;
    app.settle().await;
    let rotate = format!("{path}/rotate-secret");
    app.admin().post(&rotate, &json!({})).await.expect(200);
    company(&app, "Looms").await;
    let list = app.admin().get(&deliveries).await.expect(200);
    assert_eq!(list["data"][1]["attemptCount"], 2);
    assert_eq!(list["data"][0]["status"], "delivered", "both secrets sign");
    assert_eq!(sample.line().await, line_of(&list["data"][0], 1));

    let foreign = &witness.received()[0];
    assert_eq!(send(&app, &sample.url, foreign).await, 401);
}

fn line_of(delivery: &Value, sequence: u64) -> String {
    let text = |name: &str| delivery[name].as_str().unwrap_or_default().to_owned();
    format!("{} {} {sequence}", text("eventType"), text("eventId"))
}

/// Sends what another endpoint got, signed with another secret.
async fn send(app: &TestApp, url: &str, webhook: &Received) -> u16 {
    let mut actor = app.nobody();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        actor = actor.with(name, webhook.header(name));
    }
    let body = String::from_utf8(webhook.body.to_vec()).expect("JSON is UTF-8");
    actor.send("POST", url, Some(body)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_sample_takes_each_event_once() {
    the_sample_takes_each_event_once("node", "node/receiver.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sample_takes_each_event_once() {
    the_sample_takes_each_event_once("python3", "python/receiver.py").await;
}

/// What the workflow's Code node hands on.
async fn n8n(secret: &str, webhook: &Received) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = names.map(|name| (name, webhook.header(name).to_owned()));
    let headers: std::collections::BTreeMap<_, _> = headers.into_iter().collect();
    let input = json!({
        "workflow": root().join("docs/recipes/n8n-portico.json"),
        "secret": secret,
        "headers": headers,
        "body": base64(&webhook.body),
    });
    let mut child = Command::new("node")
        .arg(root().join("tests/recipes/n8n.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = input.to_string();
    stdin.write_all(text.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_n8n_workflow_lets_through_what_is_signed_and_nothing_else() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let secret = endpoint["secret"].as_str().expect("a secret");
    company(&app, "Engines & Söhne").await;
    let webhook = receiver.received()[0].clone();

    let genuine = n8n(secret, &webhook).await;
    assert_eq!(
        genuine[0]["json"],
        json!({ "genuine": true, "event": webhook.event() })
    );

    let mut tampered = webhook.clone();
    tampered.body = String::from_utf8_lossy(&webhook.body)
        .replace("Engines", "Looms")
        .into();
    let mut old = webhook.clone();
    old.headers
        .insert("webhook-timestamp", "1700000000".parse().expect("a value"));
    for forged in [tampered, old] {
        assert_eq!(
            n8n(secret, &forged).await,
            json!([{ "json": { "genuine": false } }])
        );
    }
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(
        n8n(other, &webhook).await,
        json!([{ "json": { "genuine": false } }])
    );
}

/// Every node that a connection names is there, and what the workflow does
/// begins where Portico's request comes in.
#[test]
fn the_n8n_workflow_hangs_together() {
    let workflow = include_str!("../../docs/recipes/n8n-portico.json");
    let workflow: Value = serde_json::from_str(workflow).expect("JSON");
    let nodes = workflow["nodes"].as_array().expect("nodes");
    let names: Vec<&str> = nodes
        .iter()
        .filter_map(|node| node["name"].as_str())
        .collect();
    let connections = workflow["connections"].as_object().expect("connections");
    for (from, to) in connections {
        assert!(names.contains(&from.as_str()), "{from}");
        for target in to["main"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|branch| branch.as_array().into_iter().flatten())
        {
            let name = target["node"].as_str().unwrap_or_default();
            assert!(names.contains(&name), "{name}");
        }
    }
    let webhook = &nodes[0];
    assert_eq!(webhook["type"], "n8n-nodes-base.webhook");
    assert_eq!(webhook["parameters"]["options"]["rawBody"], true);
    assert_eq!(webhook["parameters"]["responseMode"], "responseNode");
}
