//! What `portico dev` logs.
//!
//! `portico listen` asks for events several times a second. What it is answered
//! would hide everything else, so it is left out, unless `PORTICO_LOG` says
//! what is to be logged, or something is wrong.

use std::io::{self, IsTerminal};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt,
    layer::{Context, Filter, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

/// Logs from now on, to the standard error.
pub(crate) fn start() {
    let chosen = EnvFilter::try_from_env("PORTICO_LOG");
    let polls = Polls {
        are_shown: chosen.is_ok(),
    };
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(chosen.unwrap_or_else(|_| EnvFilter::new("info,dynoxide=off")))
        .with(lines.with_filter(polls))
        .init();
}

struct Polls {
    are_shown: bool,
}

impl<S: Subscriber> Filter<S> for Polls {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let mut answer = Answer::default();
        event.record(&mut answer);
        self.are_shown || !answer.is_events || answer.is_problem
    }
}

/// What the line says that every request has.
#[derive(Default)]
struct Answer {
    is_events: bool,
    is_problem: bool,
}

impl Visit for Answer {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "function" {
            self.is_events = value == "events-list";
        }
    }

    fn record_u64(&mut self, field: &Field, _: u64) {
        if field.name() == "problem" {
            self.is_problem = true;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(are_shown: bool) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let lines = lines.with_filter(Polls { are_shown });
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let (fine, problem) = (None::<u16>, Some(403_u16));
            tracing::info!(function = "events-list", problem = fine, "polled");
            tracing::info!(function = "events-list", problem, "refused");
            tracing::info!(function = "clients-list", problem = fine, "other");
            tracing::error!("without a function");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let words = ["polled", "refused", "other", "without"];
        let found = words.into_iter().filter(|word| text.contains(word));
        found.map(ToOwned::to_owned).collect()
    }

    #[test]
    fn polls_that_are_answered_are_left_out() {
        assert_eq!(logged(false), ["refused", "other", "without"]);
        assert_eq!(logged(true), ["polled", "refused", "other", "without"]);
    }
}
