//! The functions behind `/v1/webhook-recoveries`.

pub mod cancel;
pub mod get;
pub mod list;

use portico_domain::{Recovery, RecoveryId};
use portico_store::WorkspaceStore;
use portico_web::Problem;

/// The recovery with this id, or 404.
async fn find(workspace: &WorkspaceStore<'_>, id: RecoveryId) -> Result<Recovery, Problem> {
    let recovery = workspace.recovery(id).await?;
    recovery.ok_or_else(|| Problem::not_found("webhook recovery"))
}
