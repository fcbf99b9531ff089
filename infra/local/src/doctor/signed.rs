//! Calls that are signed here, without an SDK of the service.
//!
//! The doctor asks Lambda and CloudFormation one thing each. Their SDKs are
//! two of the largest, and everybody who runs Portico on a laptop would compile
//! them before the first start. The signature is the SDK's own.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_types::SdkConfig;
use portico_domain::Time;
use reqwest::header::DATE;
use std::time::{Duration, SystemTime};

/// An answer, or why there is none.
pub(super) type Seen = Result<Reply, Refusal>;

/// What AWS answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) body: String,
    /// AWS's time less ours, in seconds.
    pub(super) ahead: Option<i64>,
}

/// AWS did not answer what it was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    /// In words.
    pub(super) why: String,
    /// The body of its answer, if there was one.
    pub(super) body: String,
    pub(super) ahead: Option<i64>,
}

/// AWS, as this caller may ask it.
pub(super) struct Aws {
    http: reqwest::Client,
    identity: Identity,
    region: String,
    endpoint: Option<String>,
}

impl Aws {
    /// AWS with the credentials of this configuration.
    pub(super) async fn new(config: &SdkConfig) -> Result<Self, String> {
        let provider = config
            .credentials_provider()
            .ok_or("there are no credentials")?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| in_words(&error))?;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(15))
            .build()
            .map_err(|error| in_words(&error))?;
        Ok(Self {
            http,
            identity: credentials.into(),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: config.endpoint_url().map(ToOwned::to_owned),
        })
    }

    /// Asks a service for what is at this path, which may have a query.
    pub(super) async fn get(&self, service: &str, path: &str) -> Seen {
        let request = self.request(service, path).map_err(|error| Refusal {
            why: in_words(error.as_ref()),
            body: String::new(),
            ahead: None,
        })?;
        let nothing = |error: reqwest::Error| Refusal {
            why: in_words(&error),
            body: String::new(),
            ahead: None,
        };
        let answer = self.http.execute(request).await.map_err(nothing)?;
        let status = answer.status();
        let date = answer.headers().get(DATE);
        let ahead = date.and_then(|date| ahead(date.to_str().ok()?));
        let body = answer.text().await.map_err(nothing)?;
        if status.is_success() {
            return Ok(Reply { body, ahead });
        }
        Err(Refusal {
            why: format!("{service} answered {status}: {}", body.trim()),
            body,
            ahead,
        })
    }

    fn request(
        &self,
        service: &str,
        path: &str,
    ) -> Result<reqwest::Request, Box<dyn std::error::Error>> {
        let uri = match &self.endpoint {
            Some(endpoint) => format!("{}{path}", endpoint.trim_end_matches('/')),
            None => format!(
                "https://{service}.{}.{}{path}",
                self.region,
                suffix(&self.region)
            ),
        };
        let mut request = http::Request::get(&uri).body(Vec::new())?;
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable =
            SignableRequest::new("GET", uri, std::iter::empty(), SignableBody::Bytes(&[]))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request.try_into()?)
    }
}

/// The domain of AWS's services in a region.
fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

fn ahead(date: &str) -> Option<i64> {
    let there = jiff::fmt::rfc2822::parse(date)
        .ok()?
        .timestamp()
        .as_second();
    Some(there - Time::system_now().unix_millis() / 1_000)
}

/// An error with its causes.
pub(super) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
