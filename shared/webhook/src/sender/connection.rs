//! One connection, made for one request and dropped with it.
//!
//! Nothing here can follow a redirect, ask a proxy, unpack a body or use a
//! connection twice, because there is no code for it. Everything that comes in
//! counts towards one limit at the socket, before TLS and HTTP make sense of
//! it: a receiver that floods the handshake, the head or the body is cut off
//! there.

use super::{BODY_LIMIT, Failure};
use bytes::Bytes;
use http::{HeaderMap, Request, header::RETRY_AFTER};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{net::IpAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, Join, Take, join},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;
use url::Host;

/// How many bytes are taken in from a connection, TLS and heads included.
///
/// A body of [`BODY_LIMIT`] fits in however it is cut into chunks of one byte,
/// but not if TLS wraps each of them.
const INTAKE_LIMIT: u64 = 1024 * 1024;

/// How long the head of an answer may be, in bytes.
const HEAD_LIMIT: usize = 32 * 1024;

/// How many header lines an answer may have.
const HEADER_LIMIT: usize = 100;

/// How many addresses of a name are tried. Each gets its share of the
/// deadline, which many would leave too little of.
const ADDRESS_LIMIT: usize = 6;

// An HTTP date has 29 characters; what is longer means nothing.
const RETRY_AFTER_LIMIT: usize = 64;

/// A connection over TCP, and TLS where the URL wants it.
pub(super) type Stream = Either<Box<TlsStream<Tcp>>, Tcp>;

type Tcp = Join<Take<OwnedReadHalf>, OwnedWriteHalf>;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Whether the body ended, or reached its limit; otherwise it broke off.
    pub(super) is_whole: bool,
    /// Empty if it broke off.
    pub(super) body: Vec<u8>,
    pub(super) retry_after: Option<String>,
}

/// Connects to the first of these addresses that lets itself be reached by
/// then.
pub(super) async fn dial(addresses: &[IpAddr], port: u16, until: Instant) -> Result<Tcp, Failure> {
    let mut failure = Failure::Connect;
    let mut untried = addresses.len().min(ADDRESS_LIMIT);
    for ip in &addresses[..untried] {
        let share =
            until.saturating_duration_since(Instant::now()) / u32::try_from(untried).unwrap_or(1);
        untried -= 1;
        match timeout(share, TcpStream::connect((*ip, port))).await {
            Ok(Ok(stream)) => return Ok(limited(stream)),
            Ok(Err(_)) => failure = Failure::Connect,
            Err(_) => failure = Failure::Timeout,
        }
    }
    Err(failure)
}

fn limited(stream: TcpStream) -> Tcp {
    // The request is written at once; without this its end could wait for an
    // acknowledgement of its beginning.
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    join(read.take(INTAKE_LIMIT), write)
}

/// Shakes hands for this host and checks its certificate.
pub(super) async fn secure(
    tcp: Tcp,
    tls: &Arc<ClientConfig>,
    host: Host<&str>,
) -> Result<Stream, Failure> {
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Failure::Tls)?,
        Host::Ipv4(ip) => ServerName::from(IpAddr::V4(ip)),
        Host::Ipv6(ip) => ServerName::from(IpAddr::V6(ip)),
    };
    let connector = TlsConnector::from(Arc::clone(tls));
    let stream = connector.connect(name, tcp).await;
    stream
        .map(|stream| Either::Left(Box::new(stream)))
        .map_err(|_| Failure::Tls)
}

/// Sends the request and reads the answer, as far as its limits go.
pub(super) async fn talk(stream: Stream, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let (mut requests, connection) = http1::Builder::new()
        .max_headers(HEADER_LIMIT)
        .max_buf_size(HEAD_LIMIT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Failure::NoAnswer)?;
    // Whoever drops this future drops the set, and that ends the connection.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = requests
        .send_request(request)
        .await
        .map_err(|_| Failure::NoAnswer)?;
    let (head, body) = response.into_parts();
    let body = beginning(body).await;
    Ok(Answer {
        status: head.status.as_u16(),
        is_whole: body.is_some(),
        body: body.unwrap_or_default(),
        retry_after: retry_after(&head.headers),
    })
}

/// As much of the body as is read, or nothing if it breaks off before.
async fn beginning(mut body: Incoming) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    while read.len() < BODY_LIMIT {
        let Some(frame) = body.frame().await else {
            break;
        };
        let frame = frame.ok()?;
        if let Some(data) = frame.data_ref() {
            let room = BODY_LIMIT - read.len();
            read.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Some(read)
}

fn retry_after(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    (value.len() <= RETRY_AFTER_LIMIT).then(|| value.to_owned())
}
