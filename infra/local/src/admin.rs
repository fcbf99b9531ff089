//! `portico admin create`: the first workspace of an installation in AWS.

use portico_bootstrap::aws_config;
use portico_domain::{ApiKey, IdSource, Moment, Permission, Time, Workspace, WorkspaceId};
use portico_keys::{NoRandomness, Secret, new_api_key};
use portico_store::{Error, Store};

/// A workspace that was just made.
#[derive(Debug)]
pub struct NewWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// A key with every permission; shown once.
    pub api_key: Secret,
}

/// The workspace could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The table did not take it.
    #[error("failed to write to the table; are the credentials, the region and the name right?")]
    Store(#[from] Error),
    /// There is no randomness for a key.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Makes a workspace and its admin's key in this table, with the credentials
/// and the region of the environment.
pub async fn create(table: &str, name: &str) -> Result<NewWorkspace, AdminError> {
    let store = Store::new(&aws_config().await, table);
    let ids = IdSource::new();
    create_in(&store, Moment::new(Time::system_now(), &ids), name).await
}

/// Makes a workspace and its admin's key.
pub async fn create_in(
    store: &Store,
    moment: Moment<'_>,
    name: &str,
) -> Result<NewWorkspace, AdminError> {
    let workspace = Workspace::new(moment.id(), name, moment.now);
    let id = moment.id();
    let key = new_api_key(id)?;
    // The key last: one without a workspace would let its owner in nowhere.
    store.create_workspace(&workspace).await?;
    store
        .put_api_key(&ApiKey {
            id,
            workspace_id: workspace.id,
            owner: moment.id(),
            name: "Admin".to_owned(),
            hash: key.hash,
            permissions: Permission::ALL.iter().copied().collect(),
            rate_limit: None,
            created_at: moment.now,
            expires_at: None,
            revoked_at: None,
        })
        .await?;
    Ok(NewWorkspace {
        id: workspace.id,
        api_key: key.text,
    })
}
