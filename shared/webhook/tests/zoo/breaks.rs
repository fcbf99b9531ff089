//! Receivers that go away.

use crate::receiver::{after, failure, listener, patient, post, read_request, receiver};
use portico_webhook::{Attempt, Failure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connect_failure() {
    // Bound but not listening, so that no other test gets the port meanwhile.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_eq!(failure(&post(&patient(), port).await), Failure::Connect);
}

#[tokio::test]
async fn a_receiver_that_hangs_up_before_the_request_gave_no_answer() {
    let (port, _) = listener(async |_| {}).await;
    assert_eq!(failure(&post(&patient(), port).await), Failure::NoAnswer);
}

#[tokio::test]
async fn a_receiver_that_hangs_up_amid_the_request_gave_no_answer() {
    let (port, _) = listener(async |mut stream: TcpStream| {
        stream.read_exact(&mut [0; 20]).await.unwrap();
    })
    .await;
    assert_eq!(failure(&post(&patient(), port).await), Failure::NoAnswer);
}

#[tokio::test]
async fn a_receiver_that_hangs_up_amid_the_head_gave_no_answer() {
    for beginning in [
        "",
        "H",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nx: 1\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let attempt = after(beginning).await;
        assert_eq!(failure(&attempt), Failure::NoAnswer, "{beginning:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_up_amid_the_body_broke_it_off() {
    for beginning in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nx",
    ] {
        let attempt = after(beginning).await;
        assert_eq!(failure(&attempt), Failure::Body, "{beginning:?}");
    }
}

#[tokio::test]
async fn a_status_counts_though_the_body_breaks_off() {
    let gone = after("HTTP/1.1 410 Gone\r\ncontent-length: 50\r\n\r\nabc").await;
    let head = "HTTP/1.1 429 Slow\r\nretry-after: 30\r\ncontent-length: 9\r\n\r\n";
    let overloaded = after(head).await;
    let taken = after("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await;

    assert_eq!((gone.status, gone.is_gone()), (Some(410), true));
    assert!(overloaded.is_overloaded());
    assert_eq!(overloaded.retry_after.as_deref(), Some("30"));
    assert_eq!((taken.status, taken.is_success()), (Some(200), false));
}

/// The attempt at a receiver that reads the request, writes this and resets
/// the connection once it has arrived.
async fn after_reset(beginning: &'static str) -> Attempt {
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(beginning.as_bytes()).await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    post(&patient(), port).await
}

#[tokio::test]
async fn a_reset_before_the_answer_is_no_answer() {
    let (port, _) = listener(async |stream: TcpStream| stream.set_zero_linger().unwrap()).await;
    let attempt = post(&patient(), port).await;
    // The reset may overtake the end of connecting.
    let failure_of_reset = failure(&attempt);
    assert!(matches!(
        failure_of_reset,
        Failure::NoAnswer | Failure::Connect
    ));
    assert_eq!(failure(&after_reset("").await), Failure::NoAnswer);
}

#[tokio::test]
async fn a_reset_amid_the_answer_is_a_failure() {
    // A reset may discard what came before it and was not read yet.
    let head = failure(&after_reset("HTTP/1.1 200 OK\r\n").await);
    assert_eq!(head, Failure::NoAnswer);
    let body = failure(&after_reset("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await);
    assert!(matches!(body, Failure::Body | Failure::NoAnswer));
}

#[tokio::test]
async fn an_answer_before_the_request_is_read_counts() {
    let (port, _) = listener(async |mut stream: TcpStream| {
        stream.read_exact(&mut [0; 20]).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let attempt = post(&patient(), port).await;
    assert_eq!(attempt.outcome, portico_webhook::Outcome::Answered(413));
}

#[tokio::test]
async fn a_receiver_that_shuts_its_side_after_the_answer_has_answered() {
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nfine")
            .await
            .unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let attempt = post(&patient(), port).await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "fine");
}
