//! `portico listen`: shows events as they happen, and sends them on to a
//! program on this machine.

pub(super) mod feed;
pub(super) mod report;

use super::{
    Done, Stop,
    connection::{Api, ApiError, Connection},
    console::Output,
    forward::{Forwarder, Forwarding},
    print,
};
use clap::Args;
use feed::{Feed, Listed};
use portico_domain::{EventFilter, EventId};
use report::Report;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  portico listen
  portico listen --forward-to localhost:3000/hooks
  portico listen --forward-to :3000 --events 'client.*,invitation.accepted'
  WEBHOOK_SECRET=$(portico listen --print-secret) npm start

Events come from the list of the installation, so it need not reach this
machine; the key needs the permission view_events. Nothing is sent again by
itself: `portico events resend ID --forward-to URL` does it.";

/// Show events as they happen, and send them on to a program on this machine.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Listen {
    #[command(flatten)]
    forwarding: Forwarding,
    /// Which events: *, all of an object such as client.*, or types, separated by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',', default_value = "*", value_parser = filter)]
    events: Vec<EventFilter>,
    /// Begin after the event with this id instead of now.
    #[arg(long, value_name = "ID")]
    after: Option<EventId>,
    /// Print the signing secret, and end.
    #[arg(long)]
    print_secret: bool,
    /// Print lines of JSON, for scripts.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

/// Polls cost an installation in AWS money, and a local server next to nothing.
const PAUSE: Duration = Duration::from_secs(1);
const LOCAL_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Listen {
    pub(crate) async fn run(self) -> Done {
        let console = self.output.console();
        let api = self.connection.open()?;
        let given = self.forwarding.secret.clone();
        let is_given = given.is_some();
        let secret = given.unwrap_or_else(|| api.listen_secret());
        if self.print_secret {
            return print(&secret.to_text());
        }
        let forwarder = self.forwarding.forwarder(&secret)?;
        let mut stop = Stop::new()?;
        let feed = Feed::open(api.clone(), self.events, self.after).await?;
        let mut report = Report::new(console, self.json);
        // Who has given a secret need not have it on the screen.
        let shown = (!is_given).then(|| secret.to_text());
        report.ready(api.url(), forwarder.as_ref(), shown)?;
        let done = tokio::select! {
            done = follow(&api, feed, forwarder.as_ref(), &mut report) => done,
            () = stop.wait() => Ok(()),
        };
        report.end()?;
        done
    }
}

/// Reads and sends on without end.
async fn follow(
    api: &Api,
    mut feed: Feed,
    forwarder: Option<&Forwarder>,
    report: &mut Report,
) -> Done {
    let usual = if api.is_loopback() {
        LOCAL_PAUSE
    } else {
        PAUSE
    };
    let mut pause = usual;
    loop {
        match feed.read().await {
            Ok(events) => {
                pause = usual;
                report.connected();
                for event in &events {
                    show(event, forwarder, report).await?;
                }
            }
            Err(error) if error.is_passing() => {
                pause = (pause * 2).min(LONGEST_PAUSE);
                report.disconnected(&error);
            }
            Err(error) => return Err(error.into()),
        }
        if !feed.is_behind() || pause > usual {
            tokio::time::sleep(pause).await;
        }
    }
}

/// One after the other, so that a receiver gets them in their order.
async fn show(one: &Listed, forwarder: Option<&Forwarder>, report: &mut Report) -> Done {
    report.event(one)?;
    let Some(forwarder) = forwarder else {
        return Ok(());
    };
    let attempt = forwarder.send(&one.id.to_string(), &one.event).await;
    report.forwarded(one, &forwarder.url, &attempt)
}

fn filter(text: &str) -> Result<EventFilter, String> {
    EventFilter::parse("--events", text).map_err(|invalid| invalid.message)
}
