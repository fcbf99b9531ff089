//! What is sent, and what is not.

use crate::receiver::{BODY, Forbidden, failure, patient, post, public, read_request, receiver};
use bytes::Bytes;
use portico_webhook::{Failure, Method, Outgoing};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Takes one request and gives it as it came.
async fn witness() -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        stream.write_all(NO_CONTENT).await.unwrap();
        request
    });
    (port, task)
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn the_request_is_json_with_the_given_headers_and_asks_for_no_encoding() {
    let (port, task) = witness().await;
    let headers = [("webhook-id", "evt_1".to_owned())];
    let url = format!("http://127.0.0.1:{port}/hook?a=b");
    assert!(patient().send(&url, &headers, BODY).await.is_success());

    let request = task.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.as_bytes(), BODY);
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    for line in [
        format!("host: 127.0.0.1:{port}"),
        "content-type: application/json".to_owned(),
        "content-length: 14".to_owned(),
        "user-agent: Portico-Webhooks/1".to_owned(),
        "webhook-id: evt_1".to_owned(),
        "connection: close".to_owned(),
    ] {
        assert!(head.lines().any(|given| given == line), "{line}: {head}");
    }
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[tokio::test]
async fn headers_cannot_move_the_end_or_the_target_of_a_request() {
    let (port, task) = witness().await;
    let outgoing = Outgoing {
        method: Method::POST,
        url: format!("http://127.0.0.1:{port}/"),
        headers: vec![
            pair("content-length", "3"),
            pair("transfer-encoding", "chunked"),
            pair("host", "elsewhere.example"),
            pair("connection", "keep-alive"),
        ],
        body: BODY,
    };
    assert!(patient().exchange(&outgoing).await.attempt.is_success());

    let request = task.await.unwrap();
    assert!(request.contains("content-length: 14\r\n"), "{request}");
    for refused in ["chunked", "elsewhere", "keep-alive", "content-length: 3"] {
        assert!(!request.contains(refused), "{refused}: {request}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_fails_without_a_request() {
    let forbidden = Forbidden::open();
    let url = format!("http://127.0.0.1:{}/", forbidden.port());
    for (name, value) in [("webhook-id", "two\nlines"), ("two\r\nlines", "value")] {
        let attempt = patient()
            .send(&url, &[(name, value.to_owned())], BODY)
            .await;
        assert_eq!(failure(&attempt), Failure::Other);
    }
    forbidden.assert_unvisited();
}

#[tokio::test]
async fn a_tunnel_is_never_asked_for() {
    let forbidden = Forbidden::open();
    let outgoing = Outgoing {
        method: Method::CONNECT,
        url: format!("http://127.0.0.1:{}/", forbidden.port()),
        headers: Vec::new(),
        body: Bytes::new(),
    };
    let exchange = patient().exchange(&outgoing).await;
    assert_eq!(failure(&exchange.attempt), Failure::Other);
    forbidden.assert_unvisited();
}

#[tokio::test]
async fn every_attempt_opens_its_own_connection() {
    let ok = b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    // Would serve a second request on its only connection.
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream.write_all(ok).await.unwrap();
        read_request(&mut stream).await;
        let _ = stream.write_all(ok).await;
    })
    .await;
    let sender = patient();
    assert!(post(&sender, port).await.is_success());
    assert!(!post(&sender, port).await.is_success());
}

#[tokio::test]
async fn an_oddly_spelled_address_is_called_as_what_it_means() {
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1."] {
        let (port, task) = witness().await;
        let url = format!("http://{host}:{port}/");
        assert!(patient().send(&url, &[], BODY).await.is_success(), "{host}");
        let request = task.await.unwrap();
        assert!(request.contains(&format!("host: 127.0.0.1:{port}\r\n")));
    }
}

#[tokio::test]
async fn the_local_policy_reaches_loopback_by_name() {
    let (port, task) = witness().await;
    let url = format!("http://localhost:{port}/");
    assert!(patient().send(&url, &[], BODY).await.is_success());
    assert!(
        task.await
            .unwrap()
            .contains(&format!("host: localhost:{port}\r\n"))
    );
}

#[tokio::test]
async fn the_public_policy_sends_nothing_to_loopback_or_private_addresses() {
    let forbidden = Forbidden::open();
    let port = forbidden.port();
    let sender = public();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        "https://2130706433/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://[64:ff9b::7f00:1]/".to_owned(),
    ] {
        let attempt = sender.send(&url, &[], BODY).await;
        assert_eq!(failure(&attempt), Failure::RefusedTarget, "{url}");
    }
    forbidden.assert_unvisited();
}
