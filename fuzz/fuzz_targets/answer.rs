//! Any bytes as an answer, from a receiver on loopback that closes after them.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use portico_webhook::{
    Method, Outcome, Outgoing, Policy, Sender,
    sender::{BODY_LIMIT, EXCERPT_LIMIT},
};
use std::{cell::LazyCell, thread_local, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};

struct Stage {
    runtime: Runtime,
    listener: TcpListener,
    sender: Sender,
    outgoing: Outgoing,
}

thread_local! {
    static STAGE: LazyCell<Stage> = LazyCell::new(stage);
}

fn stage() -> Stage {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let deadline = Duration::from_secs(5);
    let sender = Sender::new(Policy::local(), "Portico-Webhooks/1")
        .and_then(|sender| sender.with_deadlines(deadline, deadline))
        .expect("a sender");
    let outgoing = Outgoing {
        method: Method::POST,
        url: format!("http://127.0.0.1:{port}/"),
        headers: Vec::new(),
        body: Bytes::from_static(b"{}"),
    };
    Stage {
        runtime,
        listener,
        sender,
        outgoing,
    }
}

async fn answer(listener: &TcpListener, bytes: &[u8]) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut request = Vec::new();
    while !request.ends_with(b"{}")
        && stream
            .read_buf(&mut request)
            .await
            .is_ok_and(|read| read > 0)
    {}
    let _ = stream.write_all(bytes).await;
}

fuzz_target!(|bytes: &[u8]| {
    STAGE.with(|stage| {
        let met = async {
            tokio::join!(
                stage.sender.exchange(&stage.outgoing),
                answer(&stage.listener, bytes),
            )
        };
        let (exchange, ()) = stage.runtime.block_on(met);
        let attempt = exchange.attempt;
        assert!(exchange.body.len() <= BODY_LIMIT);
        assert!(attempt.excerpt.len() <= EXCERPT_LIMIT);
        match attempt.outcome {
            Outcome::Answered(status) => assert!((100..1000).contains(&status)),
            Outcome::Failed(failure) => {
                assert_ne!(failure.code(), "timeout", "it closed");
                assert!(exchange.body.is_empty() && attempt.retry_after.is_none());
            }
        }
    });
});
