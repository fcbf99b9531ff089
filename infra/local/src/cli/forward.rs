//! Sends an event to a program on this machine, as the deliverer would.

use super::console::harmless;
use clap::Args;
use portico_domain::Time;
use portico_webhook::{
    Attempt, Failure, Outcome, Policy, Sender, SenderError, SigningSecret, headers::vet_headers,
    sign,
};
use serde_json::Value;

/// How events are sent on.
#[derive(Args)]
pub(crate) struct Forwarding {
    /// Where to send events: localhost:3000/hooks, 3000/hooks, 3000, or a URL.
    #[arg(long, value_name = "URL", value_parser = target)]
    pub(crate) forward_to: Option<String>,
    /// Headers that every request carries besides, as Name:Value, separated by commas.
    #[arg(long, short = 'H', value_name = "HEADERS", value_delimiter = ',', value_parser = header, requires = "forward_to")]
    headers: Vec<(String, String)>,
    /// The signing secret, as whsec_…; else one that belongs to the API key.
    #[arg(
        long,
        env = "PORTICO_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub(crate) secret: Option<SigningSecret>,
}

/// Sends events to one URL.
pub(crate) struct Forwarder {
    sender: Sender,
    pub(crate) url: String,
    secret: SigningSecret,
    headers: Vec<(String, String)>,
}

/// Nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForwardError {
    /// The headers cannot be sent.
    #[error("failed to use --headers")]
    Headers(#[from] portico_webhook::headers::HeaderRefusal),
    /// The client cannot be made.
    #[error(transparent)]
    Sender(#[from] SenderError),
}

impl Forwarding {
    /// A sender of events to where they shall go, if they shall.
    pub(crate) fn forwarder(
        &self,
        secret: &SigningSecret,
    ) -> Result<Option<Forwarder>, ForwardError> {
        let Some(url) = self.forward_to.clone() else {
            return Ok(None);
        };
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(Some(Forwarder {
            sender: Sender::new(
                Policy::local(),
                concat!("Portico/", env!("CARGO_PKG_VERSION")),
            )?,
            url,
            secret: secret.clone(),
            headers: vet_headers(headers)?,
        }))
    }
}

impl Forwarder {
    /// Sends an event once, signed now by this machine's clock, because the
    /// receiver's is the same.
    pub(crate) async fn send(&self, id: &str, event: &Value) -> Attempt {
        let body = event.to_string();
        let secrets = std::slice::from_ref(&self.secret);
        let signed = sign(
            secrets,
            id,
            Time::system_now().unix_seconds(),
            body.as_bytes(),
        );
        let given = self.headers.iter();
        let mut headers: Vec<(&str, String)> = given
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        headers.extend(signed);
        self.sender.send(&self.url, &headers, body.into()).await
    }
}

/// Why the receiver did not take it, if it did not.
pub(crate) fn complaint(attempt: &Attempt) -> Option<String> {
    match attempt.outcome {
        Outcome::Answered(200..=299) => None,
        Outcome::Answered(300..=399) => Some("redirects are not followed".to_owned()),
        Outcome::Answered(_) => Some(harmless(&attempt.excerpt)).filter(|text| !text.is_empty()),
        Outcome::Failed(failure) => Some(explain(failure).to_owned()),
    }
}

fn explain(failure: Failure) -> &'static str {
    match failure {
        Failure::RefusedTarget => "only this machine and public addresses are sent to",
        Failure::Dns => "the host name does not resolve",
        Failure::Connect => "nothing listens there; is your server running?",
        Failure::Tls => "the TLS handshake failed; is the certificate trusted?",
        Failure::Timeout => "no complete answer within 15 seconds",
        Failure::NoAnswer => "the connection ended before an answer began",
        Failure::Body => "the answer broke off",
        Failure::Other => "the request could not be made",
    }
}

/// The header that is meant by `Name:Value`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write Name:Value")?;
    let pair = (name.trim(), value.trim());
    vet_headers([pair].into_iter()).map_err(|refusal| refusal.to_string())?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

/// The URL that is meant by `localhost:3000/hooks`, `:3000/hooks`, `3000/hooks`,
/// `3000` or a URL.
fn target(text: &str) -> Result<String, String> {
    let port = text.split(['/', '?']).next().unwrap_or_default();
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let url = match text {
        // A host of digits alone would be an address, which nobody writes so.
        _ if is_port => format!("http://localhost:{text}"),
        _ if text.starts_with(':') && text.len() > 1 => format!("http://localhost{text}"),
        _ if text.starts_with("http://") || text.starts_with("https://") => text.to_owned(),
        _ if text.contains("://") => {
            return Err("the URL must start with http:// or https://".to_owned());
        }
        _ => format!("http://{text}"),
    };
    let vetted = Policy::local()
        .vet(&url)
        .map_err(|error| error.to_string())?;
    Ok(vetted.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_can_be_written_in_short() {
        for (text, url) in [
            ("localhost:3000/hooks", "http://localhost:3000/hooks"),
            (":3000/x?y=1", "http://localhost:3000/x?y=1"),
            ("3000", "http://localhost:3000/"),
            ("7535/cli3", "http://localhost:7535/cli3"),
            ("3000/?x=1/2", "http://localhost:3000/?x=1/2"),
            ("127.0.0.1:80", "http://127.0.0.1/"),
            ("https://example.com/hooks", "https://example.com/hooks"),
        ] {
            assert_eq!(target(text).as_deref(), Ok(url), "{text}");
        }
        for text in [
            "",
            ":",
            "ftp://localhost/",
            "192.168.1.7:3000",
            "99999/x",
            "http://a@localhost/",
        ] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
