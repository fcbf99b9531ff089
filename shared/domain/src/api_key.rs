//! API keys: what programs come in with.
//!
//! A key belongs to an internal user and never allows more than its owner may
//! at that moment, so what happens to the owner happens to its keys.

use crate::{
    ApiKeyId, InternalUserId, Permission, RateLimit, Time, WorkspaceId, access::known_permissions,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A key for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The public part of the key.
    pub id: ApiKeyId,
    /// The only workspace that the key reaches.
    pub workspace_id: WorkspaceId,
    /// Whose key it is.
    pub owner: InternalUserId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// SHA-256 of the secret part, in hexadecimal; the secret itself is random
    /// and long, so it needs no slow hash.
    pub hash: String,
    /// What it allows.
    #[serde(flatten)]
    pub scope: Scope,
    /// How many requests it may make, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working, if ever.
    pub expires_at: Option<Time>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Time>,
}

/// What a key allows of what its owner may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Everything, also what the owner will be allowed later.
    #[serde(default)]
    pub is_whole: bool,
    /// Otherwise these.
    #[serde(deserialize_with = "known_permissions")]
    pub permissions: BTreeSet<Permission>,
}

impl Scope {
    /// Whatever the owner may do.
    pub const WHOLE: Self = Self {
        is_whole: true,
        permissions: BTreeSet::new(),
    };

    /// Only these.
    pub fn only(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self {
            is_whole: false,
            permissions: permissions.into_iter().collect(),
        }
    }

    /// What is left of what the owner may do.
    pub fn of(&self, owner: BTreeSet<Permission>) -> BTreeSet<Permission> {
        if self.is_whole {
            owner
        } else {
            owner.intersection(&self.permissions).copied().collect()
        }
    }
}

impl ApiKey {
    /// A key that works from now on, without an end.
    pub fn new(
        id: ApiKeyId,
        workspace_id: WorkspaceId,
        owner: InternalUserId,
        hash: String,
        now: Time,
    ) -> Self {
        Self {
            id,
            workspace_id,
            owner,
            name: String::new(),
            hash,
            scope: Scope::WHOLE,
            rate_limit: None,
            created_at: now,
            expires_at: None,
            revoked_at: None,
        }
    }

    /// Whether the key works at `now`.
    pub fn is_valid(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
