//! A real OpenID Connect provider in a process of its own, in the place of
//! Google.

use crate::TestApp;
use portico_google::GoogleSettings;
use portico_keys::Secret;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

const CLIENT_ID: &str = "portico";
const CLIENT_SECRET: &str = "a secret of this test alone, long enough";

/// The provider; it ends when this is dropped.
pub struct GoogleStandIn {
    url: String,
    http: reqwest::Client,
    _process: Child,
    /// It may go on printing.
    _output: Lines<BufReader<ChildStdout>>,
}

impl GoogleStandIn {
    /// A provider, and a server whose clients can sign in with it.
    pub async fn start() -> (TestApp, Self) {
        Self::run("provider.mjs").await
    }

    /// One that says whatever it is told to, and a server that asks it.
    pub async fn start_liar() -> (TestApp, Self) {
        Self::run("liar.mjs").await
    }

    async fn run(script: &str) -> (TestApp, Self) {
        let mut process = Command::new("node")
            .arg(script)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().expect("it prints")).lines();
        let line = lines.next_line().await.expect("it can be read");
        let ready: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let url = ready["issuer"].as_str().expect("an address").to_owned();
        let app = TestApp::with_google(GoogleSettings {
            issuer: url.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
        })
        .await;
        let stand_in = Self {
            url,
            http: crate::client(),
            _process: process,
            _output: lines,
        };
        let redirect = format!("{}/google/callback", app.server.url);
        let setup = json!({
            "redirectUri": redirect, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
        });
        stand_in.tell("/_setup", &setup).await;
        (app, stand_in)
    }

    /// From now on whoever comes is this account.
    pub async fn is(&self, subject: &str, email: &str, is_verified: bool) {
        let account = json!({ "sub": subject, "email": email, "email_verified": is_verified });
        self.tell("/_as", &account).await;
    }

    /// From now on it tells this lie; only one that was started as a liar does.
    pub async fn lies(&self, lie: &str) {
        self.tell("/_lie", &json!({ "lie": lie })).await;
    }

    /// What whoever comes is called.
    pub async fn is_called(&self, name: &str) {
        self.tell("/_called", &json!({ "name": name })).await;
    }

    async fn tell(&self, path: &str, what: &Value) {
        let request = self.http.post(format!("{}{path}", self.url));
        let answer = request.body(what.to_string()).send().await;
        assert!(answer.expect("it answers").status().is_success());
    }

    /// Follows where a browser is sent, with cookies of this origin, until it is
    /// sent back; answers with where to.
    pub async fn follow(&self, location: &str) -> String {
        assert!(location.starts_with(&self.url), "{location}");
        let mut location = location.to_owned();
        let mut cookies = BTreeMap::<String, String>::new();
        while location.starts_with(&self.url) {
            let pairs = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let cookie = pairs.collect::<Vec<_>>().join("; ");
            let request = self.http.get(&location).header("cookie", cookie);
            let answer = request.send().await.expect("it answers");
            for cookie in answer.headers().get_all("set-cookie") {
                let cookie = cookie.to_str().expect("a text");
                let (pair, _) = cookie.split_once(';').expect("attributes");
                let (name, value) = pair.split_once('=').expect("a name and a value");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let header = answer.headers().get("location").cloned();
            let Some(header) = header else {
                panic!("{location}: {}", answer.text().await.expect("a text"));
            };
            let next = header.to_str().expect("a text");
            location = if next.starts_with('/') {
                format!("{}{next}", self.url)
            } else {
                next.to_owned()
            };
        }
        location
    }
}
