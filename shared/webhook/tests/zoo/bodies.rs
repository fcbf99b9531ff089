//! Bodies that are not what their heads say.

use crate::receiver::{after, failure};
use portico_webhook::{Failure, sender::EXCERPT_LIMIT};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

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
async fn a_body_shorter_than_its_length_is_a_failure() {
    let attempt = after("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert_eq!(failure(&attempt), Failure::Body);
}

#[tokio::test]
async fn a_body_longer_than_its_length_is_cut() {
    let attempt = after("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhalfmore").await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "half");
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_no_answer() {
    for lengths in [
        "content-length: 4\r\ncontent-length: 8",
        "content-length: 4, 8",
        "content-length: -4",
        "content-length: +4",
        "content-length: 0x4",
        "content-length: 99999999999999999999999",
        "content-length: ",
    ] {
        let attempt = after(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nhalfmore")).await;
        assert_eq!(failure(&attempt), Failure::NoAnswer, "{lengths}");
    }
}

#[tokio::test]
async fn chunks_win_over_a_length() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n";
    let attempt = after(format!("{head}4\r\nhalf\r\n0\r\n\r\n")).await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "half");
}

#[tokio::test]
async fn chunks_that_are_garbage_are_a_failure() {
    for chunks in [
        "zz\r\nhalf\r\n",
        "-4\r\nhalf\r\n",
        "fffffffffffffffff\r\nhalf\r\n",
        "\r\n\r\n",
        "4\r\nhalfmore\r\n",
        "4\nhalf\n",
    ] {
        let attempt = after(format!("{CHUNKED}{chunks}")).await;
        assert_eq!(failure(&attempt), Failure::Body, "{chunks:?}");
    }
}

#[tokio::test]
async fn chunks_that_break_off_are_a_failure() {
    for chunks in [
        "",
        "4",
        "4\r\n",
        "4\r\nha",
        "4\r\nhalf",
        "4\r\nhalf\r\n",
        "0\r\n",
    ] {
        let attempt = after(format!("{CHUNKED}{chunks}")).await;
        assert_eq!(failure(&attempt), Failure::Body, "{chunks:?}");
    }
}

#[tokio::test]
async fn a_body_where_there_can_be_none_is_not_read() {
    for status in [204, 304] {
        let attempt = after(format!(
            "HTTP/1.1 {status} Empty\r\ncontent-length: 4\r\n\r\nhalf"
        ))
        .await;
        assert_eq!(attempt.excerpt, "", "{status}");
    }
}
