//! A zoo of receivers on loopback, and the attempts that end there.

use super::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

const BODY: Bytes = Bytes::from_static(b"{\"id\":\"evt_1\"}");

fn patient() -> Sender {
    Sender::new(Policy::local(), "Portico-Webhooks/1").unwrap()
}

/// For receivers that would keep a patient sender waiting.
fn hasty() -> Sender {
    let deadline = Duration::from_millis(200);
    patient().with_deadlines(deadline, deadline).unwrap()
}

/// Accepts one connection, reads the request, and goes on as told. Gives the
/// port, and the request as its receiver saw it.
async fn receiver<F>(
    reply: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<String>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        reply(stream).await;
        request
    });
    (port, task)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(&BODY) && stream.read_buf(&mut request).await.unwrap() > 0 {}
    String::from_utf8(request).unwrap()
}

/// Accepts one connection and goes on as told, without waiting for a request.
async fn listener<F>(behave: impl FnOnce(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        behave(stream).await;
    });
    port
}

/// Holds the connection until the other side gives up.
async fn hold(mut stream: TcpStream) {
    let mut sink = [0; 1024];
    while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
}

/// Writes a byte every 5 ms, for as long as the other side listens.
async fn drip(mut stream: TcpStream) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    while stream.write_all(b"x").await.is_ok() {
        pace.tick().await;
    }
}

async fn post(sender: &Sender, port: u16) -> Attempt {
    sender
        .send(&format!("http://127.0.0.1:{port}/hook"), &[], BODY)
        .await
}

/// The attempt at a receiver that writes these bytes and closes.
async fn after(answer: impl Into<Vec<u8>>) -> Attempt {
    let answer = answer.into();
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(&answer).await.unwrap();
    })
    .await;
    post(&patient(), port).await
}

/// The attempt at a receiver that writes these bytes and goes silent.
async fn after_silence(sender: &Sender, answer: impl Into<Vec<u8>>) -> Attempt {
    let answer = answer.into();
    let (port, _) = receiver(async move |mut stream: TcpStream| {
        stream.write_all(&answer).await.unwrap();
        hold(stream).await;
    })
    .await;
    post(sender, port).await
}

fn failed(attempt: &Attempt) -> Failure {
    assert!(!attempt.is_success());
    assert_eq!(attempt.excerpt, "");
    assert_eq!(attempt.retry_after, None);
    match attempt.outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(status) => panic!("answered with {status}"),
    }
}

#[tokio::test]
async fn only_2xx_is_a_success() {
    for (status, success) in [
        (200, true),
        (204, true),
        (299, true),
        (304, false),
        (400, false),
        (410, false),
        (429, false),
        (500, false),
        (503, false),
    ] {
        let attempt = after(format!(
            "HTTP/1.1 {status} Some\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        assert_eq!(attempt.outcome, Outcome::Answered(status));
        assert_eq!(attempt.is_success(), success, "{status}");
    }
}

#[tokio::test]
async fn the_request_is_json_with_the_given_headers_and_asks_for_no_encoding() {
    let (port, task) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let headers = [("webhook-id", "evt_1".to_owned())];
    let url = format!("http://127.0.0.1:{port}/hook?a=b");
    let attempt = patient().send(&url, &headers, BODY).await;
    assert!(attempt.is_success());

    let request = task.await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.as_bytes(), BODY);
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(head.contains("user-agent: Portico-Webhooks/1"), "{head}");
    assert!(head.contains("webhook-id: evt_1"), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    for status in [301, 302, 303, 307, 308] {
        let attempt = after(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        assert_eq!(attempt.outcome, Outcome::Answered(status));
        assert!(!attempt.is_success());
    }
    let visited = elsewhere.accept().unwrap_err();
    assert_eq!(visited.kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn retry_after_is_handed_on() {
    let attempt = after("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(attempt.retry_after.as_deref(), Some("120"));
    let long = "1".repeat(65);
    let attempt = after(format!(
        "HTTP/1.1 503 Busy\r\nretry-after: {long}\r\ncontent-length: 0\r\n\r\n"
    ))
    .await;
    assert_eq!(attempt.retry_after, None);
}

#[tokio::test]
async fn a_receiver_that_never_answers_times_out() {
    let attempt = after_silence(&hasty(), "").await;
    assert_eq!(failed(&attempt), Failure::Timeout);
    assert!(attempt.latency < TOTAL_DEADLINE);
}

#[tokio::test]
async fn a_handshake_that_never_completes_times_out() {
    let port = listener(hold).await;
    let url = format!("https://127.0.0.1:{port}/");
    let connect = Duration::from_millis(200);
    let sender = patient().with_deadlines(connect, TOTAL_DEADLINE).unwrap();
    let attempt = sender.send(&url, &[], BODY).await;
    assert_eq!(failed(&attempt), Failure::Timeout);
    assert!(attempt.latency < TOTAL_DEADLINE);
}

#[tokio::test]
async fn a_receiver_without_tls_is_a_tls_failure() {
    let talks = listener(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        hold(stream).await;
    })
    .await;
    let hangs_up = listener(async |_| {}).await;
    for port in [talks, hangs_up] {
        let url = format!("https://127.0.0.1:{port}/");
        let attempt = patient().send(&url, &[], BODY).await;
        assert_eq!(failed(&attempt), Failure::Tls);
    }
}

#[tokio::test]
async fn a_dripped_answer_times_out() {
    for beginning in [
        "HTTP/1.1 200 OK\r\nx-slow: ",
        "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n",
    ] {
        let (port, _) = receiver(async move |mut stream: TcpStream| {
            stream.write_all(beginning.as_bytes()).await.unwrap();
            drip(stream).await;
        })
        .await;
        assert_eq!(failed(&post(&hasty(), port).await), Failure::Timeout);
    }
}

#[tokio::test]
async fn an_endless_body_is_answered_and_cut() {
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let attempt = post(&patient(), port).await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "x".repeat(EXCERPT_LIMIT));
}

#[tokio::test]
async fn reading_stops_at_64_kib_and_not_before() {
    let answer = |length: usize| {
        let body = "x".repeat(length);
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{body}")
    };
    assert!(
        after_silence(&patient(), answer(BODY_LIMIT))
            .await
            .is_success()
    );
    let short = after_silence(&hasty(), answer(BODY_LIMIT - 1)).await;
    assert_eq!(failed(&short), Failure::Timeout);
}

#[tokio::test]
async fn an_excerpt_is_text_of_at_most_1_kib() {
    for body in [
        [b"x".as_slice(), "é".repeat(2000).as_bytes()].concat(),
        vec![0xff; 5000],
        b"short \xff".to_vec(),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        let attempt = after([head.as_bytes(), &body].concat()).await;
        assert!(attempt.is_success());
        assert!(attempt.excerpt.len() <= EXCERPT_LIMIT);
        let decoded = String::from_utf8_lossy(&body).into_owned();
        assert!(decoded.starts_with(&attempt.excerpt));
        assert!(attempt.excerpt.len() > EXCERPT_LIMIT - 3 || attempt.excerpt == decoded);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failure() {
    let attempt = after("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert_eq!(failed(&attempt), Failure::Body);
}

#[tokio::test]
async fn a_receiver_that_hangs_up_or_talks_nonsense_gave_no_answer() {
    assert_eq!(failed(&after("").await), Failure::NoAnswer);
    assert_eq!(
        failed(&after("SSH-2.0-OpenSSH\r\n\r\n").await),
        Failure::NoAnswer
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connect_failure() {
    // Bound but not listening, so that no other test gets the port meanwhile.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_eq!(failed(&post(&patient(), port).await), Failure::Connect);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_dns_failure() {
    // A label of 64 characters fails without asking a name server.
    let url = format!("http://{}.example/", "a".repeat(64));
    let attempt = patient().send(&url, &[], BODY).await;
    assert_eq!(failed(&attempt), Failure::Dns);
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_fails_without_a_request() {
    let headers = [("webhook-id", "two\nlines".to_owned())];
    let attempt = patient().send("http://127.0.0.1:9/", &headers, BODY).await;
    assert_eq!(failed(&attempt), Failure::Other);
}

#[tokio::test]
async fn every_attempt_opens_its_own_connection() {
    let ok = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
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
async fn the_public_policy_sends_nothing_to_loopback_or_private_addresses() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let sender = Sender::new(Policy::public(), "Portico-Webhooks/1").unwrap();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        "https://2130706433/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
    ] {
        let attempt = sender.send(&url, &[], BODY).await;
        assert_eq!(failed(&attempt), Failure::RefusedTarget, "{url}");
    }

    // A name that passes the check of the URL and resolves to loopback.
    let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
    let refusal = sender.request(url.clone(), &outgoing(url)).await.err();
    assert_eq!(refusal, Some(Failure::RefusedTarget));

    let visited = listener.accept().unwrap_err();
    assert_eq!(visited.kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn the_local_policy_reaches_loopback_by_name() {
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let url = format!("http://localhost:{port}/");
    assert!(patient().send(&url, &[], BODY).await.is_success());
}

#[test]
fn one_bad_answer_refuses_a_name() {
    let answers = |ips: &[&str]| -> Vec<SocketAddr> {
        ips.iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0))
            .collect()
    };
    let policy = Policy::public();
    let good = answers(&["8.8.8.8", "2606:4700::1111"]);
    assert_eq!(vetted(&policy, good.clone()).unwrap(), good);
    assert!(vetted(&policy, answers(&["8.8.8.8", "10.0.0.1"])).is_err());
    assert!(vetted(&policy, answers(&["::1", "8.8.8.8"])).is_err());
    let local = Policy::local();
    assert!(vetted(&local, answers(&["127.0.0.1", "::1"])).is_ok());
    assert!(vetted(&local, answers(&["127.0.0.1", "10.0.0.1"])).is_err());
}

fn outgoing(url: Url) -> Outgoing {
    Outgoing {
        method: Method::POST,
        url: url.into(),
        headers: Vec::new(),
        body: BODY,
    }
}
