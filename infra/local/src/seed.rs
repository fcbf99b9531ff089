//! What a new installation begins with.
//!
//! Every step can be taken again, so a first start that is cut off is finished
//! by the next one.

use crate::{
    admin::FirstAdmin,
    examples::{ExamplesError, add_examples},
    state::State,
};
use portico_app::App;
use portico_domain::{
    Actor, ApiKey, Change, InternalUser, InternalUserId, Invalid, InviteRefusal, Workspace,
    WorkspaceId,
};
use portico_store::{CommitError, Error, PageRequest};

/// A new installation could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The table did not answer.
    #[error("failed to make the first workspace")]
    Store(#[from] Error),
    /// The admin could not be written.
    #[error("failed to add the admin")]
    Admin(#[from] CommitError),
    /// The examples could not be added.
    #[error("failed to add the example clients")]
    Examples(#[from] ExamplesError),
    /// The admin cannot be invited.
    #[error("failed to make the admin's link")]
    Invite(#[from] InviteRefusal),
    /// The admin is not what the rules allow.
    #[error("failed to check the admin")]
    Invalid(#[from] Invalid),
}

/// Makes the first workspace, its admin with a key, and the example clients.
pub(crate) async fn seed(app: &App, state: &State, examples: bool) -> Result<(), SeedError> {
    let workspace = Workspace::new(state.workspace_id, "My workspace", state.created_at);
    app.store.create_workspace(&workspace).await?;
    add_admin(app, state).await?;
    if examples {
        Ok(add_examples(&app.store, app.moment(), state.workspace_id).await?)
    } else {
        Ok(())
    }
}

/// Adds the admin and gives it the key. An installation from before there
/// were internal users has the key already, with what could be allowed then.
pub(crate) async fn add_admin(app: &App, state: &State) -> Result<(), SeedError> {
    let (w, id) = (state.workspace_id, state.admin_id);
    let workspace = app.store.workspace(w);
    if workspace.internal_user(id).await?.is_some() {
        return Ok(());
    }
    // The key first: the admin is what says that all is done.
    app.store
        .put_api_key(&ApiKey {
            name: "Admin".to_owned(),
            ..ApiKey::new(
                state.api_key_id,
                w,
                id,
                state.api_key_hash.clone(),
                state.created_at,
            )
        })
        .await?;
    let mut change = Change::by_system(app.moment());
    FirstAdmin::new("Admin", "admin@example.com")?.found(&mut change, id, w);
    Ok(workspace.commit(&change).await?)
}

/// Where the first admin sets up its account, if nobody of the team can sign in
/// yet. Whoever starts the server may do anything there, so the link is shown
/// and not mailed.
pub(crate) async fn set_up_url(
    app: &App,
    w: WorkspaceId,
    admin: InternalUserId,
) -> Result<Option<String>, SeedError> {
    let workspace = app.store.workspace(w);
    let page = PageRequest {
        limit: 100,
        after: None,
    };
    let team = workspace.internal_users(&page).await?.items;
    if team.iter().any(InternalUser::can_sign_in) {
        return Ok(None);
    }
    let admin = workspace.internal_user(admin).await?;
    let Some(admin) = admin.filter(InternalUser::is_member) else {
        return Ok(None);
    };
    if let Some(open) = admin.open_invitation(app.now()) {
        return Ok(Some(app.join_url(w, open.ticket_id)));
    }
    let lifetime = workspace.get().await?.invitation_lifetime();
    let mut change = Change::by_system(app.moment());
    let (_, ticket) = admin.invite_by_hand(&mut change, lifetime, Actor::System)?;
    workspace.commit(&change).await?;
    Ok(Some(app.join_url(w, ticket.id)))
}
