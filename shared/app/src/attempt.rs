//! One attempt: what is sent, and what became of it.

use crate::App;
use bytes::Bytes;
use portico_domain::{Attempt, Endpoint, Event, Setback, Time, Verdict, WebhookDelivery};
use portico_webhook::{
    Attempt as Answered, Method, Outcome, Outgoing, SigningSecret, schedule, sign,
};
use std::time::Duration;

/// An attempt that was made.
#[derive(Debug)]
pub struct Sent {
    began: Time,
    result: Result<Answered, Unsent>,
}

/// Why nothing could be sent at all.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Unsent {
    /// What is sealed does not open: the root key is another one.
    #[error("secret_unreadable")]
    Sealed,
}

/// Sends the event once, with `marks` among its headers.
pub async fn make(app: &App, endpoint: &Endpoint, event: &Event, marks: &[(&str, String)]) -> Sent {
    let began = app.now();
    let result = match outgoing(app, endpoint, event, marks) {
        Ok(outgoing) => Ok(app.sender.exchange(&outgoing).await.attempt),
        Err(unsent) => {
            tracing::error!(endpoint = %endpoint.id, error = %unsent, "nothing can be sent");
            Err(unsent)
        }
    };
    Sent { began, result }
}

fn outgoing(
    app: &App,
    endpoint: &Endpoint,
    event: &Event,
    marks: &[(&str, String)],
) -> Result<Outgoing, Unsent> {
    let now = app.now();
    let context = Endpoint::seal_context(endpoint.id);
    let secrets: Vec<SigningSecret> = endpoint
        .secrets_at(now)
        .map(|sealed| app.keys.open(&context, sealed)?.expose().parse().ok())
        .collect::<Option<_>>()
        .ok_or(Unsent::Sealed)?;
    let mut headers = custom_headers(app, endpoint)?;
    // An event always serializes: it is made of texts, numbers and JSON.
    let body = Bytes::from(serde_json::to_vec(event).unwrap_or_default());
    let signed = sign(&secrets, &event.id.to_string(), now.unix_seconds(), &body);
    let ours = marks.iter().cloned().chain(signed);
    headers.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    Ok(Outgoing {
        method: Method::POST,
        url: endpoint.url.clone(),
        headers,
        body,
    })
}

fn custom_headers(app: &App, endpoint: &Endpoint) -> Result<Vec<(String, String)>, Unsent> {
    let Some(headers) = &endpoint.headers else {
        return Ok(Vec::new());
    };
    let context = Endpoint::headers_context(endpoint.id);
    let opened = app
        .keys
        .open(&context, &headers.sealed)
        .ok_or(Unsent::Sealed)?;
    serde_json::from_str(opened.expose()).map_err(|_| Unsent::Sealed)
}

impl Sent {
    fn is_success(&self) -> bool {
        self.result.as_ref().is_ok_and(Answered::is_success)
    }

    /// Whether the endpoint wants nothing any more.
    pub fn is_gone(&self) -> bool {
        self.result.as_ref().is_ok_and(Answered::is_gone)
    }

    fn retry_after(&self, now: Time) -> Option<Duration> {
        let asked = self.result.as_ref().ok()?.retry_after.as_deref()?;
        schedule::parse_retry_after(asked, now.unix_seconds())
    }

    /// What it means for the endpoint, if it failed.
    pub fn setback(&self, now: Time) -> Option<Setback> {
        if self.is_success() {
            return None;
        }
        let asked = self
            .retry_after(now)
            .map(|asked| schedule::honour(Duration::ZERO, Some(asked)));
        let is_overloaded = self.result.as_ref().is_ok_and(Answered::is_overloaded);
        Some(if is_overloaded || asked.is_some() {
            Setback::Overloaded(asked)
        } else {
            Setback::Failed
        })
    }

    /// Notes it in the delivery, with what follows by the retry schedule and
    /// by what the receiver asks for.
    pub fn record(self, delivery: &mut WebhookDelivery, now: Time) {
        let verdict = if self.is_success() {
            Verdict::Delivered
        } else {
            let failures = delivery.failures + 1;
            let scheduled = schedule::delay_after(failures, jitter(delivery, failures));
            Verdict::Failed(scheduled.map(|wait| schedule::honour(wait, self.retry_after(now))))
        };
        delivery.record(self.noted(), verdict, now);
    }

    /// The attempt as logs have it.
    pub fn noted(self) -> Attempt {
        let at = self.began;
        match self.result {
            Ok(answered) => {
                let (response_status, error) = match answered.outcome {
                    Outcome::Answered(status) => (Some(status), None),
                    Outcome::Failed(failure) => (None, Some(failure.code().to_owned())),
                };
                Attempt {
                    at,
                    latency_ms: u64::try_from(answered.latency.as_millis()).unwrap_or(u64::MAX),
                    response_status,
                    error,
                    response_excerpt: answered.excerpt,
                }
            }
            Err(unsent) => Attempt {
                at,
                latency_ms: 0,
                response_status: None,
                error: Some(unsent.to_string()),
                response_excerpt: String::new(),
            },
        }
    }
}

/// A number from -1 to 1 that differs between deliveries and attempts, so that
/// what failed together is not tried again together.
fn jitter(delivery: &WebhookDelivery, failures: u32) -> f64 {
    let bytes = delivery.id.uuid().into_bytes();
    // The eighth byte begins with the bits that mark a UUID.
    let place = 9 + usize::try_from(failures % 7).unwrap_or(0);
    f64::from(bytes[place]) / 127.5 - 1.0
}
