//! Answers that mean something else than they seem to.

use crate::receiver::{Forbidden, after, failure};
use portico_webhook::{
    Failure, Outcome,
    schedule::{RETRY_AFTER_LIMIT, honour, parse_retry_after},
};
use std::time::Duration;

#[tokio::test]
async fn only_2xx_is_a_success() {
    for (status, success) in [
        (200, true),
        (204, true),
        (299, true),
        (300, false),
        (304, false),
        (400, false),
        (410, false),
        (429, false),
        (500, false),
        (503, false),
        (999, false),
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
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Forbidden::open();
    let elsewhere_url = format!("http://127.0.0.1:{}/", elsewhere.port());
    for location in [
        elsewhere_url.as_str(),
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "/again",
        "file:///etc/passwd",
    ] {
        for status in [301, 302, 303, 307, 308] {
            let attempt = after(format!(
                "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\nrefresh: 0; url={location}\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
            assert_eq!(attempt.outcome, Outcome::Answered(status));
            assert!(!attempt.is_success());
        }
    }
    elsewhere.assert_unvisited();
}

#[tokio::test]
async fn an_offer_of_another_protocol_is_an_answer_and_not_taken() {
    let attempt = after(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nwhatever",
    )
    .await;
    assert!(!attempt.is_success());
    assert_eq!(attempt.excerpt, "");
}

#[tokio::test]
async fn an_offer_of_another_server_is_not_taken() {
    let elsewhere = Forbidden::open();
    let attempt = after(format!(
        "HTTP/1.1 200 OK\r\nalt-svc: h2=\"127.0.0.1:{}\"\r\ncontent-length: 0\r\n\r\n",
        elsewhere.port()
    ))
    .await;
    assert!(attempt.is_success());
    elsewhere.assert_unvisited();
}

#[tokio::test]
async fn retry_after_is_handed_on() {
    let asked = async |value: &str| {
        after(format!(
            "HTTP/1.1 503 Busy\r\nretry-after: {value}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await
        .retry_after
    };
    assert_eq!(asked("120").await.as_deref(), Some("120"));
    assert_eq!(asked(&"1".repeat(65)).await, None);
    assert_eq!(asked("s\u{f6}n").await, None);
}

#[tokio::test]
async fn a_huge_retry_after_asks_for_ten_hours_at_most() {
    let attempt = after(
        "HTTP/1.1 429 Slow\r\nretry-after: 99999999999999999999999999\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert!(attempt.is_overloaded());
    let asked = parse_retry_after(&attempt.retry_after.unwrap(), 0);
    assert_eq!(honour(Duration::ZERO, asked), RETRY_AFTER_LIMIT);
}

#[tokio::test]
async fn other_protocols_are_no_answer() {
    for answer in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "220 mail.example ESMTP\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "<html>HTTP/0.9 is only a body</html>",
        "ICY 200 OK\r\n\r\n",
        "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04\0\0\x7f\x7f\0\x05\0\0@\0",
    ] {
        assert_eq!(
            failure(&after(answer).await),
            Failure::NoAnswer,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn http_1_0_is_an_answer() {
    assert!(after("HTTP/1.0 200 OK\r\n\r\nfine").await.is_success());
}

#[tokio::test]
async fn a_broken_head_is_no_answer() {
    for answer in [
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 2000 High\r\n\r\n",
        "HTTP/1.1 -20 Negative\r\n\r\n",
        "HTTP/1.1 2x0 Odd\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n",
    ] {
        assert_eq!(
            failure(&after(answer).await),
            Failure::NoAnswer,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_utf_8_is_replaced() {
    let answer = b"HTTP/1.1 200 \xff\xfe\r\nx: \xff\r\ncontent-length: 9\r\n\r\nshort \xff\xc3(";
    let attempt = after(answer.as_slice()).await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "short \u{fffd}\u{fffd}(");
}

#[tokio::test]
async fn a_second_answer_is_not_read() {
    let attempt = after(
        "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert_eq!(attempt.outcome, Outcome::Answered(500));
}
