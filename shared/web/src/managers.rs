//! Account managers as callers give them: internal users of the workspace.

use crate::Problem;
use portico_domain::{InternalUserId, Invalid};
use portico_store::WorkspaceStore;

/// Refuses account managers who are no internal users of the workspace. Those
/// whom it had `before` may have left since, and stay as they are.
pub async fn check_account_managers(
    workspace: &WorkspaceStore<'_>,
    before: &[InternalUserId],
    wanted: &[InternalUserId],
) -> Result<(), Problem> {
    let new = wanted.iter().copied().filter(|id| !before.contains(id));
    let mut new = new.peekable();
    if new.peek().is_none() {
        return Ok(());
    }
    match workspace.unknown_member(new).await? {
        None => Ok(()),
        Some(id) => Err(Invalid::new(
            "accountManagerIds",
            "internal_user_unknown",
            format!("there is no internal user {id} in this workspace"),
        )
        .into()),
    }
}
