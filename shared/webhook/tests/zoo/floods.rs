//! Receivers that send without end. A patient sender meets them: the attempt
//! ends because a limit is reached, not because time is up.

use crate::receiver::{after, after_flood, failure, flood, listener, patient, post};
use portico_webhook::{
    Failure, Outcome,
    sender::{BODY_LIMIT, EXCERPT_LIMIT},
};
use tokio::net::TcpStream;

#[tokio::test]
async fn an_endless_body_is_answered_and_cut() {
    let attempt = after_flood("HTTP/1.1 200 OK\r\n\r\n", b"x").await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "x".repeat(EXCERPT_LIMIT));
}

#[tokio::test]
async fn an_endless_chunked_body_is_answered_and_cut() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let attempt = after_flood(head, b"4\r\nabcd\r\n").await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, "abcd".repeat(EXCERPT_LIMIT / 4));
}

#[tokio::test]
async fn a_body_in_chunks_of_one_byte_is_read_up_to_its_limit() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(after_flood(head, b"1\r\nx\r\n").await.is_success());
}

#[tokio::test]
async fn endless_interim_answers_are_cut_off() {
    for part in [
        b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(),
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n",
    ] {
        assert_eq!(failure(&after_flood("", part).await), Failure::NoAnswer);
    }
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nretry-after: 9\r\n\r\n";
    let answer = format!("{interim}HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
    let attempt = after(answer).await;
    assert_eq!(attempt.outcome, Outcome::Answered(503));
    assert_eq!(attempt.retry_after, None);
}

#[tokio::test]
async fn an_endless_status_line_is_cut_off() {
    let attempt = after_flood("HTTP/1.1 200 ", b"x").await;
    assert_eq!(failure(&attempt), Failure::NoAnswer);
}

#[tokio::test]
async fn an_endless_header_is_cut_off() {
    let attempt = after_flood("HTTP/1.1 200 OK\r\nx-long: ", b"x").await;
    assert_eq!(failure(&attempt), Failure::NoAnswer);
    let attempt = after_flood("HTTP/1.1 200 OK\r\n", b"x").await;
    assert_eq!(failure(&attempt), Failure::NoAnswer);
}

#[tokio::test]
async fn endless_headers_are_cut_off() {
    let attempt = after_flood("HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n").await;
    assert_eq!(failure(&attempt), Failure::NoAnswer);
}

#[tokio::test]
async fn a_head_may_be_large_and_not_huge() {
    let head = |length: usize| {
        let value = "x".repeat(length);
        format!("HTTP/1.1 200 OK\r\nx-large: {value}\r\ncontent-length: 0\r\n\r\n")
    };
    assert!(after(head(16 * 1024)).await.is_success());
    assert_eq!(failure(&after(head(64 * 1024)).await), Failure::NoAnswer);
}

#[tokio::test]
async fn an_answer_has_at_most_100_header_lines() {
    let head = |lines: usize| {
        let lines = "x-more: 1\r\n".repeat(lines - 1);
        format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n")
    };
    assert!(after(head(100)).await.is_success());
    assert_eq!(failure(&after(head(101)).await), Failure::NoAnswer);
}

#[tokio::test]
async fn an_endless_chunk_extension_is_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;";
    assert_eq!(failure(&after_flood(head, b"x").await), Failure::Body);
}

#[tokio::test]
async fn endless_chunk_extensions_are_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let part = b"1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n";
    assert_eq!(failure(&after_flood(head, part).await), Failure::Body);
}

#[tokio::test]
async fn endless_trailers_are_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    let attempt = after_flood(head, b"x-more: 1\r\n").await;
    assert_eq!(failure(&attempt), Failure::Body);
}

#[tokio::test]
async fn a_flood_before_the_request_is_no_answer() {
    let (port, _) = listener(async |stream: TcpStream| flood(stream, b"x").await).await;
    assert_eq!(failure(&post(&patient(), port).await), Failure::NoAnswer);
}

#[tokio::test]
async fn a_compressed_bomb_is_never_unpacked() {
    // 60,000 zeros, packed by gzip.
    let bomb = hex::decode("1f8b0800000000000203edc13101000000c2a0f54f6d0d0fa000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000be0c05aa275160ea0000").unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let answer = [head.as_bytes(), &bomb].concat();
    let attempt = after(answer).await;
    assert!(attempt.is_success());
    assert_eq!(attempt.excerpt, String::from_utf8_lossy(&bomb));
}

#[tokio::test]
async fn a_huge_content_length_reserves_nothing() {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
        u64::MAX - 2
    );
    let attempt = after_flood(&head, b"x").await;
    assert!(attempt.is_success());
    assert!(BODY_LIMIT > attempt.excerpt.len());
}
