//! Callers: who asks, and in whose workspace.

use crate::{Access, Problem, Request, Route, idempotency::IdempotencyKey};
use portico_app::App;
use portico_domain::{Actor, ChangeSource, Origin, Permission, WorkspaceId};
use portico_keys::parse_api_key;
use std::collections::BTreeSet;

/// A program, or a team member, that was let in.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The only workspace that the caller reaches.
    pub workspace_id: WorkspaceId,
    /// Who it is.
    pub actor: Actor,
    permissions: BTreeSet<Permission>,
    pub(crate) origin: Origin,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    pub(crate) is_dry_run: bool,
}

impl Caller {
    /// Whether the caller has this permission too.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// Lets in whoever has a key that the route asks for. The key is looked up on
/// every request, so a revoked one is refused on the very next. A request that
/// was answered before goes no further.
pub async fn admit(app: &App, request: &Request, route: &Route) -> Result<Caller, Problem> {
    let presented = presented_key(request).ok_or_else(Problem::key_missing)?;
    let (workspace, text) = split_workspace(presented);
    let presented = parse_api_key(text).ok_or_else(Problem::key_invalid)?;
    let key = app
        .store
        .api_key(presented.id)
        .await?
        .filter(|key| presented.is(key))
        .filter(|key| workspace.is_none_or(|text| text.parse() == Ok(key.workspace_id)))
        .ok_or_else(Problem::key_invalid)?;
    if !key.is_valid(app.now()) {
        return Err(Problem::key_ended());
    }
    if let Access::Permission(permission) = route.access
        && !key.permissions.contains(&permission)
    {
        return Err(Problem::permission_missing(permission));
    }
    if let Some(limit) = key.rate_limit {
        let taken = app.store.take_token(key.id, limit, app.now()).await?;
        let (Ok(quota) | Err(quota)) = taken;
        // Nobody else is at work on this request.
        let _ = request.quota.set(quota);
        taken.map_err(Problem::rate_limited)?;
    }
    let actor = Actor::InternalUser { id: key.owner };
    let idempotency_key = IdempotencyKey::of(app, request, &key.id.to_string())?;
    if let Some(idempotency_key) = &idempotency_key {
        let workspace = app.store.workspace(key.workspace_id);
        idempotency_key.refuse_answered(app, &workspace).await?;
    }
    Ok(Caller {
        workspace_id: key.workspace_id,
        actor,
        permissions: key.permissions,
        origin: Origin {
            api_key_id: Some(key.id),
            ..request.origin(actor, ChangeSource::Platform)
        },
        idempotency_key,
        is_dry_run: false,
    })
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
