//! `portico trigger`: makes an event of a type happen, by doing through the API
//! what it tells of.
//!
//! Nothing is pretended: the event is decided, written and delivered like any
//! other. What it is made with stays, and is named so that it can be told from
//! what is real.

mod recipe;
mod stage;

use super::{
    Done,
    connection::{ApiError, Connection},
    console::{Console, FAINT, GOOD, NAME, Output, STRONG},
    events::event_type,
    print,
};
use clap::Args;
use portico_domain::EventType;
use recipe::{is_local_only, is_operators, run};
use stage::Stage;

const EXAMPLES: &str = "\
Examples:
  portico trigger client.activated
  portico trigger --list

The clients and companies that are made stay; their names begin with Trigger.";

/// Make an event happen.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Trigger {
    /// The type of the event, such as client.activated; --list shows all.
    #[arg(value_parser = event_type(), hide_possible_values = true, required_unless_present = "list")]
    event_type: Option<String>,
    /// Print what can be triggered, and what cannot, and end.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

/// The event could not be made to happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TriggerError {
    /// The API did not do as asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// It needs what only a server on one machine has.
    #[error(
        "{0} can only be triggered at a server on this machine, because {1}; start one with `portico dev`"
    )]
    OnlyLocal(EventType, &'static str),
    /// It follows from a limit that no caller can set.
    #[error("{0} follows from a plan; `portico admin plan` sets one")]
    OnlyOperator(EventType),
    /// The answer lacks what it must have.
    #[error("{0} is missing in the answer; is this portico as new as the installation?")]
    Missing(&'static str),
    /// Something did not come.
    #[error("{0} did not come within {1} seconds; what was made is left as it is")]
    TooLate(String, u64),
    /// Nothing can be printed.
    #[error("failed to print")]
    Print(#[source] Box<dyn std::error::Error>),
}

impl Trigger {
    pub(crate) async fn run(self) -> Done {
        let console = self.output.console();
        let kind = self.event_type.as_deref().and_then(EventType::parse);
        let Some(kind) = kind.filter(|_| !self.list) else {
            return list(console);
        };
        let api = self.connection.open()?;
        let mut stage = Stage::new(&api, console).await?;
        if !stage.is_local() {
            let text = format!("At {}: what is made there is real.", api.url());
            print(&console.paint(STRONG, &text))?;
        }
        let result = run(kind, &mut stage).await;
        let result = match result {
            Ok(object_id) => stage.event(kind, &object_id).await,
            Err(error) => Err(error),
        };
        let tidied = stage.tidy().await;
        if let Ok(id) = &result {
            let done = console.paint(GOOD, "Trigger succeeded:");
            print(&format!(
                "{done} {} [{id}]",
                console.paint(NAME, kind.name())
            ))?;
        }
        for left in stage.left_behind() {
            print(&console.paint(FAINT, &format!("Left behind: {left}")))?;
        }
        Ok(result.map(|_| ()).and(tidied)?)
    }
}

fn list(console: Console) -> Done {
    let lengths = EventType::ALL.iter().map(|kind| kind.name().len());
    let width = lengths.max().unwrap_or(0);
    for kind in EventType::ALL {
        let name = console.paint(NAME, &format!("{:width$}", kind.name()));
        let note = if is_operators(*kind) {
            console.paint(FAINT, " (cannot be triggered: it follows from a plan)")
        } else if is_local_only(*kind).is_some() {
            console.paint(FAINT, " (at a server on this machine)")
        } else {
            String::new()
        };
        print(&format!("{name}  {}{note}", kind.description()))?;
    }
    Ok(())
}
