//! One attempt: what is sent, and what became of it.

use crate::{App, story};
use bytes::Bytes;
use portico_crm::{Done, Judged, Settings, Verdict as Meaning};
use portico_domain::{
    Attempt, EarlierAttempts, Endpoint, Event, SealedSettings, Setback, Time, Verdict,
    WebhookDelivery,
};
use portico_store::Error;
use portico_webhook::{
    Attempt as Answered, Method, Outcome, Outgoing, SigningSecret,
    schedule::{self, Schedule},
    sign,
};
use std::time::Duration;

/// An attempt that was made.
#[derive(Debug)]
pub struct Sent {
    began: Time,
    url: Option<String>,
    result: Result<Done, Unsent>,
}

/// Why nothing could be sent at all.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Unsent {
    /// What is sealed does not open: the root key is another one.
    #[error("secret_unreadable")]
    Sealed,
    /// The settings are not what this version accepts.
    #[error("settings_refused")]
    Settings,
}

/// Sends the event once. A webhook has `marks` among its headers.
pub async fn make(
    app: &App,
    endpoint: &Endpoint,
    event: &Event,
    marks: &[(&str, String)],
) -> Result<Sent, Error> {
    let began = app.now();
    if endpoint.kind.is_standard() {
        let result = post(app, endpoint, event, marks).await;
        return Ok(Sent::noting(endpoint, began, endpoint.logged_url(), result));
    }
    Ok(match settings(app, endpoint) {
        Ok(settings) => {
            let story = story::tell(app, event).await?;
            let done = app
                .adapters
                .deliver(&app.sender, endpoint.id, &settings, &story, began);
            let place = settings.place().to_owned();
            Sent::noting(endpoint, began, Some(place), Ok(done.await))
        }
        Err(unsent) => Sent::noting(endpoint, began, None, Err(unsent)),
    })
}

/// Sends a sample. Only what takes messages gets it: a CRM is asked whether it
/// would take one, and gets no record of somebody who does not exist.
pub async fn test(app: &App, endpoint: &Endpoint, sample: &Event) -> Sent {
    let began = app.now();
    if endpoint.kind.is_standard() {
        let mark = [("portico-test", "true".to_owned())];
        let result = post(app, endpoint, sample, &mark).await;
        return Sent::noting(endpoint, began, endpoint.logged_url(), result);
    }
    match settings(app, endpoint) {
        Ok(settings) => {
            let story = portico_crm::Story::plain(sample);
            let done = app
                .adapters
                .test(&app.sender, endpoint.id, &settings, &story, began);
            let place = settings.place().to_owned();
            Sent::noting(endpoint, began, Some(place), Ok(done.await))
        }
        Err(unsent) => Sent::noting(endpoint, began, None, Err(unsent)),
    }
}

async fn post(
    app: &App,
    endpoint: &Endpoint,
    event: &Event,
    marks: &[(&str, String)],
) -> Result<Done, Unsent> {
    let outgoing = outgoing(app, endpoint, event, marks)?;
    let attempt = app.sender.exchange(&outgoing).await.attempt;
    let verdict = if attempt.is_success() {
        Meaning::Taken
    } else if attempt.is_gone() {
        Meaning::Gone
    } else {
        Meaning::Failed(None)
    };
    Ok(Done::Judged(Judged { attempt, verdict }))
}

fn settings(app: &App, endpoint: &Endpoint) -> Result<Settings, Unsent> {
    let context = SealedSettings::context(endpoint.id);
    let sealed = endpoint.settings.as_ref().ok_or(Unsent::Sealed)?;
    let opened = app
        .keys
        .open(&context, &sealed.sealed)
        .ok_or(Unsent::Sealed)?;
    let given = serde_json::from_str(opened.expose()).map_err(|_| Unsent::Sealed)?;
    app.adapters
        .read(endpoint.kind, &given)
        .map_err(|_| Unsent::Settings)
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
    fn noting(
        endpoint: &Endpoint,
        began: Time,
        url: Option<String>,
        result: Result<Done, Unsent>,
    ) -> Self {
        if let Err(unsent) = &result {
            tracing::error!(endpoint = %endpoint.id, error = %unsent, "nothing can be sent");
        }
        Self { began, url, result }
    }

    fn judged(&self) -> Option<&Judged> {
        match &self.result {
            Ok(Done::Judged(judged)) => Some(judged),
            Ok(Done::NothingToDo(_)) | Err(_) => None,
        }
    }

    fn is_success(&self) -> bool {
        match &self.result {
            Ok(Done::Judged(judged)) => judged.verdict == Meaning::Taken,
            Ok(Done::NothingToDo(_)) => true,
            Err(_) => false,
        }
    }

    /// Whether the endpoint wants nothing any more.
    pub fn is_gone(&self) -> bool {
        self.judged()
            .is_some_and(|judged| judged.verdict == Meaning::Gone)
    }

    fn retry_after(&self, now: Time) -> Option<Duration> {
        let asked = self.judged()?.attempt.retry_after.as_deref()?;
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
        let is_overloaded = self
            .judged()
            .is_some_and(|judged| judged.attempt.is_overloaded());
        Some(if is_overloaded || asked.is_some() {
            Setback::Overloaded(asked)
        } else {
            Setback::Failed
        })
    }

    /// Notes it in the delivery, with what follows by the schedule and
    /// by what the receiver asks for. Answers the attempts for which the
    /// delivery has no more room.
    #[must_use]
    pub fn record(
        self,
        delivery: &mut WebhookDelivery,
        schedule: &Schedule,
        now: Time,
    ) -> Option<EarlierAttempts> {
        let verdict = if self.is_success() {
            Verdict::Delivered
        } else {
            let failures = delivery.failures + 1;
            let scheduled = schedule.wait_after(failures, jitter(delivery, failures));
            Verdict::Failed(scheduled.map(|wait| schedule::honour(wait, self.retry_after(now))))
        };
        delivery.record(self.noted(), verdict, now)
    }

    /// The attempt as logs have it.
    pub fn noted(self) -> Attempt {
        let none = Attempt {
            at: self.began,
            url: self.url,
            cause: None,
            recovery_id: None,
            latency_ms: 0,
            response_status: None,
            error: None,
            response_excerpt: String::new(),
            note: None,
        };
        match self.result {
            Ok(Done::Judged(Judged { attempt, verdict })) => noted(none, attempt, verdict),
            Ok(Done::NothingToDo(reason)) => Attempt {
                note: Some(reason.to_owned()),
                ..none
            },
            Err(unsent) => Attempt {
                error: Some(unsent.to_string()),
                ..none
            },
        }
    }
}

fn noted(none: Attempt, answered: Answered, verdict: Meaning) -> Attempt {
    let (response_status, error) = match (answered.outcome, verdict) {
        (Outcome::Answered(status), Meaning::Failed(reason)) => {
            (Some(status), reason.map(ToOwned::to_owned))
        }
        (Outcome::Answered(status), Meaning::Taken | Meaning::Gone) => (Some(status), None),
        (Outcome::Failed(failure), _) => (answered.status, Some(failure.code().to_owned())),
    };
    Attempt {
        latency_ms: u64::try_from(answered.latency.as_millis()).unwrap_or(u64::MAX),
        response_status,
        error,
        response_excerpt: answered.excerpt,
        ..none
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
