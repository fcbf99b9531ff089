//! Name servers that misbehave, whatever their answers lead to.

use crate::{
    name_server::{NameServer, Question, Record, Reply, written},
    receiver::{BODY, failure, hasty, patient, receiver},
};
use portico_webhook::{Attempt, Failure, Sender};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const NAME: &str = "hooks.example";

/// The attempt at a receiver on loopback, known by name to this name server.
async fn attempt(sender: Sender, name: &str, server: &NameServer) -> Attempt {
    let (port, _) = receiver(async |mut stream: TcpStream| {
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let url = format!("http://{name}:{port}/");
    sender.asking(server.address).send(&url, &[], BODY).await
}

async fn failed(
    sender: Sender,
    answer: impl Fn(&Question) -> Reply + Send + Sync + 'static,
) -> Failure {
    let server = NameServer::start(answer).await;
    failure(&attempt(sender, NAME, &server).await)
}

async fn succeeds(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) {
    let server = NameServer::start(answer).await;
    let attempt = attempt(patient(), NAME, &server).await;
    assert!(attempt.is_success(), "{attempt:?}");
}

fn loopback(question: &Question) -> Reply {
    Reply::addresses(question, &["127.0.0.1"])
}

#[tokio::test]
async fn a_name_is_resolved_by_the_name_server() {
    succeeds(loopback).await;
}

#[tokio::test]
async fn a_name_server_that_never_answers_times_out() {
    assert_eq!(
        failed(hasty(), |_| Reply::silence()).await,
        Failure::Timeout
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_dns_failure() {
    const NOTHING: u8 = 0;
    const FORMAT_ERROR: u8 = 1;
    const SERVER_FAILURE: u8 = 2;
    const NO_SUCH_NAME: u8 = 3;
    const NOT_IMPLEMENTED: u8 = 4;
    const REFUSED: u8 = 5;
    for code in [
        NOTHING,
        FORMAT_ERROR,
        SERVER_FAILURE,
        NO_SUCH_NAME,
        NOT_IMPLEMENTED,
        REFUSED,
    ] {
        let failure = failed(patient(), move |_| Reply::code(code)).await;
        assert_eq!(failure, Failure::Dns, "{code}");
    }
}

#[tokio::test]
async fn a_name_that_cannot_exist_is_a_dns_failure() {
    let server = NameServer::start(loopback).await;
    for name in ["a".repeat(64), format!("{}example", "a.".repeat(130))] {
        let attempt = attempt(patient(), &name, &server).await;
        assert_eq!(failure(&attempt), Failure::Dns, "{name}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    succeeds(|question| {
        if question.is_over_tcp {
            loopback(question)
        } else {
            Reply::truncated()
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_truncated_over_tcp_too_is_a_dns_failure() {
    assert_eq!(
        failed(patient(), |_| Reply::truncated()).await,
        Failure::Dns
    );
}

#[tokio::test]
async fn a_truncated_answer_that_never_comes_over_tcp_times_out() {
    let failure = failed(hasty(), |question| {
        if question.is_over_tcp {
            Reply::silence()
        } else {
            Reply::truncated()
        }
    });
    assert_eq!(failure.await, Failure::Timeout);
}

#[tokio::test]
async fn thousands_of_addresses_are_an_answer() {
    succeeds(|question| Reply::addresses(question, &vec!["127.0.0.1"; 2000])).await;
}

#[tokio::test]
async fn an_address_that_does_not_answer_is_followed_by_the_next() {
    // Nobody listens on the other addresses of loopback.
    succeeds(|question| Reply::addresses(question, &["127.0.0.3", "127.0.0.2", "127.0.0.1"])).await;
}

#[tokio::test]
async fn few_addresses_are_tried() {
    let mut ips = vec!["127.0.0.2"; 6];
    ips.push("127.0.0.1");
    let failure = failed(patient(), move |question| Reply::addresses(question, &ips)).await;
    // Where loopback has one address alone, the others are silent.
    assert!(matches!(failure, Failure::Connect | Failure::Timeout));
}

#[tokio::test]
async fn a_chain_of_aliases_is_followed() {
    succeeds(|question| match question.name.as_str() {
        NAME => Reply::records(vec![Record::alias(NAME, "cdn.example")]),
        _ => loopback(question),
    })
    .await;
}

#[tokio::test]
async fn a_loop_of_aliases_is_a_dns_failure() {
    let to_itself =
        |question: &Question| Reply::records(vec![Record::alias(&question.name, &question.name)]);
    assert_eq!(failed(patient(), to_itself).await, Failure::Dns);
    let in_a_circle = |question: &Question| {
        let next = if question.name == NAME {
            "other.example"
        } else {
            NAME
        };
        Reply::records(vec![Record::alias(&question.name, next)])
    };
    assert_eq!(failed(patient(), in_a_circle).await, Failure::Dns);
}

#[tokio::test]
async fn an_endless_chain_of_aliases_is_a_dns_failure() {
    let ever_deeper = |question: &Question| {
        let next = format!("n{}.example", question.name.len() * 1000 + question.nth);
        let next = format!("x{next}");
        Reply::records(vec![Record::alias(&question.name, &next)])
    };
    assert_eq!(failed(patient(), ever_deeper).await, Failure::Dns);
}

#[tokio::test]
async fn forged_answers_are_ignored() {
    succeeds(|question| {
        let forged = Reply::addresses(question, &["10.0.0.1", "fd00::1"]);
        let mut wrong_id = written(&question.message, &forged);
        wrong_id[0] ^= 0xff;
        let mut wrong_name = written(&question.message, &forged);
        // The first letter of the name in the question.
        wrong_name[13] ^= 0x01;
        let mut reply = loopback(question);
        reply.before = vec![Vec::new(), vec![0xff], wrong_id, wrong_name];
        reply
    })
    .await;
}

#[tokio::test]
async fn garbage_alone_is_a_failure() {
    let garbage = |question: &Question| {
        let mut reply = Reply::silence();
        let mut message = question.message[..2].to_vec();
        message.extend([0xff; 100]);
        reply.before = vec![message];
        reply
    };
    assert!(matches!(
        failed(hasty(), garbage).await,
        Failure::Dns | Failure::Timeout
    ));
}

#[tokio::test]
async fn no_search_domain_is_added() {
    let server = NameServer::start(|_| Reply::code(3)).await;
    let attempt = attempt(patient(), "intranet", &server).await;
    assert_eq!(failure(&attempt), Failure::Dns);
    assert!(
        server
            .asked()
            .iter()
            .all(|question| question.name == "intranet")
    );
}

#[tokio::test]
async fn a_name_is_asked_for_anew_at_every_attempt() {
    let server = NameServer::start(loopback).await;
    for _ in 0..3 {
        assert!(attempt(patient(), NAME, &server).await.is_success());
    }
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn a_name_server_that_knows_only_ipv4_is_enough() {
    succeeds(|question| {
        if question.is_v6 {
            Reply::code(2)
        } else {
            loopback(question)
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_server_that_ignores_ipv6_leaves_time_for_the_request() {
    succeeds(|question| {
        if question.is_v6 {
            Reply::silence()
        } else {
            loopback(question)
        }
    })
    .await;
}
