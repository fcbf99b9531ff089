//! How many clients a workspace with a limit has.

use crate::{Error, Index, Pattern, WorkspaceStore, pattern::Key};
use portico_domain::WorkspaceId;
use serde::Deserialize;

pub(crate) const PATTERNS: &[Pattern] = &[CLIENTS];

const CLIENTS: Pattern = Pattern::new(
    "how many clients a workspace with a limit has",
    Index::Table,
    "WS#<workspace>",
    "CLIENTS",
);

/// The attribute that holds how many there are.
pub(crate) const COUNT: &str = "count";
/// The attribute that says that it was told that there are as many as may be.
pub(crate) const TOLD: &str = "isTold";

#[derive(Deserialize)]
struct Clients {
    count: u64,
}

impl WorkspaceStore<'_> {
    /// How many clients are counted.
    pub async fn counted_clients(&self) -> Result<u64, Error> {
        let clients: Option<Clients> = self.fetch("clientCount", &clients_key(self.id)).await?;
        Ok(clients.map_or(0, |clients| clients.count))
    }
}

pub(crate) fn clients_key(workspace: WorkspaceId) -> Key {
    CLIENTS.key(&[&workspace])
}
