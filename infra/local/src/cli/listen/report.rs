//! What `listen` prints.

use super::{ApiError, feed::Listed};
use crate::cli::{
    Done,
    console::{BAD, Console, FAINT, GOOD, NAME, STRONG, clock},
    forward::{Forwarder, complaint},
    print,
};
use portico_domain::Time;
use portico_webhook::{Attempt, Outcome};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Prints for people, or lines of JSON, and counts.
pub(crate) struct Report {
    console: Console,
    is_json: bool,
    is_disconnected: bool,
    events: u64,
    forwarded: u64,
    failed: u64,
}

impl Report {
    pub(crate) fn new(console: Console, is_json: bool) -> Self {
        Self {
            console,
            is_json,
            is_disconnected: false,
            events: 0,
            forwarded: 0,
            failed: 0,
        }
    }

    pub(crate) fn ready(
        &self,
        api_url: &str,
        forwarder: Option<&Forwarder>,
        secret: Option<String>,
    ) -> Done {
        let url = forwarder.map(|forwarder| forwarder.url.as_str());
        let secret = secret.filter(|_| url.is_some());
        if self.is_json {
            return print_json(&json!({
                "kind": "ready", "apiUrl": api_url, "forwardTo": url, "secret": secret,
            }));
        }
        let mut text = format!("Ready: events of {api_url}");
        if let Some(url) = url {
            text = format!("{text} go to {url}");
        }
        if let Some(secret) = secret {
            let secret = self.console.paint(STRONG, &secret);
            text = format!("{text}\nThe signing secret is {secret}");
        }
        print(&format!("{text}\nCtrl-C ends it."))
    }

    pub(crate) fn event(&mut self, one: &Listed) -> Done {
        self.events += 1;
        if self.is_json {
            return print_json(&json!({ "kind": "event", "event": one.event }));
        }
        self.line(&format!(
            "  --> {} [{}]",
            self.console.paint(NAME, &one.kind),
            one.id
        ))
    }

    pub(crate) fn forwarded(&mut self, one: &Listed, url: &str, attempt: &Attempt) -> Done {
        if attempt.is_success() {
            self.forwarded += 1;
        } else {
            self.failed += 1;
        }
        if self.is_json {
            return print_json(&forward_json(one, url, attempt));
        }
        self.line(&format!(
            " <--  {}",
            forward_text(self.console, one, url, attempt)
        ))
    }

    /// Says once that the API does not answer.
    pub(crate) fn disconnected(&mut self, error: &ApiError) {
        if !self.is_disconnected {
            let _ = writeln!(io::stderr(), "portico: {error}; trying again");
        }
        self.is_disconnected = true;
    }

    /// Says once that it answers again.
    pub(crate) fn connected(&mut self) {
        if self.is_disconnected {
            let _ = writeln!(io::stderr(), "portico: connected again; nothing was missed");
        }
        self.is_disconnected = false;
    }

    pub(crate) fn end(&self) -> Done {
        let Self {
            events,
            forwarded,
            failed,
            ..
        } = self;
        if self.is_json {
            return print_json(&json!({
                "kind": "end", "events": events, "forwarded": forwarded, "failed": failed,
            }));
        }
        let failed = format!("{failed} failed");
        let failed = if self.failed == 0 {
            failed
        } else {
            self.console.paint(BAD, &failed)
        };
        let text = format!("\nEnded: {events} events, {forwarded} forwarded, {failed}.");
        print(&text)
    }

    fn line(&self, text: &str) -> Done {
        let time = self.console.paint(FAINT, &clock(Time::system_now()));
        print(&format!("{time} {text}"))
    }
}

fn print_json(value: &Value) -> Done {
    print(&value.to_string())
}

/// What became of a request, for people.
pub(crate) fn forward_text(console: Console, one: &Listed, url: &str, attempt: &Attempt) -> String {
    let status = match attempt.outcome {
        Outcome::Answered(status) => status.to_string(),
        Outcome::Failed(_) => "ERR".to_owned(),
    };
    let style = if attempt.is_success() { GOOD } else { BAD };
    let status = console.paint(style, &format!("[{status}]"));
    let text = format!("{status} POST {url} [{}]", one.id);
    match complaint(attempt) {
        Some(complaint) => format!("{text} {}", console.paint(BAD, &complaint)),
        None => text,
    }
}

fn forward_json(one: &Listed, url: &str, attempt: &Attempt) -> Value {
    let (status, error) = match attempt.outcome {
        Outcome::Answered(status) => (Some(status), None),
        Outcome::Failed(failure) => (None, Some(failure.code())),
    };
    json!({
        "kind": "forward",
        "eventId": one.id,
        "eventType": one.kind,
        "method": "POST",
        "url": url,
        "status": status,
        "error": error,
        "reason": complaint(attempt),
        "latencyMs": u64::try_from(attempt.latency.as_millis()).unwrap_or(u64::MAX),
    })
}
