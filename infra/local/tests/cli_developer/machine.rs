//! A machine of its own for every test: a folder for what servers leave, a
//! server, and commands whose lines are read as they come.

use serde_json::Value;
use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// Long enough for a machine under load, and never waited out when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Machine {
    pub(crate) folder: TempDir,
}

/// A command that is running.
pub(crate) struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

/// A server and where it is.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) url: String,
    pub(crate) api_key: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command
            .args(arguments)
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env_remove("PORTICO_URL")
            .env_remove("PORTICO_API_KEY")
            .env_remove("PORTICO_WEBHOOK_SECRET")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts a server that forgets, at a free port.
    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(&["--memory", "--listen", "127.0.0.1:0"])
            .await
    }

    pub(crate) async fn serve_with(&self, options: &[&str]) -> Server {
        let mut command = self.command(&[&["dev", "--json"], options].concat());
        let mut running = Running::spawn(command.env("PORTICO_LOG", "off"));
        let ready: Value = serde_json::from_str(&running.next().await).expect("the line is JSON");
        let text = |name: &str| ready[name].as_str().expect("a text").to_owned();
        Server {
            running,
            url: text("url"),
            api_key: text("apiKey"),
        }
    }

    /// The file in which a server leaves its key.
    pub(crate) fn access_file(&self, server: &Server) -> std::path::PathBuf {
        let address = server.url.trim_start_matches("http://").replace(':', "-");
        Path::new(self.folder.path()).join(format!("portico/{address}.json"))
    }
}

impl Server {
    /// Runs a command against this server to its end. The key is found.
    pub(crate) async fn run(&self, machine: &Machine, arguments: &[&str]) -> Output {
        ended(machine.command(arguments).env("PORTICO_URL", &self.url)).await
    }

    /// Runs a command that shall succeed, and answers with what it printed.
    pub(crate) async fn print(&self, machine: &Machine, arguments: &[&str]) -> String {
        let output = self.run(machine, arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("it is text")
    }

    /// Starts a command against this server that goes on.
    pub(crate) fn start(&self, machine: &Machine, arguments: &[&str]) -> Running {
        Running::spawn(machine.command(arguments).env("PORTICO_URL", &self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url));
        let request = request.header("x-api-key", &self.api_key);
        let answer = request.send().await.expect("it answers");
        serde_json::from_str(&answer.text().await.expect("it ends")).expect("it is JSON")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        let request = request.header("x-api-key", &self.api_key);
        let answer = request
            .body(body.to_string())
            .send()
            .await
            .expect("it answers");
        serde_json::from_str(&answer.text().await.expect("it ends")).expect("it is JSON")
    }

    /// The types of everything that has happened, in order.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let page = self.get("/v1/events?limit=1000").await;
        page["data"].as_array().expect("a list").clone()
    }
}

/// Runs a command to its end.
pub(crate) async fn ended(command: &mut Command) -> Output {
    let output = timeout(PATIENCE, command.output()).await;
    output.expect("it ends in time").expect("it runs")
}

impl Running {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("it starts");
        let out = child.stdout.take().expect("it prints");
        let err = child.stderr.take().expect("it complains");
        Self {
            child,
            out: BufReader::new(out).lines(),
            err: BufReader::new(err).lines(),
        }
    }

    /// The next line.
    pub(crate) async fn next(&mut self) -> String {
        self.until("").await
    }

    /// The first line from here on that contains this.
    pub(crate) async fn until(&mut self, part: &str) -> String {
        find(&mut self.out, part).await
    }

    /// The first line on the standard error that contains this.
    pub(crate) async fn complaint(&mut self, part: &str) -> String {
        find(&mut self.err, part).await
    }

    /// The next line of JSON of this kind.
    pub(crate) async fn json(&mut self, kind: &str) -> Value {
        let line = self.until(&format!(r#"{{"kind":"{kind}""#)).await;
        serde_json::from_str(&line).expect("the line is JSON")
    }

    /// Ends it as Ctrl-C does; answers with what it still printed.
    pub(crate) async fn interrupt(mut self) -> String {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(sent.expect("it can be told").success());
        let mut rest = String::new();
        while let Some(line) = timeout(PATIENCE, self.out.next_line())
            .await
            .expect("it ends in time")
            .expect("it can be read")
        {
            rest.push_str(&line);
            rest.push('\n');
        }
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends in time");
        assert!(status.expect("it ends").success());
        rest
    }

    /// Ends it without a chance to clean up.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it dies");
    }
}

async fn find<T: AsyncRead + Unpin>(lines: &mut Lines<BufReader<T>>, part: &str) -> String {
    let mut passed = Vec::new();
    let finding = async {
        while let Some(line) = lines.next_line().await.expect("it can be read") {
            if line.contains(part) {
                return Some(line);
            }
            passed.push(line);
        }
        None
    };
    let found = timeout(PATIENCE, finding).await.ok().flatten();
    found.unwrap_or_else(|| panic!("no line with {part:?} in {passed:#?}"))
}
