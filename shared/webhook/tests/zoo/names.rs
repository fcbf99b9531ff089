//! Names that lead where they must not, and how each is refused.

use crate::{
    name_server::{NameServer, Question, Record, Reply},
    receiver::{BODY, Forbidden, failure, patient, post, public, receiver},
};
use portico_webhook::{Attempt, Failure};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const NAME: &str = "hooks.example";

async fn ask_publicly(server: &NameServer) -> Attempt {
    let sender = public().asking(server.address);
    sender.send(&format!("https://{NAME}/"), &[], BODY).await
}

async fn refused(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) {
    let server = NameServer::start(answer).await;
    assert_eq!(
        failure(&ask_publicly(&server).await),
        Failure::RefusedTarget
    );
}

#[tokio::test]
async fn a_name_of_a_private_address_is_refused() {
    for ip in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.0",
        "::1",
        "::",
        "fd00:ec2::254",
        "fe80::1",
    ] {
        refused(move |question| Reply::addresses(question, &[ip])).await;
    }
}

#[tokio::test]
async fn ipv4_embedded_in_ipv6_is_refused_like_ipv4() {
    for ip in [
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "2001::a00:1",
        "::10.0.0.1",
    ] {
        refused(move |question| Reply::addresses(question, &[ip])).await;
    }
}

#[tokio::test]
async fn one_bad_answer_among_good_ones_refuses_the_name() {
    for ips in [
        ["8.8.8.8", "10.0.0.1", "2606:4700::1111"],
        ["10.0.0.1", "8.8.8.8", "2606:4700::1111"],
        ["8.8.8.8", "::1", "2606:4700::1111"],
        ["8.8.8.8", "2606:4700::1111", "fd00::1"],
        ["127.0.0.1", "2606:4700::1111", "8.8.8.8"],
    ] {
        refused(move |question| Reply::addresses(question, &ips)).await;
    }
}

#[tokio::test]
async fn one_bad_answer_among_thousands_refuses_the_name() {
    refused(|question| {
        let mut ips = vec!["8.8.8.8"; 2000];
        ips.push("10.0.0.1");
        Reply::addresses(question, &ips)
    })
    .await;
}

#[tokio::test]
async fn an_alias_of_a_private_name_is_refused() {
    // The whole chain in one answer.
    refused(|question| {
        Reply::records(vec![
            Record::alias(&question.name, "cdn.example"),
            Record::alias("cdn.example", "metadata.google.internal"),
            Record::address(
                "metadata.google.internal",
                "169.254.169.254".parse().unwrap(),
            ),
        ])
    })
    .await;
    // A link in each answer.
    refused(|question| match question.name.as_str() {
        NAME => Reply::records(vec![Record::alias(NAME, "cdn.example")]),
        "cdn.example" => Reply::records(vec![Record::alias("cdn.example", "db.internal")]),
        _ => Reply::addresses(question, &["10.0.0.1"]),
    })
    .await;
}

#[tokio::test]
async fn an_alias_of_localhost_is_refused() {
    for target in ["localhost", "hooks.localhost"] {
        refused(move |question| Reply::records(vec![Record::alias(&question.name, target)])).await;
    }
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_at_the_next_attempt() {
    let server = NameServer::start(|question| {
        let ip = if question.nth == 0 {
            "127.0.0.1"
        } else {
            "10.0.0.1"
        };
        let mut reply = Reply::addresses(question, &[ip]);
        // A day, which nobody may wait for.
        for record in &mut reply.records {
            record.ttl = 86_400;
        }
        reply
    })
    .await;
    let sender = patient().asking(server.address);
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let url = format!("http://{NAME}:{port}/");
    assert!(sender.send(&url, &[], BODY).await.is_success());
    let again = sender.send(&url, &[], BODY).await;
    assert_eq!(failure(&again), Failure::RefusedTarget);
}

#[tokio::test]
async fn a_name_that_changes_within_an_attempt_gains_nothing() {
    let server = NameServer::start(|question| {
        let ip = if question.nth == 0 {
            "127.0.0.1"
        } else {
            "10.0.0.1"
        };
        let mut reply = Reply::addresses(question, &[ip]);
        for record in &mut reply.records {
            record.ttl = 0;
        }
        reply
    })
    .await;
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let sender = patient().asking(server.address);
    let url = format!("http://{NAME}:{port}/");
    assert!(sender.send(&url, &[], BODY).await.is_success());
    // One question for each kind of address: what was vetted is what was used.
    let counts = crate::name_server::counted(&server.asked());
    assert_eq!(counts.get(&(NAME.to_owned(), false)), Some(&1));
    assert_eq!(counts.get(&(NAME.to_owned(), true)), Some(&1));
}

#[tokio::test]
async fn records_of_other_names_are_vetted_or_ignored() {
    let forbidden = Forbidden::open();
    let server = NameServer::start(|_| {
        let ip = "127.0.0.1".parse().unwrap();
        Reply::records(vec![Record::address("other.example", ip)])
    })
    .await;
    let attempt = ask_publicly(&server).await;
    assert!(matches!(
        failure(&attempt),
        Failure::Dns | Failure::RefusedTarget
    ));
    forbidden.assert_unvisited();
}

#[tokio::test]
async fn an_address_in_the_url_asks_nobody() {
    let server = NameServer::start(|question| Reply::addresses(question, &["8.8.8.8"])).await;
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    assert!(
        post(&patient().asking(server.address), port)
            .await
            .is_success()
    );
    assert!(server.asked().is_empty());
}
