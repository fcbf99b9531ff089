//! `portico index rebuild`: derives anew what lists and searches show.

use super::{Done, connection::Connection, print};
use clap::{Args, Subcommand};
use portico_app::index::rebuild::{Place, Progress};
use portico_domain::WorkspaceId;
use portico_local::admin::Rebuild;
use reqwest::Method;
use serde_json::json;
use std::io::{self, Write};

/// What can be done about lists and searches.
#[derive(Subcommand)]
pub(crate) enum Index {
    /// Derive anew what lists and searches show of every client and company.
    /// Nothing is lost meanwhile, and it can be repeated at any time.
    Rebuild(RebuildArguments),
}

#[derive(Args)]
pub(crate) struct RebuildArguments {
    /// The table of an installation in AWS, such as portico-prod; without it,
    /// the first workspace of a server on this machine.
    #[arg(long, requires = "workspace")]
    table: Option<String>,
    /// The workspace in that table.
    #[arg(long, requires = "table")]
    workspace: Option<WorkspaceId>,
    /// Where an interrupted run had come to, as it printed.
    #[arg(long, value_name = "PLACE", value_parser = place)]
    after: Option<Place>,
    #[command(flatten)]
    connection: Connection,
}

impl Index {
    pub(crate) async fn run(self) -> Done {
        let Self::Rebuild(arguments) = self;
        let mut next = Some(arguments.after.unwrap_or_else(Place::start));
        let (mut seen, mut failed) = (0, 0);
        let installation = match (arguments.table, arguments.workspace) {
            (Some(table), Some(workspace)) => Ok(Rebuild::of(&table, workspace).await),
            _ => Err(arguments.connection.open()?),
        };
        while let Some(place) = next {
            let progress: Progress = match &installation {
                Ok(rebuild) => rebuild.step(place).await?,
                Err(api) => {
                    let body = json!({ "after": place });
                    let answer = api.ask(Method::POST, "/_dev/index", Some(&body)).await?;
                    serde_json::from_value(answer.body)?
                }
            };
            seen += progress.seen;
            failed += progress.failed;
            next = progress.next;
            if let Some(place) = &next {
                let place = serde_json::to_string(place)?;
                writeln!(io::stderr(), "{seen} seen; go on with --after '{place}'")?;
            }
        }
        if failed > 0 {
            return Err(format!("{failed} of {seen} could not be listed; run it again").into());
        }
        print(&format!("{seen} seen, all of them are listed"))
    }
}

fn place(text: &str) -> Result<Place, String> {
    serde_json::from_str(text).map_err(|_| "a place is what an earlier run printed".to_owned())
}
