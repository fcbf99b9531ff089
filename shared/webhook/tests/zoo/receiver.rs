//! Receivers that do as they are told, and senders to meet them.

use bytes::Bytes;
use portico_webhook::{Attempt, Failure, Outcome, Policy, Sender};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub(crate) const BODY: Bytes = Bytes::from_static(b"{\"id\":\"evt_1\"}");

pub(crate) const AGENT: &str = "Portico-Webhooks/1";

/// Reaches loopback, with the usual deadlines.
pub(crate) fn patient() -> Sender {
    Sender::new(Policy::local(), AGENT).unwrap()
}

/// Reaches loopback, for receivers that would keep a patient sender waiting.
pub(crate) fn hasty() -> Sender {
    let deadline = Duration::from_millis(300);
    patient().with_deadlines(deadline, deadline).unwrap()
}

/// What is deployed.
pub(crate) fn public() -> Sender {
    Sender::new(Policy::public(), AGENT).unwrap()
}

/// Accepts one connection and goes on as told. Gives the port, and what the
/// behaviour ends with.
pub(crate) async fn listener<F>(
    behave: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        behave(stream).await
    });
    (port, task)
}

/// Accepts one connection, reads the request, and goes on as told.
pub(crate) async fn receiver<F>(
    reply: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<F::Output>)
where
    F: Future<Output: Send> + Send + 'static,
{
    listener(async move |mut stream: TcpStream| {
        read_request(&mut stream).await;
        reply(stream).await
    })
    .await
}

/// Reads up to the end of [`BODY`], or of the connection.
pub(crate) async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(&BODY) && stream.read_buf(&mut request).await.unwrap() > 0 {}
    String::from_utf8(request).unwrap()
}

/// Holds the connection until the other side gives up.
pub(crate) async fn hold(mut stream: TcpStream) {
    let mut sink = [0; 1024];
    while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
}

/// Writes a byte every 5 ms, for as long as the other side listens.
pub(crate) async fn drip(mut stream: TcpStream) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    while stream.write_all(b"x").await.is_ok() {
        pace.tick().await;
    }
}

/// Writes this again and again, for as long as the other side listens.
pub(crate) async fn flood(mut stream: TcpStream, part: &[u8]) {
    let many = part.repeat(1 + 16 * 1024 / part.len());
    while stream.write_all(&many).await.is_ok() {}
}

pub(crate) async fn post(sender: &Sender, port: u16) -> Attempt {
    let url = format!("http://127.0.0.1:{port}/hook");
    sender.send(&url, &[], BODY).await
}

/// The attempt at a receiver that reads the request, writes these bytes and
/// closes.
pub(crate) async fn after(answer: impl Into<Vec<u8>>) -> Attempt {
    let answer = answer.into();
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(&answer).await.unwrap();
    })
    .await;
    post(&patient(), port).await
}

/// The attempt at a receiver that reads the request, writes these bytes and
/// goes silent.
pub(crate) async fn after_silence(sender: &Sender, answer: impl Into<Vec<u8>>) -> Attempt {
    let answer = answer.into();
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(&answer).await.unwrap();
        hold(stream).await;
    })
    .await;
    post(sender, port).await
}

/// The attempt at a receiver that reads the request, writes these bytes and
/// then one endless without end.
pub(crate) async fn after_flood(beginning: &str, endless: &'static [u8]) -> Attempt {
    let beginning = beginning.to_owned();
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(beginning.as_bytes()).await.unwrap();
        flood(stream, endless).await;
    })
    .await;
    post(&patient(), port).await
}

/// Why it failed. Nothing of an answer is kept then.
pub(crate) fn failure(attempt: &Attempt) -> Failure {
    assert!(!attempt.is_success());
    assert_eq!(attempt.excerpt, "");
    assert_eq!(attempt.retry_after, None);
    match attempt.outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(status) => panic!("answered with {status}"),
    }
}

/// A port on loopback that should not be visited.
pub(crate) struct Forbidden(std::net::TcpListener);

impl Forbidden {
    pub(crate) fn open() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn assert_unvisited(&self) {
        let visited = self.0.accept().unwrap_err();
        assert_eq!(visited.kind(), io::ErrorKind::WouldBlock);
    }
}
