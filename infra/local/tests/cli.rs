//! The command line, as a person or a script starts it.

use serde_json::{Value, json};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Long enough for a machine under load, and never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

fn portico(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command
        .args(arguments)
        // Not where the developer's own server leaves its key.
        .env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Starts a server over a directory and reads the one line that it prints.
async fn start(directory: &Path, more: &[&str]) -> (Child, Value) {
    let directory = directory.to_str().expect("a path");
    let arguments = [
        &[
            "dev",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--data",
            directory,
        ],
        more,
    ]
    .concat();
    let mut child = portico(&arguments).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it prints")).lines();
    let line = timeout(PATIENCE, lines.next_line())
        .await
        .expect("it is ready in time");
    let line = line.expect("it can be read").expect("it prints a line");
    (
        child,
        serde_json::from_str(&line).expect("the line is JSON"),
    )
}

async fn get(ready: &Value, path: &str) -> Value {
    let url = format!("{}{path}", text(ready, "url"));
    let request = reqwest::Client::new()
        .get(url)
        .header("x-api-key", text(ready, "apiKey"));
    let answer = request
        .send()
        .await
        .expect("it answers")
        .text()
        .await
        .expect("it ends");
    serde_json::from_str(&answer).expect("it is JSON")
}

async fn post(ready: &Value, path: &str, body: &Value) -> Value {
    let url = format!("{}{path}", text(ready, "url"));
    let request = reqwest::Client::new()
        .post(url)
        .header("x-api-key", text(ready, "apiKey"));
    let answer = request
        .body(body.to_string())
        .send()
        .await
        .expect("it answers");
    serde_json::from_str(&answer.text().await.expect("it ends")).expect("it is JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

#[tokio::test]
async fn the_line_for_scripts_says_where_everything_is() {
    let directory = tempfile::tempdir().expect("a directory");

    let (_child, ready) = start(directory.path(), &[]).await;

    let members: Vec<&str> = ready
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected = ["url", "workspaceId", "apiKey", "mail", "hooks", "setUpUrl"];
    assert_eq!(members, expected);
    let set_up = reqwest::get(text(&ready, "setUpUrl")).await;
    let page = set_up.expect("it answers").text().await.expect("a page");
    assert!(page.contains("Join the team of My workspace"), "{page}");
    assert_eq!(
        get(&ready, "/v1/workspaces").await["id"],
        ready["workspaceId"]
    );
    let clients = get(&ready, "/v1/clients").await;
    let names: Vec<&Value> = clients["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["John Doe", "Jane Doe"]);
    assert_eq!(
        text(&ready, "mail"),
        format!("{}/_dev/mail", text(&ready, "url"))
    );
    assert_eq!(
        text(&ready, "hooks"),
        format!("{}/_dev/hooks", text(&ready, "url"))
    );
    for page in ["mail", "hooks"] {
        let answer = reqwest::get(text(&ready, page)).await.expect("it answers");
        assert!(answer.status().is_success());
    }
}

#[tokio::test]
async fn a_plan_holds_for_a_running_local_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_child, ready) = start(directory.path(), &[]).await;
    let data = directory.path().to_str().expect("a path");

    let plan = ["admin", "plan", "--data", data, "--without", "custom_roles"];
    let done = portico(&plan).output().await.expect("it runs");

    assert!(done.status.success(), "{done:?}");
    let told: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(told["workspaceId"], ready["workspaceId"]);
    let role = serde_json::json!({ "name": "Auditor", "permissions": [] });
    let refused = post(&ready, "/v1/roles", &role).await;
    assert_eq!(refused["code"], "feature_missing", "{refused}");
}

#[tokio::test]
async fn a_kill_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut child, before) = start(directory.path(), &["--no-examples"]).await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = post(&before, "/v1/clients?sendInvite=true", &ada).await;
    child.kill().await.expect("it dies");

    let (_child, after) = start(directory.path(), &["--no-examples"]).await;

    assert_eq!(
        (&after["apiKey"], &after["workspaceId"]),
        (&before["apiKey"], &before["workspaceId"])
    );
    let clients = get(&after, "/v1/clients").await;
    assert_eq!(clients["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(clients["data"][0]["id"], client["id"]);
    // Whatever a worker had taken up when it died is taken up again when its
    // lease has run out. One that died after sending sends once more.
    post(&after, "/_dev/clock", &json!({ "advance": "5m" })).await;
    let mails = get(&after, "/_dev/mail/api/v1/messages").await;
    assert!(mails["total"] == 1 || mails["total"] == 2, "{mails}");
    let invitations = get(&after, "/v1/invitations").await;
    assert_eq!(invitations["data"][0]["sendCount"], 1);
}

#[tokio::test]
async fn the_clock_moves_by_request() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_child, ready) = start(directory.path(), &[]).await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    post(&ready, "/v1/clients?sendInvite=true", &ada).await;

    let refused = post(&ready, "/_dev/clock", &json!({ "advance": "soon" })).await;
    post(&ready, "/_dev/clock", &json!({ "advance": "8d" })).await;

    assert_eq!(text(&refused, "code"), "advance_invalid");
    let invitations = get(&ready, "/v1/invitations").await;
    assert_eq!(invitations["data"][0]["status"], "expired");
}

#[tokio::test]
async fn an_address_in_use_is_said_to_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_child, ready) = start(directory.path(), &[]).await;
    let address = text(&ready, "url").trim_start_matches("http://");

    let second = portico(&["--memory", "--listen", address])
        .stderr(Stdio::piped())
        .output()
        .await
        .expect("it ends");

    assert!(!second.status.success());
    let message = String::from_utf8_lossy(&second.stderr);
    assert!(
        message.contains(&format!("failed to listen on {address}")),
        "{message}"
    );
}

#[tokio::test]
async fn a_person_gets_a_map() {
    let mut child = portico(&["--memory", "--listen", "127.0.0.1:0"])
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it prints")).lines();
    let mut map = String::new();
    while !map.contains("Ctrl-C") {
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .expect("it is ready in time");
        map.push_str(
            &line
                .expect("it can be read")
                .expect("the map ends with how to stop"),
        );
        map.push('\n');
    }

    for part in [
        "/v1\n",
        "/reference",
        "/_dev/mail",
        "/_dev/hooks",
        "pk_live_",
        "curl -H 'X-API-KEY: pk_live_",
    ] {
        assert!(map.contains(part), "{part} in {map}");
    }
}

/// The names of the published keys.
async fn published(ready: &Value) -> Vec<Value> {
    let set = get(ready, "/.well-known/jwks.json").await;
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].clone()).collect()
}

/// What `portico keys rotate` prints, or why it did not.
async fn rotate(directory: &Path, more: &[&str]) -> Result<Value, String> {
    let data = directory.to_str().expect("a path");
    let arguments = [&["keys", "rotate", "--data", data], more].concat();
    let mut command = portico(&arguments);
    let output = command.stderr(Stdio::piped()).output().await;
    let output = output.expect("it ends");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The status that the portal answers a bearer of this token with.
async fn portal(ready: &Value, tokens: &Value) -> u16 {
    let request = reqwest::Client::new()
        .get(format!("{}/portal/me", text(ready, "url")))
        .bearer_auth(text(tokens, "accessToken"));
    request.send().await.expect("it answers").status().as_u16()
}

async fn refresh(ready: &Value, tokens: &Value) -> Value {
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    post(ready, "/sessions/refresh", &body).await
}

#[tokio::test]
async fn keys_are_rotated_under_a_running_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_child, ready) = start(directory.path(), &["--no-examples"]).await;
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = post(&ready, "/v1/clients?sendInvite=true", &ada).await;
    let invite = text(&client, "inviteUrl").to_owned();
    let path = &invite[text(&ready, "url").len()..];
    let password = json!({ "password": "correct horse battery" });
    let accepted = post(&ready, &format!("{path}/accept"), &password).await;
    let first = &accepted["session"];
    assert_eq!(published(&ready).await, ["1"]);

    rotate(directory.path(), &[]).await.expect("it rotates");

    // What is out stays good, and what is given out now is still signed with
    // the key that everybody knows.
    assert_eq!(published(&ready).await, ["1", "2"]);
    assert_eq!(portal(&ready, first).await, 200);
    let again = rotate(directory.path(), &[]).await;
    let refused = again.expect_err("one is under way");
    assert!(
        refused.contains("a new key is published already"),
        "{refused}"
    );
    post(&ready, "/_dev/clock", &json!({ "advance": "55m" })).await;
    let last_of_old = refresh(&ready, first).await;
    post(&ready, "/_dev/clock", &json!({ "advance": "6m" })).await;
    let first_of_new = refresh(&ready, &last_of_old).await;
    for tokens in [&last_of_old, &first_of_new] {
        assert_eq!(portal(&ready, tokens).await, 200);
    }
    post(&ready, "/_dev/clock", &json!({ "advance": "11m" })).await;
    assert_eq!(published(&ready).await, ["2"]);

    // A key in wrong hands is worth nothing any more; sessions go on.
    let tokens = refresh(&ready, &first_of_new).await;
    rotate(directory.path(), &["--now"])
        .await
        .expect("it replaces");
    assert_eq!(published(&ready).await, ["3"]);
    assert_eq!(portal(&ready, &tokens).await, 401);
    let tokens = refresh(&ready, &tokens).await;
    assert_eq!(portal(&ready, &tokens).await, 200);
}

#[tokio::test]
async fn a_directory_without_an_installation_has_no_keys_to_rotate() {
    let directory = tempfile::tempdir().expect("a directory");

    let refused = rotate(directory.path(), &[])
        .await
        .expect_err("nothing there");

    assert!(refused.contains("failed to use the directory"), "{refused}");
    let is_empty = directory
        .path()
        .read_dir()
        .expect("a directory")
        .next()
        .is_none();
    assert!(is_empty, "nothing is made");
}

#[tokio::test]
async fn what_cannot_be_done_says_to_what() {
    for (arguments, says) in [
        (
            &["templates", "/dev/null/nope"][..],
            "failed to write /dev/null/nope: ",
        ),
        (
            &["admin", "plan", "--workspace", "nope"],
            "not an id; one looks like 01a2",
        ),
        (
            &["events", "resend", "nope"],
            "not an id; one looks like 01a2",
        ),
    ] {
        let mut command = portico(arguments);
        let output = command.stderr(Stdio::piped()).output();
        let output = output.await.expect("it ends");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && message.contains(says),
            "{message}"
        );
    }
}
