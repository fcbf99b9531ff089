//! That a workspace keeps an admin who can come in.
//!
//! The number of admins says nothing about that: one who was added and never
//! invited counts as much as any. So a change that takes an admin away, or the
//! key with which one comes in, needs another one who has an account, or has a
//! key that allows everything and has no end. It is looked for before the
//! transaction, and must still be what it was when that is written: of two
//! admins who remove each other at the same time, one fails the condition.

use super::{Meaning, Transaction, unbuildable};
use crate::{
    CommitError, Error, PageRequest, WorkspaceStore, access, internal_user, number, pattern::Key,
};
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use portico_domain::{ApiKey, ApiKeyId, Change, InternalUser, InternalUserId};
use std::collections::BTreeSet;

/// An admin who can come in without what a change takes away.
pub(super) struct Remaining {
    user: InternalUser,
    /// What it comes in with, unless it has an account.
    key: Option<ApiKey>,
}

/// What a change takes away, as far as admins could come in with it.
struct Lost {
    admins: BTreeSet<InternalUserId>,
    keys: BTreeSet<ApiKeyId>,
}

impl Lost {
    fn by(change: &Change<'_>) -> Self {
        let admins = change.internal_users.iter();
        let admins = admins.filter(|revision| {
            let before = revision.before.as_ref();
            before.is_some_and(InternalUser::is_admin) && !revision.after.is_admin()
        });
        let keys = change.api_keys.iter().filter(|revision| {
            let before = revision.before.as_ref();
            before.is_some_and(ApiKey::is_whole_for_good) && !revision.after.is_whole_for_good()
        });
        Self {
            admins: admins.map(|revision| revision.after.id).collect(),
            keys: keys.map(|revision| revision.after.id).collect(),
        }
    }
}

impl WorkspaceStore<'_> {
    /// An admin who can come in after this change; `None` if it takes nothing
    /// away that an admin could come in with.
    pub(super) async fn remaining_admin(
        &self,
        change: &Change<'_>,
    ) -> Result<Option<Box<Remaining>>, CommitError> {
        let lost = Lost::by(change);
        if lost.admins.is_empty() && lost.keys.is_empty() {
            return Ok(None);
        }
        // Hardly any change comes here; the others need no room for it.
        Box::pin(self.admin_without(change, &lost)).await
    }

    async fn admin_without(
        &self,
        change: &Change<'_>,
        lost: &Lost,
    ) -> Result<Option<Box<Remaining>>, CommitError> {
        let mut concerns_admins = !lost.admins.is_empty();
        let keys = change.api_keys.iter().map(|revision| &revision.after);
        for key in keys.filter(|key| lost.keys.contains(&key.id)) {
            let owner = self.member_now(key.owner).await?;
            concerns_admins |= owner.is_some_and(|owner| owner.is_admin());
        }
        if !concerns_admins {
            return Ok(None);
        }
        let remaining = self.find_admin(lost).await?;
        let remaining = remaining.ok_or(CommitError::LastAdmin)?;
        Ok(Some(Box::new(remaining)))
    }

    /// Somebody with an account, or else with a key. Lists may be behind, so
    /// whoever is found there is looked at once more.
    async fn find_admin(&self, lost: &Lost) -> Result<Option<Remaining>, Error> {
        let mut admins = BTreeSet::new();
        let mut page = FIRST;
        loop {
            let users = self.internal_users(&page).await?;
            for user in users.items {
                if !user.is_admin() || lost.admins.contains(&user.id) {
                    continue;
                }
                if user.can_sign_in()
                    && let Some(user) = self.member_now(user.id).await?
                    && user.is_admin()
                {
                    return Ok(Some(Remaining { user, key: None }));
                }
                admins.insert(user.id);
            }
            if users.next.is_none() {
                break;
            }
            page.after = users.next;
        }
        let mut page = FIRST;
        while !admins.is_empty() {
            let keys = self.api_keys(&page).await?;
            for key in keys.items {
                let is_candidate = key.is_whole_for_good()
                    && admins.contains(&key.owner)
                    && !lost.keys.contains(&key.id);
                if is_candidate
                    && let Some(key) = self.key_now(key.id).await?
                    && key.is_whole_for_good()
                    && let Some(user) = self.member_now(key.owner).await?
                    && user.is_admin()
                {
                    let key = Some(key);
                    return Ok(Some(Remaining { user, key }));
                }
            }
            if keys.next.is_none() {
                break;
            }
            page.after = keys.next;
        }
        Ok(None)
    }

    async fn member_now(&self, id: InternalUserId) -> Result<Option<InternalUser>, Error> {
        let key = internal_user::this_key(self.id, id);
        let store = self.store;
        store.get_for_admission(internal_user::ENTITY, key).await
    }

    async fn key_now(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        let key = access::this_key(id);
        let store = self.store;
        store.get_for_admission(access::API_KEY_ENTITY, key).await
    }
}

const FIRST: PageRequest = PageRequest {
    limit: 100,
    after: None,
};

impl Transaction {
    /// Requires that whoever remains is what it was.
    pub(super) fn remains(&mut self, Remaining { user, key }: &Remaining) -> Result<(), Error> {
        let this = internal_user::this_key(user.workspace_id, user.id);
        self.check_version(&this, user.version)?;
        match key {
            Some(key) => self.check_version(&access::this_key(key.id), key.version),
            None => Ok(()),
        }
    }

    /// Requires an item to be of this version; the first API keys were written
    /// without a number.
    fn check_version(&mut self, key: &Key, version: u64) -> Result<(), Error> {
        let unnumbered = if version == 0 {
            "attribute_not_exists(version) OR "
        } else {
            ""
        };
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression(format!(
                "attribute_exists(pk) AND ({unnumbered}version = :version)"
            ))
            .expression_attribute_values(":version", number(version))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::Stale);
        Ok(())
    }
}
