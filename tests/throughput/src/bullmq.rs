//! BullMQ's side: Redis, a worker, and a producer for each measurement.

use crate::{Commits, Found, Mode, now};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// So many webhooks are under way at once, as with Portico's local workers.
const AT_ONCE: usize = 32;

pub(crate) struct BullMq {
    port: u16,
    receiver: String,
    fan_out: usize,
    // Killed when they are dropped.
    _redis: Child,
    _worker: Child,
}

impl BullMq {
    pub(crate) async fn start(receiver: &str, fan_out: usize) -> io::Result<Self> {
        let free = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let port = free.local_addr()?.port();
        drop(free);
        // In memory alone, as Portico is here.
        let redis = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--maxmemory-policy", "noeviction", "--save", ""])
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                missing(
                    "redis-server (Debian: apt-get install redis-server)",
                    &error,
                )
            })?;
        let mut worker = Command::new("node")
            .arg(scripts().join("worker.mjs"))
            .env("REDIS_PORT", port.to_string())
            .env("CONCURRENCY", AT_ONCE.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| missing("node", &error))?;
        let mut lines = lines(&mut worker)?;
        expect(&mut lines, "ready").await?;
        Ok(Self {
            port,
            receiver: receiver.to_owned(),
            fan_out,
            _redis: redis,
            _worker: worker,
        })
    }

    pub(crate) async fn measure(
        &self,
        mode: Mode,
        events: usize,
        label: &str,
    ) -> io::Result<Found> {
        let name = match mode {
            Mode::Burst => "burst",
            Mode::Drain => "drain",
            Mode::Delay | Mode::Rush => "steady",
        };
        let mut producer = Command::new("node")
            .arg(scripts().join("producer.mjs"))
            .args([name, &events.to_string(), &self.fan_out.to_string()])
            .args([&self.receiver, label])
            .arg(mode.pace(self.fan_out).as_millis().to_string())
            .env("REDIS_PORT", self.port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = lines(&mut producer)?;
        let mut input = producer.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        expect(&mut lines, "ready").await?;
        let mut began = now();
        input.write_all(b"go\n").await?;
        if mode == Mode::Drain {
            expect(&mut lines, "added").await?;
            began = now();
            input.write_all(b"go\n").await?;
        }
        let mut commits = Commits::new();
        while let Some(line) = lines.next_line().await? {
            if let Some((name, at)) = line.split_once('\t') {
                commits.insert(name.to_owned(), at.parse().unwrap_or_default());
            }
        }
        producer.wait().await?;
        Ok(Found { began, commits })
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bullmq")
}

fn lines(child: &mut Child) -> io::Result<Lines<BufReader<ChildStdout>>> {
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(BufReader::new(output).lines())
}

async fn expect(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> io::Result<()> {
    match lines.next_line().await? {
        Some(line) if line == word => Ok(()),
        other => Err(io::Error::other(format!(
            "node said {other:?} instead of {word}; is everything installed (npm ci in {})?",
            scripts().display()
        ))),
    }
}

fn missing(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("failed to start {what}: {error}"))
}
