//! Callers: who asks, and in whose workspace.
//!
//! What a caller may do is decided anew on every request from what the table
//! says then, in one consistent read of the key, its owner and the workspace,
//! and with them of what the route names: a revoked key and a removed member
//! are out on the very next request. The same is read of a team member who is
//! signed in, with its session in the place of the key. A role of the
//! workspace's own, and a key of the older form, cost a second read.

use crate::{
    Access, Problem, Request, Route, idempotency::IdempotencyKey, session::is_token_of,
    unread::refuse_unread,
};
use portico_app::{App, Grant};
use portico_domain::{
    Account, Actor, ApiKey, ChangeSource, Client, ClientId, CompanyAccess, Feature, InternalUser,
    Origin, Permission, Person, RateLimit, Role, Scope, Workspace, WorkspaceId,
};
use portico_keys::{AccessToken, PresentedKey, claimed_access_token, parse_api_key};
use portico_store::{Credentials, Error, Named, ReadAhead, WorkspaceStore};
use std::collections::BTreeSet;

/// What letting in a caller with a key needs.
pub(crate) const ADMISSION: &[Grant] = &[Grant::BATCH_GET];

/// A program, or a team member, that was let in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The only workspace that the caller reaches.
    pub workspace_id: WorkspaceId,
    /// That workspace as it is now.
    pub workspace: Workspace,
    /// Who it is.
    pub actor: Actor,
    /// The team member; only owners of keys from before there were team
    /// members are none.
    pub user: Option<InternalUser>,
    /// The key that it came with, if it came with one.
    pub key: Option<ApiKey>,
    /// The companies whose clients it sees.
    pub companies: CompanyAccess,
    permissions: BTreeSet<Permission>,
    /// What the role allows, before limits and scopes.
    of_role: BTreeSet<Permission>,
    pub(crate) origin: Origin,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    pub(crate) is_dry_run: bool,
    ahead: ReadAhead,
}

impl Caller {
    /// The caller's part of the table.
    pub const fn store<'a>(&'a self, app: &'a App) -> WorkspaceStore<'a> {
        app.store.workspace(self.workspace_id).reading(&self.ahead)
    }

    /// Whether the caller has this permission too.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Refuses a caller without this permission.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        // Where the role has it, it would be no help to give it once more.
        Err(if !self.of_role.contains(&permission) {
            Problem::permission_missing(permission)
        } else if self.companies.is_limited() && permission.is_workspace_wide() {
            Problem::permission_limited(permission)
        } else {
            Problem::permission_out_of_scope(permission)
        })
    }

    /// Refuses a caller whose plan lacks this.
    pub fn require_feature(&self, feature: Feature) -> Result<(), Problem> {
        if self.workspace.plan.without.contains(&feature) {
            return Err(Problem::feature_missing(feature));
        }
        Ok(())
    }

    /// Refuses a caller who lacks one of these: nobody hands out, or takes
    /// from somebody, what they may not do themselves.
    pub fn require_all<'a>(
        &self,
        permissions: impl IntoIterator<Item = &'a Permission>,
    ) -> Result<(), Problem> {
        let missing = self.missing(permissions);
        match missing[..] {
            [] => Ok(()),
            [one] => self.require(one),
            _ => Err(Problem::permissions_missing(&missing)),
        }
    }

    fn missing<'a>(
        &self,
        permissions: impl IntoIterator<Item = &'a Permission>,
    ) -> Vec<Permission> {
        let permissions = permissions.into_iter().copied();
        permissions
            .filter(|permission| !self.may(*permission))
            .collect()
    }

    /// Refuses a caller who may do less than this role allows.
    pub async fn require_role(&self, app: &App, role: Role) -> Result<(), Problem> {
        let permissions = permissions_of(app, self.workspace_id, role).await?;
        // A custom role that is not there is refused where it is given.
        let missing = self.missing(&permissions.unwrap_or_default());
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Problem::role_exceeds_caller(role, &missing))
        }
    }

    /// What this member of the workspace may do at this moment.
    pub async fn permissions_of(
        &self,
        app: &App,
        user: &InternalUser,
    ) -> Result<BTreeSet<Permission>, Problem> {
        let role = permissions_of(app, self.workspace_id, user.role).await?;
        Ok(user.permissions(role.unwrap_or_default()))
    }

    /// Whether the caller sees this client.
    pub fn sees(&self, client: &Client) -> bool {
        self.companies.covers_client(client)
    }

    /// The client with this id, or the one that it was merged into, unless it
    /// is archived or the caller does not see it, which is the same to the
    /// caller. One step leads to the survivor of any number of merges: each
    /// moves the ids that led to the duplicate.
    pub async fn client(&self, app: &App, id: ClientId) -> Result<Option<Client>, Error> {
        let workspace = self.store(app);
        let mut client = workspace.client(id).await?;
        if let Some(survivor) = client.as_ref().and_then(|client| client.merged_into) {
            client = workspace.client(survivor).await?;
        }
        Ok(client.filter(|client| !client.is_archived() && self.sees(client)))
    }

    /// Refuses a caller who sees only some companies what concerns all.
    pub fn refuse_limited(&self) -> Result<(), Problem> {
        if self.companies.is_limited() {
            Err(Problem::company_access_limited())
        } else {
            Ok(())
        }
    }

    /// Everything that the caller may do.
    pub const fn permissions(&self) -> &BTreeSet<Permission> {
        &self.permissions
    }

    /// This member, who may do as much as its role and the scope of what it
    /// came with allow.
    async fn of_member(
        app: &App,
        workspace: Workspace,
        user: InternalUser,
        scope: &Scope,
        origin: Origin,
    ) -> Result<Self, Problem> {
        let role = permissions_of(app, workspace.id, user.role).await?;
        let role = role.unwrap_or_default();
        Ok(Self {
            workspace_id: workspace.id,
            workspace,
            actor: origin.actor,
            origin,
            idempotency_key: None,
            is_dry_run: false,
            ahead: ReadAhead::default(),
            companies: user.company_access.clone(),
            permissions: scope.of(user.permissions(role.clone())),
            of_role: role,
            user: Some(user),
            key: None,
        })
    }
}

/// What a role allows; `None` if the workspace has no such role.
async fn permissions_of(
    app: &App,
    workspace: WorkspaceId,
    role: Role,
) -> Result<Option<BTreeSet<Permission>>, Problem> {
    let Some(id) = role.custom() else {
        return Ok(role.permissions());
    };
    let role = app.store.workspace(workspace).role(id).await?;
    Ok(role.map(|role| role.permissions))
}

/// Lets in whoever may do what the route asks for. A request that was
/// answered before goes no further.
pub async fn admit(app: &App, request: &Request, route: &Route) -> Result<Caller, Problem> {
    let presented = presented_key(request).ok_or_else(Problem::key_missing)?;
    let (workspace, text) = split_workspace(presented);
    // Each kind of credential has a form of its own.
    let mut caller = match claimed_access_token(text) {
        Some(claimed) => with_token(app, request, text, claimed).await?,
        None => with_key(app, request, route.named(request), text).await?,
    };
    if workspace.is_some_and(|named| named.parse() != Ok(caller.workspace_id)) {
        return Err(Problem::key_invalid());
    }
    // Whoever cannot tell what would be has refused already.
    caller.is_dry_run = request.is_dry_run()?;
    if let Access::Permission(permission) = route.access {
        caller.require(permission)?;
    }
    if let Some(feature) = route.feature {
        caller.require_feature(feature)?;
    }
    refuse_unread(request, route)?;
    let holder = match &caller.key {
        Some(key) => key.id.to_string(),
        None => caller.actor.id().unwrap_or_default().to_string(),
    };
    caller.idempotency_key = IdempotencyKey::of(app, request, &holder)?;
    if let Some(key) = &caller.idempotency_key {
        let workspace = app.store.workspace(caller.workspace_id);
        key.refuse_answered(app, &workspace).await?;
    }
    Ok(caller)
}

/// The team member who is signed in with this access token: it may do what its
/// role allows at this moment. Clients reach the portal and nothing here.
async fn with_token(
    app: &App,
    request: &Request,
    text: &str,
    claimed: AccessToken,
) -> Result<Caller, Problem> {
    if !matches!(claimed.account, Account::InternalUser { .. }) {
        return Err(Problem::key_invalid());
    }
    let store = app.store.workspace(claimed.workspace_id);
    let found = store.signed_in(claimed.account, claimed.session_id).await?;
    let (Some(workspace), Some(Person::Member(user)), Some(session)) =
        (found.workspace, found.person, found.session)
    else {
        return Err(Problem::session_over());
    };
    let is_in = user.is_member()
        && session.is_live(user.session_epoch, app.now())
        && is_token_of(app, &found.keys, text, &session);
    if !is_in {
        return Err(Problem::session_over());
    }
    let origin = request.origin(claimed.account.actor(), ChangeSource::Platform);
    Caller::of_member(app, workspace, *user, &Scope::WHOLE, origin).await
}

/// Whoever has this key.
async fn with_key(
    app: &App,
    request: &Request,
    named: Option<Named>,
    text: &str,
) -> Result<Caller, Problem> {
    let presented = parse_api_key(text).ok_or_else(Problem::key_invalid)?;
    let found = find_key(app, &presented, named).await?;
    // Nothing of what was found counts before the secret has been checked.
    let key = found.key.filter(|key| presented.is(key));
    let (Some(key), Some(workspace)) = (key, found.workspace) else {
        return Err(Problem::key_invalid());
    };
    if !key.is_valid(app.now()) {
        return Err(Problem::key_ended());
    }
    let limits = [key.rate_limit, workspace.plan.key_rate];
    if let Some(limit) = limits.into_iter().flatten().reduce(RateLimit::and) {
        let taken = app.store.take_token(key.id, limit, app.now()).await?;
        let (Ok(quota) | Err(quota)) = taken;
        // Nobody else is at work on this request.
        let _ = request.quota.set(quota);
        taken.map_err(Problem::rate_limited)?;
    }
    if key.is_use_noted(app.now()) {
        note_use(app, &key).await;
    }
    let actor = Actor::InternalUser { id: key.owner };
    let origin = Origin {
        api_key_id: Some(key.id),
        ..request.origin(actor, ChangeSource::Platform)
    };
    let caller = match found.user {
        Some(user) if user.is_member() => {
            Caller::of_member(app, workspace, user, &key.scope, origin).await?
        }
        // Members stay in the table when they are removed. So an owner who is
        // not there is from before there were members, when the scope of a key
        // was all there was.
        None if presented.holder.is_none() => Caller {
            workspace_id: workspace.id,
            workspace,
            actor,
            origin,
            idempotency_key: None,
            is_dry_run: false,
            ahead: ReadAhead::default(),
            companies: CompanyAccess::ALL,
            permissions: key.scope.of(Permission::ALL.iter().copied().collect()),
            of_role: Permission::ALL.iter().copied().collect(),
            user: None,
            key: None,
        },
        Some(_) | None => return Err(Problem::key_ended()),
    };
    Ok(Caller {
        key: Some(key),
        ahead: found.ahead,
        ..caller
    })
}

/// Whether a use could be noted says nothing about who may come in.
async fn note_use(app: &App, key: &ApiKey) {
    if let Err(error) = app.store.note_use(key, app.now()).await {
        tracing::warn!(%error, "failed to note that a key was used");
    }
}

async fn find_key(
    app: &App,
    presented: &PresentedKey,
    named: Option<Named>,
) -> Result<Credentials, Problem> {
    let store = &app.store;
    if let Some((workspace, owner)) = presented.holder {
        let key = Some(presented.id);
        return Ok(store.credentials(workspace, owner, key, named).await?);
    }
    match store.api_key(presented.id).await? {
        Some(key) if presented.is(&key) => Ok(Credentials {
            key: Some(key.clone()),
            ..store
                .credentials(key.workspace_id, key.owner, None, named)
                .await?
        }),
        Some(_) | None => Ok(Credentials::default()),
    }
}

fn presented_key(request: &Request) -> Option<&str> {
    request
        .header("x-api-key")
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .or_else(|| request.bearer())
}

/// The compatible API's forms: `key`, `workspace/key`, `workspace/key/token`.
/// The token belongs to an app session, which says nothing about the key.
fn split_workspace(presented: &str) -> (Option<&str>, &str) {
    let mut parts = presented.splitn(3, '/');
    match (parts.next(), parts.next()) {
        (Some(workspace), Some(key)) => (Some(workspace), key),
        _ => (None, presented),
    }
}
