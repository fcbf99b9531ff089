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

use crate::target::{Policy, TargetError};
use bytes::Bytes;
pub use reqwest::Method;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use std::{
    error::Error as StdError,
    fmt, io,
    net::SocketAddr,
    time::{Duration, Instant},
};
use url::Url;

/// How long to wait for a connection, TLS included.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// How long an attempt may take in all, reading the body included.
pub const TOTAL_DEADLINE: Duration = Duration::from_secs(15);

/// How much of an answer's body is read, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How much of an answer's body is kept, in bytes.
pub const EXCERPT_LIMIT: usize = 1024;

// An HTTP date has 29 characters; what is longer means nothing.
const RETRY_AFTER_LIMIT: usize = 64;

/// Sends webhooks to where its policy allows.
#[derive(Clone, Debug)]
pub struct Sender {
    policy: Policy,
    user_agent: String,
    total: Duration,
    client: Client,
}

/// The sender cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The user agent is no header value, or no root certificates were found.
    #[error("failed to build the webhook client")]
    Client(#[source] reqwest::Error),
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
    /// The answer's status, or why there is none.
    pub outcome: Outcome,
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
        Self::build(
            policy,
            user_agent.to_owned(),
            CONNECT_DEADLINE,
            TOTAL_DEADLINE,
        )
    }

    /// The same sender with other deadlines.
    pub fn with_deadlines(self, connect: Duration, total: Duration) -> Result<Self, SenderError> {
        Self::build(self.policy, self.user_agent, connect, total)
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
        let result = tokio::time::timeout(self.total, exchange)
            .await
            .unwrap_or(Err(Failure::Timeout));
        let latency = started.elapsed();
        match result {
            Ok(answer) => Exchange {
                attempt: Attempt {
                    outcome: Outcome::Answered(answer.status),
                    latency,
                    excerpt: excerpt(&answer.body),
                    retry_after: answer.retry_after,
                },
                body: answer.body.into(),
            },
            Err(failure) => Exchange {
                attempt: Attempt {
                    outcome: Outcome::Failed(failure),
                    latency,
                    excerpt: String::new(),
                    retry_after: None,
                },
                body: Bytes::new(),
            },
        }
    }

    fn build(
        policy: Policy,
        user_agent: String,
        connect: Duration,
        total: Duration,
    ) -> Result<Self, SenderError> {
        let window = u32::try_from(BODY_LIMIT).unwrap_or(u32::MAX);
        let client = Client::builder()
            .user_agent(&user_agent)
            .https_only(!policy.is_local())
            .dns_resolver(VettingResolver(policy.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .connect_timeout(connect)
            // Over HTTP/2 no receiver may push more than would be read.
            .http2_initial_stream_window_size(window)
            .http2_initial_connection_window_size(window)
            // Should a feature of another crate switch decompression on, a
            // small body could still not unpack into a large one.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .build()
            .map_err(SenderError::Client)?;
        Ok(Self {
            policy,
            user_agent,
            total,
            client,
        })
    }

    async fn request(&self, url: Url, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let headers = header_map(&outgoing.headers).ok_or(Failure::Other)?;
        let request = self
            .client
            .request(outgoing.method.clone(), url)
            .headers(headers)
            .body(outgoing.body.clone());
        let response = request.send().await.map_err(|error| failure_of(&error))?;
        Answer::read(response).await
    }
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
        matches!(self.outcome, Outcome::Answered(429 | 502 | 504))
    }

    /// Whether the receiver wants no more webhooks: 410 Gone (RFC 9110,
    /// 15.5.11).
    pub fn is_gone(&self) -> bool {
        self.outcome == Outcome::Answered(410)
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

struct Answer {
    status: u16,
    body: Vec<u8>,
    retry_after: Option<String>,
}

impl Answer {
    async fn read(mut response: Response) -> Result<Self, Failure> {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        while body.len() < BODY_LIMIT {
            let chunk = response.chunk().await.map_err(|_| Failure::Body)?;
            let Some(chunk) = chunk else { break };
            let room = BODY_LIMIT - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(Self {
            status,
            body,
            retry_after,
        })
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

fn retry_after(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    (value.len() <= RETRY_AFTER_LIMIT).then(|| value.to_owned())
}

fn header_map(headers: &[(String, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len() + 1);
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        let name = HeaderName::try_from(name).ok()?;
        map.insert(name, HeaderValue::try_from(value).ok()?);
    }
    Some(map)
}

fn failure_of(error: &reqwest::Error) -> Failure {
    if causes(error).any(<dyn StdError>::is::<RefusedAnswer>) {
        Failure::RefusedTarget
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_dns() {
        Failure::Dns
    } else if causes(error).any(is_handshake) {
        Failure::Tls
    } else if error.is_connect() {
        Failure::Connect
    } else if error.is_request() {
        Failure::NoAnswer
    } else {
        Failure::Other
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// hyper-rustls wraps what the handshake reports, an I/O error already, into
/// another I/O error; nothing else on the way to a connection does that.
fn is_handshake(cause: &(dyn StdError + 'static)) -> bool {
    let wrapper = cause.downcast_ref::<io::Error>();
    let inner = wrapper.and_then(io::Error::get_ref);
    inner
        .and_then(<dyn StdError + Send + Sync>::downcast_ref::<io::Error>)
        .is_some()
}

/// A name resolved to an address that the policy refuses.
#[derive(Debug, thiserror::Error)]
#[error("the host name resolves to an address that is refused")]
struct RefusedAnswer;

/// Resolves through the system, and answers only if the policy allows every
/// address. Addresses written in the URL do not come this way; [`Policy::vet`]
/// has judged them.
struct VettingResolver(Policy);

impl Resolve for VettingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            // The client replaces port 0 by the port of the URL.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let vetted = vetted(&policy, found.collect())?;
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}

fn vetted(policy: &Policy, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, RefusedAnswer> {
    if found.iter().all(|address| policy.allows(address.ip())) {
        Ok(found)
    } else {
        Err(RefusedAnswer)
    }
}

#[cfg(test)]
mod tests;
