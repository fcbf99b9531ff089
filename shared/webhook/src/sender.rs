//! One HTTP request to an endpoint, under a policy and a deadline.
//!
//! Each attempt is vetted from the start: the URL, then every address that its
//! name resolves to at that moment. One bad answer refuses the attempt, and
//! only the addresses that were vetted are connected to, so a name that
//! changes between the check and the connection gains nothing. Connections are
//! not kept, because a kept one would skip the vetting of the next attempt.
//!
//! The deadline covers everything up to the last byte that is read of the
//! body. A receiver that is slow in any way ends in [`Failure::Timeout`]; it
//! may have acted on the request all the same, which is why a retry carries
//! the same `webhook-id`. Whatever a receiver sends beyond the limits is left
//! unread.
//!
//! Requests are made over HTTP/1.1 alone. HTTP/2 would gain nothing for one
//! request on one connection, and has many more ways to waste its peer's time.

use crate::target::{Policy, TargetError};
use bytes::Bytes;
use connection::Answer;
pub use http::Method;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri,
    header::{
        ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, InvalidHeaderValue,
        TRANSFER_ENCODING, USER_AGENT,
    },
};
use http_body_util::Full;
use resolver::NameServers;
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::aws_lc_rs};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tokio_util::either::Either;
use url::{Position, Url};

mod connection;
mod resolver;

/// How long to wait for a connection, TLS included.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// How long an attempt may take in all, reading the body included.
pub const TOTAL_DEADLINE: Duration = Duration::from_secs(15);

/// How much of an answer's body is read, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How much of an answer's body is kept, in bytes.
pub const EXCERPT_LIMIT: usize = 1024;

/// Sends webhooks to where its policy allows.
#[derive(Clone, Debug)]
pub struct Sender {
    policy: Policy,
    user_agent: HeaderValue,
    connect: Duration,
    total: Duration,
    name_servers: NameServers,
    tls: Arc<ClientConfig>,
}

/// The sender cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The user agent is no header value.
    #[error("the user agent cannot be sent")]
    UserAgent(#[from] InvalidHeaderValue),
    /// The system has no root certificates, so that no receiver could be known.
    #[error("the system has no root certificates")]
    Roots,
    /// The TLS client cannot be set up.
    #[error("failed to set up TLS")]
    Tls(#[from] rustls::Error),
}

/// One request to make.
#[derive(Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Where to; vetted before anything is sent.
    pub url: String,
    /// Its headers; `content-type` is `application/json` unless one is given.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

/// One request and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What became of it.
    pub attempt: Attempt,
    /// The answer's body, at most [`BODY_LIMIT`] bytes; empty without a
    /// complete answer.
    pub body: Bytes,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The answer's status, or why there is no whole answer.
    pub outcome: Outcome,
    /// The answer's status; also of one whose body broke off.
    pub status: Option<u16>,
    /// From the call to the last byte read, or to the failure.
    pub latency: Duration,
    /// The beginning of the answer's body, at most [`EXCERPT_LIMIT`] bytes, in
    /// which what is not UTF-8 is replaced. Empty without a complete answer.
    pub excerpt: String,
    /// The answer's `Retry-After` header as it came, for
    /// [`parse_retry_after`](crate::schedule::parse_retry_after).
    pub retry_after: Option<String>,
}

/// Whether a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this status, and a body that ended or reached [`BODY_LIMIT`].
    Answered(u16),
    /// For this reason it was not.
    Failed(Failure),
}

/// Why a request was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The policy refuses the URL or an address behind it; nothing was sent.
    RefusedTarget,
    /// The host name does not resolve.
    Dns,
    /// No connection came about.
    Connect,
    /// The TLS handshake failed, for instance over the certificate.
    Tls,
    /// A deadline passed.
    Timeout,
    /// The connection ended, or left HTTP, before an answer began.
    NoAnswer,
    /// The answer's body broke off.
    Body,
    /// The request could not be made.
    Other,
}

impl Sender {
    /// A sender with the usual deadlines, [`CONNECT_DEADLINE`] and
    /// [`TOTAL_DEADLINE`].
    ///
    /// Loads the system's root certificates, so one is to be made at start and
    /// shared; a clone is cheap.
    pub fn new(policy: Policy, user_agent: &str) -> Result<Self, SenderError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(SenderError::Roots);
        }
        Ok(Self {
            policy,
            user_agent: HeaderValue::try_from(user_agent)?,
            connect: CONNECT_DEADLINE,
            total: TOTAL_DEADLINE,
            name_servers: NameServers::System,
            tls: tls(roots)?,
        })
    }

    /// The same sender with other deadlines.
    pub fn with_deadlines(self, connect: Duration, total: Duration) -> Result<Self, SenderError> {
        Ok(Self {
            connect,
            total,
            ..self
        })
    }

    /// What the policy says of this URL, see [`Policy::vet`].
    pub fn vet(&self, url: &str) -> Result<Url, TargetError> {
        self.policy.vet(url)
    }

    /// Posts the body once, as JSON, with these headers.
    ///
    /// Never fails otherwise than in the attempt that it returns, and returns
    /// within the total deadline.
    pub async fn send(&self, url: &str, headers: &[(&str, String)], body: Bytes) -> Attempt {
        let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
        let outgoing = Outgoing {
            method: Method::POST,
            url: url.to_owned(),
            headers: headers.iter().map(owned).collect(),
            body,
        };
        self.exchange(&outgoing).await.attempt
    }

    /// Makes one request, and returns what came back besides what became of
    /// it; otherwise like [`Sender::send`].
    pub async fn exchange(&self, outgoing: &Outgoing) -> Exchange {
        let started = Instant::now();
        let exchange = async {
            let url = self
                .vet(&outgoing.url)
                .map_err(|_| Failure::RefusedTarget)?;
            self.request(url, outgoing).await
        };
        let result = timeout(self.total, exchange)
            .await
            .unwrap_or(Err(Failure::Timeout));
        let latency = started.elapsed();
        match result {
            Ok(answer) => Exchange {
                attempt: Attempt {
                    outcome: if answer.is_whole {
                        Outcome::Answered(answer.status)
                    } else {
                        Outcome::Failed(Failure::Body)
                    },
                    status: Some(answer.status),
                    latency,
                    excerpt: excerpt(&answer.body),
                    retry_after: answer.retry_after,
                },
                body: answer.body.into(),
            },
            Err(failure) => Exchange {
                attempt: Attempt {
                    outcome: Outcome::Failed(failure),
                    status: None,
                    latency,
                    excerpt: String::new(),
                    retry_after: None,
                },
                body: Bytes::new(),
            },
        }
    }

    async fn request(&self, url: Url, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let request = self.prepare(&url, outgoing).ok_or(Failure::Other)?;
        let stream = timeout(self.connect, self.connect(&url))
            .await
            .unwrap_or(Err(Failure::Timeout))?;
        connection::talk(stream, request).await
    }

    async fn connect(&self, url: &Url) -> Result<connection::Stream, Failure> {
        let until = tokio::time::Instant::now() + self.connect;
        let host = url.host().ok_or(Failure::RefusedTarget)?;
        let port = url.port_or_known_default().ok_or(Failure::RefusedTarget)?;
        let addresses = resolver::addresses(self.name_servers, &self.policy, host.clone()).await?;
        let tcp = connection::dial(&addresses, port, until).await?;
        match url.scheme() {
            "https" => connection::secure(tcp, &self.tls, host).await,
            _ if self.policy.is_local() => Ok(Either::Right(tcp)),
            _ => Err(Failure::RefusedTarget),
        }
    }

    fn prepare(&self, url: &Url, outgoing: &Outgoing) -> Option<Request<Full<Bytes>>> {
        // It asks for a tunnel to somewhere else.
        if outgoing.method == Method::CONNECT {
            return None;
        }
        let target: Uri = url[Position::BeforePath..Position::AfterQuery]
            .parse()
            .ok()?;
        let mut request = Request::new(Full::new(outgoing.body.clone()));
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = target;
        *request.headers_mut() = self.headers(url, &outgoing.headers)?;
        Some(request)
    }

    fn headers(&self, url: &Url, given: &[(String, String)]) -> Option<HeaderMap> {
        let mut map = HeaderMap::with_capacity(given.len() + 5);
        map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        map.insert(ACCEPT, HeaderValue::from_static("*/*"));
        map.insert(USER_AGENT, self.user_agent.clone());
        for (name, value) in given {
            let name = HeaderName::try_from(name).ok()?;
            map.insert(name, HeaderValue::try_from(value).ok()?);
        }
        // Where the request goes and where it ends is not for others to say.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        map.insert(HOST, HeaderValue::try_from(host).ok()?);
        map.insert(CONNECTION, HeaderValue::from_static("close"));
        map.remove(CONTENT_LENGTH);
        map.remove(TRANSFER_ENCODING);
        Some(map)
    }
}

#[cfg(any(test, feature = "local"))]
impl Sender {
    /// The same sender, asking this name server alone.
    #[must_use]
    pub fn asking(self, name_server: std::net::SocketAddr) -> Self {
        let name_servers = NameServers::Only(name_server);
        Self {
            name_servers,
            ..self
        }
    }

    /// The same sender, trusting this root certificate (DER) and no other.
    pub fn trusting(self, root: &[u8]) -> Result<Self, SenderError> {
        let mut roots = RootCertStore::empty();
        roots.add(root.to_vec().into())?;
        let tls = tls(roots)?;
        Ok(Self { tls, ..self })
    }
}

fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, SenderError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each attempt checks the certificate anew.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

// Bodies tell of people, and headers hold credentials.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Attempt {
    /// Whether the receiver took the webhook: a status from 200 to 299.
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(200..=299))
    }

    /// Whether the receiver asks for less: 429 Too Many Requests (RFC 6585,
    /// section 4), or a gateway before it that does not reach it, 502 or 504.
    pub fn is_overloaded(&self) -> bool {
        matches!(self.status, Some(429 | 502 | 504))
    }

    /// Whether the receiver wants no more webhooks: 410 Gone (RFC 9110,
    /// 15.5.11).
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

impl Failure {
    /// The word for it in delivery logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RefusedTarget => "refused_target",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::NoAnswer => "no_answer",
            Self::Body => "body",
            Self::Other => "other",
        }
    }
}

fn excerpt(body: &[u8]) -> String {
    // Three bytes more let a character on the edge be decoded before it is cut
    // off.
    let beginning = &body[..body.len().min(EXCERPT_LIMIT + 3)];
    let mut excerpt = String::from_utf8_lossy(beginning).into_owned();
    excerpt.truncate(excerpt.floor_char_boundary(EXCERPT_LIMIT));
    excerpt
}
