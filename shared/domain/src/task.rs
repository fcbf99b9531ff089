//! Work to be done.

use crate::{Id, WorkspaceId};
use serde::{Deserialize, Serialize};

/// Work to be done on one thing of one workspace: what queues carry and what
/// sweeps find. It names the thing and says nothing about it, so a message
/// that comes twice or late cannot tell anything wrong.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound = "")]
pub struct Task<K> {
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What it is about.
    pub id: Id<K>,
}

impl<K> Clone for Task<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Task<K> {}
