//! Chores: what a decision leaves to be done on many things afterwards.
//!
//! A chore is written in the same transaction as its decision and is due until
//! it is done. It notes how far it has come, so a run that dies anywhere is
//! gone on with by the next one, and doing a part of it twice changes nothing.

use crate::{ChoreId, ClientId, FieldEntity, Moment, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How long a chore waits before it begins. A request that read the table
/// before the decision has ended by then (a function that answers callers runs
/// for 10 seconds at most), and the indexes have caught up.
pub const CHORE_PAUSE: Duration = Duration::from_secs(15);

/// Something to be done on many things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chore {
    /// Its id.
    pub id: ChoreId,
    /// Where it is to be done.
    pub workspace_id: WorkspaceId,
    /// What is to be done.
    pub work: Work,
    /// Where it goes on, in the table's own terms; `None` before it begins.
    #[serde(default)]
    pub after: Option<BTreeMap<String, String>>,
    /// When it is due.
    pub due_at: Time,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Work {
    /// Take away the values of a field that was deleted.
    ClearField {
        /// Of what it was a field.
        entity: FieldEntity,
        /// Its key.
        key: String,
    },
    /// Delete files that nothing uses any more.
    DeleteFiles {
        /// Their names.
        files: Vec<String>,
    },
    /// Erase what is left of clients who were purged.
    Erase {
        /// Who is left, one after the other.
        clients: Vec<ClientId>,
    },
}

impl Chore {
    /// A new chore.
    pub fn new(moment: Moment<'_>, workspace_id: WorkspaceId, work: Work) -> Self {
        Self {
            id: moment.id(),
            workspace_id,
            work,
            after: None,
            due_at: moment.now + CHORE_PAUSE,
            version: 1,
        }
    }
}
