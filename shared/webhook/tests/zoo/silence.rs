//! Receivers that take their time.

use crate::receiver::{after_silence, drip, failure, hasty, hold, listener, post, receiver};
use bytes::Bytes;
use portico_webhook::{Failure, sender::BODY_LIMIT};
use tokio::{io::AsyncWriteExt, net::TcpStream};

#[tokio::test]
async fn a_receiver_that_never_answers_times_out() {
    let attempt = after_silence(&hasty(), "").await;
    assert_eq!(failure(&attempt), Failure::Timeout);
}

#[tokio::test]
async fn a_receiver_that_never_reads_times_out() {
    let (port, _) = listener(async |stream: TcpStream| {
        // Open until the sender has gone.
        let _ = stream.writable().await;
        std::future::pending::<()>().await;
    })
    .await;
    let url = format!("http://127.0.0.1:{port}/");
    // More than loopback keeps for somebody who does not read.
    let body = Bytes::from(vec![b'x'; 32 * 1024 * 1024]);
    let attempt = hasty().send(&url, &[], body).await;
    assert_eq!(failure(&attempt), Failure::Timeout);
}

async fn dripped_after(beginning: &'static str) -> Failure {
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(beginning.as_bytes()).await.unwrap();
        drip(stream).await;
    })
    .await;
    failure(&post(&hasty(), port).await)
}

#[tokio::test]
async fn a_dripped_status_line_times_out() {
    assert_eq!(dripped_after("HTTP/1.1 200 O").await, Failure::Timeout);
}

#[tokio::test]
async fn a_dripped_header_times_out() {
    let head = "HTTP/1.1 200 OK\r\nx-slow: ";
    assert_eq!(dripped_after(head).await, Failure::Timeout);
}

#[tokio::test]
async fn a_dripped_body_times_out() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n";
    assert_eq!(dripped_after(head).await, Failure::Timeout);
    let endless = "HTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(dripped_after(endless).await, Failure::Timeout);
}

#[tokio::test]
async fn a_dripped_chunk_times_out() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n";
    assert_eq!(dripped_after(head).await, Failure::Timeout);
}

#[tokio::test]
async fn a_body_that_never_ends_times_out() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhalf",
    ] {
        let attempt = after_silence(&hasty(), head).await;
        assert_eq!(failure(&attempt), Failure::Timeout, "{head}");
    }
}

#[tokio::test]
async fn a_200_after_the_deadline_is_a_timeout() {
    let (port, task) = receiver(async |mut stream: TcpStream| {
        // Waits for the sender to give up, and answers then.
        let mut sink = [0; 16];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut sink).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await;
    })
    .await;
    assert_eq!(failure(&post(&hasty(), port).await), Failure::Timeout);
    task.await.unwrap();
}

#[tokio::test]
async fn a_promise_to_answer_soon_buys_no_time() {
    let (port, _) = receiver(async |mut stream: TcpStream| {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(5));
        while stream
            .write_all(b"HTTP/1.1 102 Processing\r\n\r\n")
            .await
            .is_ok()
        {
            pace.tick().await;
        }
    })
    .await;
    assert_eq!(failure(&post(&hasty(), port).await), Failure::Timeout);
}

#[tokio::test]
async fn a_connection_that_stays_open_after_the_answer_is_not_waited_for() {
    let answer = "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok";
    let attempt = after_silence(&crate::receiver::patient(), answer).await;
    assert!(attempt.is_success());
}

#[tokio::test]
async fn reading_stops_at_64_kib_and_not_before() {
    let answer = |length: usize| {
        let body = "x".repeat(length);
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{body}")
    };
    let full = after_silence(&crate::receiver::patient(), answer(BODY_LIMIT)).await;
    assert!(full.is_success());
    let short = after_silence(&hasty(), answer(BODY_LIMIT - 1)).await;
    assert_eq!(failure(&short), Failure::Timeout);
}

#[tokio::test]
async fn a_receiver_that_only_accepts_times_out() {
    let (port, _) = listener(hold).await;
    assert_eq!(failure(&post(&hasty(), port).await), Failure::Timeout);
}
