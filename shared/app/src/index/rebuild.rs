//! Deriving everything anew, step by step.
//!
//! For a table whose things were written by code that derived less, or
//! differently. Each step looks at one page of things and writes what differs,
//! so it can be repeated, can run beside everything else, and goes on from the
//! last place after an interruption. Things that are gone but still have copies
//! are found by those copies.

use super::relist;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use portico_domain::{Listed, Time, WorkspaceId};
use portico_store::{
    CALLS_AT_ONCE, ClientFilter, ClientsBy, CompaniesBy, CompanyFilter, Error, PageRequest,
    Position, Sort, Store,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many things one step looks at.
const PAGE: u16 = 100;

/// How far it has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    stage: Stage,
    after: Option<Position>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stage {
    Companies,
    CopiesOfCompanies,
    Clients,
    CopiesOfClients,
}

/// What a step did.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// How many things it has met.
    pub seen: usize,
    /// How many could not be listed; the log says why.
    pub failed: usize,
    /// Where the next step begins; `None` if everything is done.
    pub next: Option<Place>,
}

impl Place {
    /// Where it begins.
    pub const fn start() -> Self {
        Self {
            stage: Stage::Companies,
            after: None,
        }
    }

    fn after(&self, position: Option<Position>) -> Option<Self> {
        let stage = match (position.is_some(), self.stage) {
            (true, stage) => stage,
            (false, Stage::Companies) => Stage::CopiesOfCompanies,
            (false, Stage::CopiesOfCompanies) => Stage::Clients,
            (false, Stage::Clients) => Stage::CopiesOfClients,
            (false, Stage::CopiesOfClients) => return None,
        };
        Some(Self {
            stage,
            after: position,
        })
    }
}

/// Derives one page of things anew.
pub async fn step(
    store: &Store,
    workspace_id: WorkspaceId,
    now: Time,
    place: Place,
) -> Result<Progress, Error> {
    let page = PageRequest {
        limit: PAGE,
        after: place.after.clone(),
    };
    let (listed, position) = things(store, workspace_id, place.stage, &page).await?;
    if place.stage == Stage::Clients {
        let workspace = store.workspace(workspace_id);
        let mut clients = Vec::new();
        for one in &listed {
            if let Listed::Client(id) = one {
                clients.push(*id);
            }
        }
        stream::iter(clients)
            .map(|id| workspace.rewrite_memberships(id))
            .buffer_unordered(CALLS_AT_ONCE)
            .try_collect::<()>()
            .await?;
    }
    // Things are met again by their copies.
    let seen = match place.stage {
        Stage::Companies | Stage::Clients => listed.len(),
        Stage::CopiesOfCompanies | Stage::CopiesOfClients => 0,
    };
    let failed = relist(store, workspace_id, now, listed).await.len();
    Ok(Progress {
        seen,
        failed,
        next: place.after(position),
    })
}

async fn things(
    store: &Store,
    workspace_id: WorkspaceId,
    stage: Stage,
    page: &PageRequest,
) -> Result<(BTreeSet<Listed>, Option<Position>), Error> {
    let workspace = store.workspace(workspace_id);
    match stage {
        Stage::Companies | Stage::CopiesOfCompanies => {
            let by = match stage {
                Stage::Companies => CompaniesBy::CreatedAt,
                _ => CompaniesBy::Name,
            };
            let filter = CompanyFilter {
                is_placeholder: (by == CompaniesBy::CreatedAt).then_some(false),
                sort: Sort {
                    by,
                    ..Sort::default()
                },
                ..CompanyFilter::default()
            };
            let found = workspace.companies(filter, page).await?;
            let ids = found
                .items
                .iter()
                .map(|company| Listed::Company(company.id));
            Ok((ids.collect(), found.next))
        }
        Stage::Clients | Stage::CopiesOfClients => {
            let by = match stage {
                Stage::Clients => ClientsBy::CreatedAt,
                _ => ClientsBy::Name,
            };
            let filter = ClientFilter {
                sort: Sort {
                    by,
                    ..Sort::default()
                },
                ..ClientFilter::default()
            };
            let found = workspace.clients(filter, page).await?;
            let ids = found.items.iter().map(|client| Listed::Client(client.id));
            Ok((ids.collect(), found.next))
        }
    }
}
