//! Receivers that misuse TLS, or are somebody else.

use crate::{
    name_server::{NameServer, Reply},
    receiver::{BODY, drip, failure, flood, hasty, hold, listener, patient},
    tls_server::{Authority, Identity, accept, tls_receiver},
};
use portico_webhook::{Attempt, Failure, Sender, sender::TOTAL_DEADLINE};
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::ServerConfig;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn post_over_tls(sender: &Sender, host: &str, port: u16) -> Attempt {
    let url = format!("https://{host}:{port}/");
    sender.send(&url, &[], BODY).await
}

/// The attempt at a receiver with this setup, by a sender that trusts the
/// authority.
async fn shown(authority: &Authority, config: ServerConfig) -> Attempt {
    let (port, _) = tls_receiver(config, accept).await;
    let sender = patient().trusting(&authority.root).unwrap();
    post_over_tls(&sender, "localhost", port).await
}

#[tokio::test]
async fn a_trusted_certificate_for_the_name_is_accepted() {
    let authority = Authority::new();
    let config = authority.certify("localhost").config();
    assert!(shown(&authority, config).await.is_success());
}

#[tokio::test]
async fn a_trusted_certificate_for_the_address_is_accepted() {
    let authority = Authority::new();
    let (port, _) = tls_receiver(authority.certify("127.0.0.1").config(), accept).await;
    let sender = patient().trusting(&authority.root).unwrap();
    let attempt = post_over_tls(&sender, "127.0.0.1", port).await;
    assert!(attempt.is_success());
}

#[tokio::test]
async fn the_certificate_must_be_for_the_name_and_not_for_where_it_leads() {
    let server = NameServer::start(|question| Reply::addresses(question, &["127.0.0.1"])).await;
    let authority = Authority::new();
    let sender = patient()
        .trusting(&authority.root)
        .unwrap()
        .asking(server.address);
    for (certified, fits) in [
        ("hooks.example", true),
        ("127.0.0.1", false),
        ("localhost", false),
    ] {
        let (port, _) = tls_receiver(authority.certify(certified).config(), accept).await;
        let attempt = post_over_tls(&sender, "hooks.example", port).await;
        assert_eq!(attempt.is_success(), fits, "{certified}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    for name in ["other.example", "localhost.example", "127.0.0.1"] {
        let attempt = shown(&authority, authority.certify(name).config()).await;
        assert_eq!(failure(&attempt), Failure::Tls, "{name}");
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let expired = authority.certify_as("localhost", |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let attempt = shown(&authority, expired.config()).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_yet_is_refused() {
    let authority = Authority::new();
    let early = authority.certify_as("localhost", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let attempt = shown(&authority, early.config()).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused() {
    let config = Identity::self_signed("localhost").config();
    let attempt = shown(&Authority::new(), config).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let config = Authority::new().certify("localhost").config();
    let attempt = shown(&Authority::new(), config).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_certificate_that_the_system_does_not_know_is_refused() {
    let config = Authority::new().certify("localhost").config();
    let (port, task) = tls_receiver(config, accept).await;
    let attempt = post_over_tls(&patient(), "localhost", port).await;
    assert_eq!(failure(&attempt), Failure::Tls);
    assert!(!task.await.unwrap());
}

#[tokio::test]
async fn a_certificate_for_clients_only_is_refused() {
    let authority = Authority::new();
    let client = authority.certify_as("localhost", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let attempt = shown(&authority, client.config()).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_certificate_of_a_receiver_vouches_for_nobody_else() {
    let authority = Authority::new();
    // Trusted itself, but no authority.
    let shop = authority.certify("shop.example");
    let pretender = Authority::pretending(&shop);
    let mut forged = pretender.certify("localhost");
    forged.chain.extend(shop.chain);
    let attempt = shown(&authority, forged.config()).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn an_endless_chain_of_certificates_is_refused() {
    let authority = Authority::new();
    let mut identity = authority.certify("localhost");
    let padding = identity.chain[0].clone();
    identity.chain.extend(std::iter::repeat_n(padding, 1000));
    let attempt = shown(&authority, identity.config()).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let authority = Authority::new();
    let mut config = authority.certify("localhost").config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let attempt = shown(&authority, config).await;
    assert_eq!(failure(&attempt), Failure::Tls);

    let mut config = authority.certify("localhost").config();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    assert!(shown(&authority, config).await.is_success());
}

#[tokio::test]
async fn no_session_is_resumed() {
    let authority = Authority::new();
    let sender = patient().trusting(&authority.root).unwrap();
    let config = std::sync::Arc::new(authority.certify("localhost").config());
    for _ in 0..2 {
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::clone(&config));
        let (port, task) = listener(async move |stream: TcpStream| {
            let stream = acceptor.accept(stream).await.unwrap();
            let kind = stream.get_ref().1.handshake_kind();
            accept(stream).await;
            kind
        })
        .await;
        assert!(post_over_tls(&sender, "localhost", port).await.is_success());
        let kind = task.await.unwrap();
        assert!(matches!(
            kind,
            Some(rustls::HandshakeKind::Full | rustls::HandshakeKind::FullWithHelloRetryRequest)
        ));
    }
}

#[tokio::test]
async fn a_handshake_that_never_completes_times_out() {
    let (port, _) = listener(hold).await;
    // The deadline for connecting covers it.
    let connect = Duration::from_millis(300);
    let sender = patient().with_deadlines(connect, TOTAL_DEADLINE).unwrap();
    let attempt = post_over_tls(&sender, "127.0.0.1", port).await;
    assert_eq!(failure(&attempt), Failure::Timeout);
    assert!(attempt.latency < TOTAL_DEADLINE);
}

#[tokio::test]
async fn a_handshake_that_stops_half_way_times_out() {
    let (port, _) = listener(async |mut stream: TcpStream| {
        // The beginning of a record with a ServerHello.
        stream
            .write_all(&[22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3])
            .await
            .unwrap();
        hold(stream).await;
    })
    .await;
    let attempt = post_over_tls(&hasty(), "127.0.0.1", port).await;
    assert_eq!(failure(&attempt), Failure::Timeout);
}

#[tokio::test]
async fn a_dripped_handshake_times_out() {
    let (port, _) = listener(async |mut stream: TcpStream| {
        stream.write_all(&[22, 3, 3, 0x40, 0]).await.unwrap();
        // What drips is no handshake, so only its pace is what ends it.
        stream.write_all(&[2, 0, 0x3f, 0]).await.unwrap();
        drip(stream).await;
    })
    .await;
    let attempt = post_over_tls(&hasty(), "127.0.0.1", port).await;
    assert_eq!(failure(&attempt), Failure::Timeout);
}

async fn tls_failure_after(bytes: &'static [u8]) {
    let (port, _) = listener(async move |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(bytes).await.unwrap();
        hold(stream).await;
    })
    .await;
    let attempt = post_over_tls(&patient(), "127.0.0.1", port).await;
    assert_eq!(failure(&attempt), Failure::Tls);
}

#[tokio::test]
async fn a_receiver_without_tls_is_a_tls_failure() {
    tls_failure_after(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    tls_failure_after(b"SSH-2.0-OpenSSH\r\n").await;
    tls_failure_after(&[0xff; 64]).await;
}

#[tokio::test]
async fn an_alert_is_a_tls_failure() {
    // Fatal: the protocol version is not supported.
    tls_failure_after(&[21, 3, 1, 0, 2, 2, 70]).await;
}

#[tokio::test]
async fn a_receiver_that_hangs_up_amid_the_handshake_is_a_tls_failure() {
    let (at_once, _) = listener(async |_| {}).await;
    let (later, _) = listener(async |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 4096]).await;
    })
    .await;
    let (by_reset, _) = listener(async |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 16]).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    for port in [at_once, later, by_reset] {
        let attempt = post_over_tls(&patient(), "127.0.0.1", port).await;
        assert_eq!(failure(&attempt), Failure::Tls);
    }
}

#[tokio::test]
async fn an_endless_handshake_is_cut_off() {
    for part in [
        // Records that are no handshake, handshakes without end, warnings, and
        // records with nothing in them.
        [20_u8, 3, 3, 0, 1, 1].as_slice(),
        &[22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff],
        &[21, 3, 3, 0, 2, 1, 90],
        &[22, 3, 3, 0, 0],
    ] {
        let (port, _) = listener(async move |stream: TcpStream| flood(stream, part).await).await;
        let attempt = post_over_tls(&patient(), "127.0.0.1", port).await;
        assert_eq!(failure(&attempt), Failure::Tls, "{part:?}");
    }
}

#[tokio::test]
async fn a_body_that_tls_does_not_end_is_a_failure() {
    let authority = Authority::new();
    let sender = patient().trusting(&authority.root).unwrap();
    let config = authority.certify("localhost").config();
    let (port, _) = tls_receiver(config, async |mut stream| {
        // Without a length, only the end of the session ends the body; anybody
        // on the way can end the connection.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf").await;
        let _ = stream.flush().await;
    })
    .await;
    let attempt = post_over_tls(&sender, "localhost", port).await;
    assert_eq!(failure(&attempt), Failure::Body);
}

#[tokio::test]
async fn an_endless_body_over_tls_is_answered_and_cut() {
    let authority = Authority::new();
    let sender = patient().trusting(&authority.root).unwrap();
    let config = authority.certify("localhost").config();
    let (port, _) = tls_receiver(config, async |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    assert!(post_over_tls(&sender, "localhost", port).await.is_success());
}
