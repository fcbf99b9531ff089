//! The connection to a Portico, on this machine or elsewhere.

use super::console::harmless_up_to;
use clap::Args;
use jiff::fmt::rfc2822::DateTimeParser;
use portico_domain::Time;
use portico_local::access::Access;
use portico_webhook::SigningSecret;
use reqwest::{Client, Method, header::DATE, redirect};
use serde_json::Value;
use std::time::Duration;
use url::{Host, Url};

/// Longer than API Gateway lets a function take.
const PATIENCE: Duration = Duration::from_secs(35);

/// Which Portico, and with which key.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where Portico is.
    #[arg(
        long,
        env = "PORTICO_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:7400",
        value_parser = api_url
    )]
    api_url: Url,
    /// The API key; that of a server of yours on this machine is found.
    #[arg(
        long,
        env = "PORTICO_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_key: Option<String>,
}

/// An API that answers, or not.
#[derive(Clone)]
pub(crate) struct Api {
    http: Client,
    /// Without a slash at the end.
    url: String,
    key: String,
    /// Whether the key is the one that a server on this machine has left.
    is_key_found: bool,
    is_loopback: bool,
}

/// What the API says.
pub(crate) struct Answer {
    pub(crate) body: Value,
    /// What time it is there.
    pub(crate) date: Option<Time>,
}

/// The API does not do as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// No key was given or found.
    #[error(
        "there is no API key for {url}; give one as PORTICO_API_KEY or with --api-key, or {hint}"
    )]
    KeyMissing { url: String, hint: String },
    /// The client could not be made.
    #[error("failed to make the HTTP client")]
    Client(#[source] reqwest::Error),
    /// There is no answer.
    #[error("nothing answers at {url}; {hint}")]
    Unreachable {
        url: String,
        hint: &'static str,
        #[source]
        cause: reqwest::Error,
    },
    /// The answer says no.
    #[error("{method} {path} was refused: {message} ({reason}){hint}")]
    Refused {
        method: Method,
        path: String,
        status: u16,
        reason: String,
        message: String,
        hint: &'static str,
    },
    /// The answer is not one of Portico's.
    #[error("{url} does not answer as Portico does; check --api-url")]
    Strange { url: String },
}

impl ApiError {
    /// Whether it may go by itself.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::KeyMissing { .. } | Self::Client(_) | Self::Strange { .. } => false,
        }
    }

    /// Whether there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl Connection {
    /// Finds the key; asks nothing yet.
    pub(crate) fn open(self) -> Result<Api, ApiError> {
        let url = self.api_url.as_str().trim_end_matches('/').to_owned();
        let is_loopback = is_loopback(&self.api_url);
        let given = self.api_key.filter(|key| !key.is_empty());
        let is_key_found = given.is_none();
        let found = || Access::find(&url).map(|access| access.api_key);
        let key = given.or_else(found).ok_or_else(|| ApiError::KeyMissing {
            hint: how_to_find(),
            url: url.clone(),
        })?;
        let mut http = Client::builder()
            .user_agent(concat!("portico-cli/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none());
        if is_loopback {
            http = http.no_proxy();
        }
        Ok(Api {
            http: http.build().map_err(ApiError::Client)?,
            url,
            key,
            is_key_found,
            is_loopback,
        })
    }
}

fn how_to_find() -> String {
    match Access::running().as_slice() {
        [] => "start a server on this machine with `portico dev`".to_owned(),
        urls => format!(
            "name a server of this machine with --api-url: {}",
            urls.join(", ")
        ),
    }
}

impl Api {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The secret that `listen` signs with: always the same for the same key,
    /// so that a receiver is told it once. The key cannot be found from it.
    pub(crate) fn listen_secret(&self) -> SigningSecret {
        use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
        let tag = sign(
            &Key::new(HMAC_SHA256, self.key.as_bytes()),
            b"portico listen",
        );
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        SigningSecret::from_bytes(bytes)
    }

    /// Reads, with these parameters.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, ApiError> {
        let mut path = path.to_owned();
        if !query.is_empty() {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            path = format!("{path}?{}", text.extend_pairs(query).finish());
        }
        self.ask(Method::GET, &path, None).await
    }

    /// Asks for anything.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ApiError> {
        let unreachable = |cause: reqwest::Error| ApiError::Unreachable {
            url: self.url.clone(),
            hint: self.where_to_look(),
            cause: cause.without_url(),
        };
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.url))
            .header("x-api-key", &self.key);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.map_err(unreachable)?;
        let (status, date) = (response.status(), date(&response));
        let text = response.bytes().await.map_err(unreachable)?;
        let body: Result<Value, _> = serde_json::from_slice(&text);
        match body {
            Ok(body) if status.is_success() => Ok(Answer { body, date }),
            Err(_) if !status.is_server_error() => Err(ApiError::Strange {
                url: self.url.clone(),
            }),
            body => Err(self.refusal(method, path, status.as_u16(), &body.unwrap_or_default())),
        }
    }

    /// What time it is for a server on this machine, whose clock can be moved;
    /// nothing for another installation.
    pub(crate) async fn local_time(&self) -> Result<Option<Time>, ApiError> {
        match self.get("/_dev/clock", &[]).await {
            Ok(answer) => Ok(answer.body["now"].as_str().and_then(|now| now.parse().ok())),
            // Elsewhere there is nothing of the kind, whatever stands there.
            Err(error) if !error.is_passing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn refusal(&self, method: Method, path: &str, status: u16, body: &Value) -> ApiError {
        let text = |name: &str, most| {
            let text = body[name].as_str();
            text.map(|text| harmless_up_to(text, most))
        };
        let hint = match status {
            401 if self.is_key_found => {
                "; the key was left by another server at this address: start `portico dev` anew"
            }
            401 => "; check PORTICO_API_KEY or --api-key",
            _ => "",
        };
        ApiError::Refused {
            method,
            path: path.split('?').next().unwrap_or_default().to_owned(),
            status,
            reason: text("code", 120).unwrap_or_else(|| format!("status {status}")),
            // Whole: what helps stands at the end of it.
            message: text("message", 1_000).unwrap_or_else(|| "no reason is given".to_owned()),
            hint,
        }
    }

    fn where_to_look(&self) -> &'static str {
        if self.is_loopback && self.is_key_found {
            "its server has ended without cleaning up: start it anew with `portico dev`"
        } else if self.is_loopback {
            "start a server with `portico dev`, or name another with --api-url"
        } else {
            "check --api-url and the network"
        }
    }
}

fn date(response: &reqwest::Response) -> Option<Time> {
    let text = response.headers().get(DATE)?.to_str().ok()?;
    let timestamp = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Time::from_unix_millis(timestamp.as_millisecond()))
}

fn api_url(text: &str) -> Result<Url, String> {
    let is_plain = |url: &Url| {
        matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(is_plain);
    url.ok_or_else(|| "an address looks like https://api.example.com".to_owned())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
