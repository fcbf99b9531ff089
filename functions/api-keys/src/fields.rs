//! The fields of an API key as callers write them, and what of them a caller
//! may give.

use portico_app::App;
use portico_domain::{
    ApiKey, ApiKeyPatch, InternalUserId, Invalid, Permission, RateLimit, Scope, Time,
    parse_permissions, text,
};
use portico_web::{Caller, Problem, given};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// An API key, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ApiKeyFields {
    /// What it is for, in 1 to 100 characters.
    name: Option<String>,
    /// The names of the permissions that it has, or `*` alone for whatever its
    /// owner may do.
    permissions: Option<Vec<String>>,
    /// The internal user whose key it is; the caller unless given. It stays.
    owner_id: Option<InternalUserId>,
    /// When it stops working; never, if it is null or left out.
    #[serde(deserialize_with = "given")]
    expires_at: Option<Option<Time>>,
    /// How many requests it may make in a time, if it is to have a limit.
    #[serde(deserialize_with = "given")]
    rate_limit: Option<Option<RateLimit>>,
}

impl ApiKeyFields {
    /// What is asked for a new key, which has a name and permissions.
    pub(crate) fn into_new(self, now: Time) -> Result<ApiKeyPatch, Invalid> {
        let patch = self.into_patch(now)?;
        if patch.name.is_none() {
            return Err(Invalid::missing("name"));
        }
        if patch.scope.is_none() {
            return Err(Invalid::missing("permissions"));
        }
        Ok(patch)
    }

    /// Whose key it is to be, if that is given.
    pub(crate) const fn owner(&self) -> Option<InternalUserId> {
        self.owner_id
    }

    /// Refuses to give a key to somebody else.
    pub(crate) fn refuse_other_owner(&self, key: &ApiKey) -> Result<(), Invalid> {
        if self.owner_id.is_none_or(|owner| owner == key.owner) {
            return Ok(());
        }
        let message = "the owner of a key stays; make another key";
        Err(Invalid::new("ownerId", "field_fixed", message))
    }

    pub(crate) fn into_patch(self, now: Time) -> Result<ApiKeyPatch, Invalid> {
        if self.expires_at.flatten().is_some_and(|end| end <= now) {
            let message = "expiresAt is in the past; DELETE revokes a key";
            return Err(Invalid::new("expiresAt", "time_invalid", message));
        }
        if let Some(limit) = self.rate_limit.flatten() {
            limit.check("rateLimit")?;
        }
        let name = self.name.map(|name| text::line("name", &name, 1, 100));
        Ok(ApiKeyPatch {
            name: name.transpose()?,
            scope: self.permissions.as_deref().map(scope).transpose()?,
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
        })
    }
}

fn scope(names: &[String]) -> Result<Scope, Invalid> {
    match names {
        [all] if all == "*" => Ok(Scope::WHOLE),
        names => parse_permissions("permissions", names).map(Scope::only),
    }
}

/// Refuses a key that would allow more than the caller: a permission that the
/// caller lacks; everything, if it is somebody else's or the caller's own key
/// does not allow everything; a longer life or more requests than the
/// caller's own key has.
pub(crate) fn refuse_more(caller: &Caller, key: &ApiKey) -> Result<(), Problem> {
    let own = caller.key.as_ref();
    if key.scope.is_whole {
        let is_own = caller.actor.id() == Some(key.owner.uuid());
        if !is_own || own.is_some_and(|own| !own.scope.is_whole) {
            return Err(Problem::key_exceeds_caller());
        }
    }
    caller.require_all(&key.scope.permissions)?;
    match own {
        Some(own) if !key.is_within(own) => Err(Problem::key_exceeds_caller()),
        Some(_) | None => Ok(()),
    }
}

/// Refuses to take away a key that allows more at this moment than the caller
/// may do: whoever may only manage keys would put out those who may do more.
pub(crate) async fn refuse_mightier(
    app: &App,
    caller: &Caller,
    key: &ApiKey,
) -> Result<(), Problem> {
    let owner = caller.store(app).internal_user(key.owner).await?;
    let may = match owner {
        Some(owner) if owner.is_member() => caller.permissions_of(app, &owner).await?,
        Some(_) => BTreeSet::new(),
        // From before there were members: the scope is all there is.
        None => Permission::ALL.iter().copied().collect(),
    };
    caller.require_all(&key.scope.of(may))
}
