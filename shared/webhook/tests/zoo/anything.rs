//! Answers that are made up: pieces of HTTP in any order, and bytes that are
//! none. Whatever comes, an attempt ends, and keeps within its limits.

use crate::receiver::{BODY, patient, read_request};
use portico_webhook::{
    Exchange, Failure, Method, Outcome, Outgoing, Sender,
    sender::{BODY_LIMIT, EXCERPT_LIMIT},
};
use proptest::prelude::*;
use std::sync::LazyLock;
use tokio::{io::AsyncWriteExt, net::TcpListener, runtime::Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SENDER: LazyLock<Sender> = LazyLock::new(patient);

async fn exchange(answer: &[u8]) -> Exchange {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outgoing = Outgoing {
        method: Method::POST,
        url: format!("http://{}/", listener.local_addr().unwrap()),
        headers: Vec::new(),
        body: BODY,
    };
    let reply = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        // The sender may have heard enough before the end.
        let _ = stream.write_all(answer).await;
    };
    let (exchange, ()) = tokio::join!(SENDER.exchange(&outgoing), reply);
    exchange
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        4 => Just("HTTP/1.1 200 OK\r\n".to_owned()),
        1 => "HTTP/[0-2]\\.[0-2] [0-9]{2,4} [a-z]{0,5}\r?\n",
        2 => "content-length: [0-9]{1,5}\r\n",
        2 => Just("transfer-encoding: chunked\r\n".to_owned()),
        1 => "(retry-after|content-type|content-encoding|location): [ -~]{0,20}\r\n",
        4 => Just("\r\n".to_owned()),
        2 => "[0-9a-f]{1,4}(;[a-z=]{0,5})?\r\n",
        1 => "[ -~]{0,40}",
    ];
    prop_oneof![
        8 => text.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => (1_usize..100_000).prop_map(|length| vec![b'x'; length]),
    ]
}

proptest! {
    #[test]
    fn any_answer_ends_within_its_limits(pieces in prop::collection::vec(piece(), 0..12)) {
        let exchange = RUNTIME.block_on(exchange(&pieces.concat()));
        let attempt = exchange.attempt;
        prop_assert!(exchange.body.len() <= BODY_LIMIT);
        prop_assert!(attempt.excerpt.len() <= EXCERPT_LIMIT);
        match attempt.outcome {
            Outcome::Answered(status) => prop_assert!((100..1000).contains(&status)),
            Outcome::Failed(failure) => {
                prop_assert!(matches!(failure, Failure::NoAnswer | Failure::Body), "{failure:?}");
                prop_assert!(exchange.body.is_empty() && attempt.retry_after.is_none());
            }
        }
    }
}
