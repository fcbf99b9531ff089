//! What an operator does to an installation: `portico admin create` makes a
//! workspace, `portico admin plan` says how much of Portico it may use, `portico
//! keys rotate` makes new keys for access tokens, `portico index rebuild` derives
//! the lists of a workspace anew, `portico admin restore` fills a table from a
//! backup.

mod plan;

pub use crate::examples::{ExamplesError, add_examples};
pub use plan::{count_page, set_local_plan, set_plan, set_plan_in};

use crate::server::{StartError, store_in};
use portico_app::index::rebuild::{self, Place, Progress};
use portico_bootstrap::aws_config;
use portico_domain::{
    Actor, ApiKey, Change, Email, IdSource, InternalUser, InternalUserId, Invalid, InviteRefusal,
    Moment, PersonName, RotationPending, Time, Workspace, WorkspaceId,
};
use portico_keys::{NoRandomness, Secret, new_api_key};
use portico_store::{Clock, CommitError, Error, RestoreError, Store};
use std::path::Path;

/// A workspace that was just made.
#[derive(Debug)]
pub struct NewWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its admin.
    pub admin_id: InternalUserId,
    /// A key that may do whatever the admin may; shown once.
    pub api_key: Secret,
}

/// The workspace could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The table did not take it.
    #[error("failed to write to the table; are the credentials, the region and the name right?")]
    Store(#[from] Error),
    /// The admin could not be added, or the plan not be set.
    #[error("failed to write it")]
    Commit(#[from] CommitError),
    /// The admin was invited already.
    #[error(transparent)]
    Invite(#[from] InviteRefusal),
    /// The example clients could not be added.
    #[error("failed to add the example clients")]
    Examples(#[from] ExamplesError),
    /// A rotation is under way.
    #[error(transparent)]
    RotationPending(#[from] RotationPending),
    /// Somebody else rotated at the same moment.
    #[error("somebody else replaces the keys at this moment; look at /.well-known/jwks.json")]
    RotatedElsewhere,
    /// The data of the local server cannot be used.
    #[error("failed to open the data of the local server")]
    Local(#[from] StartError),
    /// There is no randomness for a key.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Makes a workspace with its admin, the admin's key and the example clients, if
/// they are wanted, in this table, with the credentials and the region of the
/// environment, and has the admin invited by the mail of the installation.
pub async fn create(
    table: &str,
    name: &str,
    admin: FirstAdmin,
    examples: bool,
) -> Result<NewWorkspace, AdminError> {
    let store = Store::new(&aws_config().await, table, Clock::new(Time::system_now));
    let ids = IdSource::new();
    let moment = Moment::new(Time::system_now(), &ids);
    let new = create_in(&store, moment, name, admin).await?;
    if examples {
        add_examples(&store, moment, new.id).await?;
    }
    invite(&store, moment, &new).await?;
    Ok(new)
}

/// Fills one table from another that was restored from a backup, with the
/// credentials and the region of the environment; answers how many items it
/// had, and says so as they come.
pub async fn restore(
    from: &str,
    to: &str,
    goes_on: bool,
    tell: impl FnMut(usize),
) -> Result<usize, RestoreError> {
    let aws = aws_config().await;
    let [from, to] = [from, to].map(|name| Store::new(&aws, name, Clock::new(Time::system_now)));
    to.restore(&from, goes_on, tell).await
}

/// Has the admin of a new workspace mailed a link with which it sets up its
/// account. Where no mail goes out yet, its key copies the link.
pub async fn invite(
    store: &Store,
    moment: Moment<'_>,
    new: &NewWorkspace,
) -> Result<(), AdminError> {
    let workspace = store.workspace(new.id);
    let lifetime = workspace.get().await?.invitation_lifetime();
    if let Some(admin) = workspace.internal_user(new.admin_id).await? {
        let mut change = Change::by_system(moment);
        admin.invite(&mut change, lifetime, Actor::System)?;
        workspace.commit(&change).await?;
    }
    Ok(())
}

/// Derives anew what the lists of a workspace show.
#[derive(Debug)]
pub struct Rebuild {
    store: Store,
    workspace_id: WorkspaceId,
}

impl Rebuild {
    /// In this table, with the credentials and the region of the environment.
    pub async fn of(table: &str, workspace_id: WorkspaceId) -> Self {
        Self {
            store: Store::new(&aws_config().await, table, Clock::new(Time::system_now)),
            workspace_id,
        }
    }

    /// Goes on from this place for a step.
    pub async fn step(&self, place: Place) -> Result<Progress, Error> {
        rebuild::step(&self.store, self.workspace_id, Time::system_now(), place).await
    }
}

/// Makes a workspace with its admin and the admin's key.
pub async fn create_in(
    store: &Store,
    moment: Moment<'_>,
    name: &str,
    admin: FirstAdmin,
) -> Result<NewWorkspace, AdminError> {
    let workspace = Workspace::new(moment.id(), name, moment.now);
    let (admin_id, key_id) = (moment.id(), moment.id());
    let key = new_api_key(workspace.id, admin_id, key_id)?;
    // The key last: one without a workspace would let its owner in nowhere.
    store.create_workspace(&workspace).await?;
    let mut change = Change::by_system(moment);
    admin.found(&mut change, admin_id, workspace.id);
    store.workspace(workspace.id).commit(&change).await?;
    store
        .put_api_key(&ApiKey {
            name: "Admin".to_owned(),
            ..ApiKey::new(key_id, workspace.id, admin_id, key.hash, moment.now)
        })
        .await?;
    Ok(NewWorkspace {
        id: workspace.id,
        admin_id,
        api_key: key.text,
    })
}

/// The admin that a workspace begins with.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    name: PersonName,
    email: Email,
}

impl FirstAdmin {
    /// An admin with this name and address.
    pub fn new(name: &str, email: &str) -> Result<Self, Invalid> {
        Ok(Self {
            name: PersonName::from_fields(None, None, Some(name))?,
            email: Email::parse("email", email)?,
        })
    }

    pub(crate) fn found(
        self,
        change: &mut Change<'_>,
        id: InternalUserId,
        workspace: WorkspaceId,
    ) -> InternalUser {
        InternalUser::found(change, id, workspace, self.name, self.email)
    }
}

/// Rotates the keys of the installation with this table, with the credentials
/// and the region of the environment; answers when the new key begins to sign.
pub async fn rotate_keys(table: &str, at_once: bool) -> Result<Time, AdminError> {
    let store = Store::new(&aws_config().await, table, Clock::new(Time::system_now));
    rotate_in(&store, Time::system_now(), at_once).await
}

/// Rotates the keys of the installation on this machine that keeps its data in
/// this directory. Its server may go on meanwhile.
pub async fn rotate_local_keys(directory: &Path, at_once: bool) -> Result<Time, AdminError> {
    let (store, clock, _) = store_in(directory)?;
    rotate_in(&store, clock.now(), at_once).await
}

async fn rotate_in(store: &Store, now: Time, at_once: bool) -> Result<Time, AdminError> {
    let before = store.signing_keys().await?;
    let after = if at_once {
        before.replace(now)
    } else {
        before.rotate(now)?
    };
    if store.replace_signing_keys(&before, &after).await? {
        Ok(after.newest_signs_from())
    } else {
        Err(AdminError::RotatedElsewhere)
    }
}
