//! API keys: what programs come in with.
//!
//! A key belongs to an internal user and never allows more than its owner may
//! at that moment, so what happens to the owner happens to its keys.

use crate::{
    ApiKeyId, Change, EventType, InternalUserId, Permission, RateLimit, Time, Told, WorkspaceId,
    access::known_permissions, event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// How exactly it is known when a key was last used: to five minutes, so that
/// most requests write nothing and whoever looks for a leaked key is not misled.
const USE_NOTED_EACH: Duration = Duration::from_mins(5);

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
    /// When it was last used, to [`USE_NOTED_EACH`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    #[serde(default)]
    pub version: u64,
}

/// What a caller wants of a key, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyPatch {
    /// What it is for.
    pub name: Option<String>,
    /// What it allows.
    pub scope: Option<Scope>,
    /// When it stops working, or never.
    pub expires_at: Option<Option<Time>>,
    /// How many requests it may make, or no limit.
    pub rate_limit: Option<Option<RateLimit>>,
}

/// A key as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ApiKey")]
pub struct ApiKeyView {
    /// Its id.
    pub id: ApiKeyId,
    /// Always `apiKey`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// What it is for.
    pub name: String,
    /// The internal user whose key it is.
    pub owner_id: InternalUserId,
    /// The names of the permissions that it has, or `*` alone for whatever its
    /// owner may do.
    pub permissions: Vec<String>,
    /// When it stops working; null if never.
    pub expires_at: Option<Time>,
    /// How many requests it may make in a time; null if that is not limited.
    pub rate_limit: Option<RateLimit>,
    /// When it was last used, to five minutes; null if never.
    pub last_used_at: Option<Time>,
    /// The key itself, only in the answer to its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
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
            last_used_at: None,
            told: Told::default(),
            version: 0,
        }
    }

    /// The same key with what the patch names.
    #[must_use]
    pub fn with(mut self, patch: ApiKeyPatch) -> Self {
        self.name = patch.name.unwrap_or(self.name);
        self.scope = patch.scope.unwrap_or(self.scope);
        self.expires_at = patch.expires_at.unwrap_or(self.expires_at);
        self.rate_limit = patch.rate_limit.unwrap_or(self.rate_limit);
        self
    }

    /// Adds this key.
    #[must_use]
    pub fn create(mut self, change: &mut Change<'_>) -> Self {
        self.record(change, EventType::ApiKeyCreated, None);
        change.save_api_key(None, self)
    }

    /// Changes what the patch names.
    pub fn update(&self, change: &mut Change<'_>, patch: ApiKeyPatch) -> Self {
        let mut after = self.clone().with(patch);
        if after == *self {
            return after;
        }
        after.record(change, EventType::ApiKeyUpdated, Some(self));
        change.save_api_key(Some(self), after)
    }

    /// Revokes it: it is refused on the very next request.
    pub fn revoke(&self, change: &mut Change<'_>) {
        let mut after = self.clone();
        after.revoked_at = Some(change.moment.now);
        after.record(change, EventType::ApiKeyRevoked, None);
        change.save_api_key(Some(self), after);
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType, before: Option<&Self>) {
        let (moment, view) = (change.moment, self.view());
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, &before.view(), &view),
        };
        change.events.push(event);
    }

    /// Whether it lets its owner do all that it may for as long as that is a
    /// member.
    pub const fn is_whole_for_good(&self) -> bool {
        self.scope.is_whole && self.expires_at.is_none() && self.revoked_at.is_none()
    }

    /// Whether it works no longer than this other key, and may ask no more
    /// often.
    pub fn is_within(&self, other: &Self) -> bool {
        let ends_in_time = match (self.expires_at, other.expires_at) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => mine <= theirs,
        };
        let is_no_faster = match (self.rate_limit, other.rate_limit) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(theirs)) => mine.is_within(theirs),
        };
        ends_in_time && is_no_faster
    }

    /// Whether a use at `now` is to be noted.
    pub fn is_use_noted(&self, now: Time) -> bool {
        self.last_used_at
            .is_none_or(|last| last + USE_NOTED_EACH <= now)
    }

    /// The key as callers see it.
    pub fn view(&self) -> ApiKeyView {
        let names = self.scope.permissions.iter().map(|one| one.name());
        ApiKeyView {
            id: self.id,
            object: "apiKey".to_owned(),
            created_at: self.created_at,
            name: self.name.clone(),
            owner_id: self.owner,
            permissions: if self.scope.is_whole {
                vec!["*".to_owned()]
            } else {
                names.map(ToOwned::to_owned).collect()
            },
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
            last_used_at: self.last_used_at,
            key: None,
        }
    }

    /// The same with the key itself, for whoever made it.
    pub fn view_with(&self, text: &str) -> ApiKeyView {
        ApiKeyView {
            key: Some(text.to_owned()),
            ..self.view()
        }
    }

    /// Whether the key works at `now`.
    pub fn is_valid(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IdSource;

    fn key(expires_in: Option<u64>, requests: Option<u32>) -> ApiKey {
        let ids = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let patch = ApiKeyPatch {
            expires_at: Some(expires_in.map(|hours| now + Duration::from_hours(hours))),
            rate_limit: Some(requests.map(|requests| RateLimit {
                requests,
                seconds: 60,
            })),
            ..ApiKeyPatch::default()
        };
        ApiKey::new(
            ids.next(now),
            ids.next(now),
            ids.next(now),
            String::new(),
            now,
        )
        .with(patch)
    }

    #[test]
    fn a_key_is_within_one_that_lasts_as_long_and_asks_as_often() {
        let limited = key(Some(2), Some(10));
        assert!(limited.is_within(&limited));
        assert!(limited.is_within(&key(None, None)));
        assert!(key(Some(1), Some(9)).is_within(&limited));
        for more in [
            key(None, Some(10)),
            key(Some(3), Some(10)),
            key(Some(2), None),
            key(Some(2), Some(11)),
        ] {
            assert!(!more.is_within(&limited), "{more:?}");
        }
    }

    #[test]
    fn a_use_is_noted_every_five_minutes() {
        let mut key = key(None, None);
        let now = key.created_at;
        assert!(key.is_use_noted(now));
        key.last_used_at = Some(now);
        assert!(!key.is_use_noted(now + Duration::from_mins(4)));
        assert!(key.is_use_noted(now + USE_NOTED_EACH));
    }
}
