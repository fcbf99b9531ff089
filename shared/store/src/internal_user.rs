//! Internal users in the table.
//!
//! A removed one is in no list. How many admins there are is counted in an
//! item of its own, which changes in the same transaction as the internal user.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item, read},
    list::{Order, Question},
    pattern::Key,
};
use portico_domain::{Account, Email, InternalUser, InternalUserId, Ticket, WorkspaceId};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL, EMAIL_GUARD, ADMINS];

const THIS: Pattern = Pattern::new(
    "this internal user",
    Index::Table,
    "WS#<workspace>#IU#<internal user>",
    "INTERNAL_USER",
);
const ALL: Pattern = Pattern::new(
    "internal users by creation",
    Index::Gsi1,
    "WS#<workspace>#IU",
    "<internal user>",
);
const EMAIL_GUARD: Pattern = Pattern::new(
    "is this e-mail address an internal user's, and whose",
    Index::Table,
    "WS#<workspace>#IU_EMAIL#<lower-case e-mail>",
    "IU_EMAIL",
);
const ADMINS: Pattern = Pattern::new(
    "how many admins a workspace has",
    Index::Table,
    "WS#<workspace>",
    "ADMINS",
);

pub(crate) const ENTITY: &str = "internalUser";
const GUARD_ENTITY: &str = "internalUserEmailGuard";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailGuard {
    internal_user_id: InternalUserId,
}

impl WorkspaceStore<'_> {
    /// The internal user with this id, removed or not.
    pub async fn internal_user(&self, id: InternalUserId) -> Result<Option<InternalUser>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// Whose, among internal users, this e-mail address is, whatever its case.
    pub async fn internal_user_id_of(
        &self,
        email: &Email,
    ) -> Result<Option<InternalUserId>, Error> {
        let key = email_guard_key(self.id, email);
        let guard: Option<EmailGuard> = self.fetch(GUARD_ENTITY, &key).await?;
        Ok(guard.map(|guard| guard.internal_user_id))
    }

    /// The internal user with this e-mail address, whatever its case.
    pub async fn internal_user_with(&self, email: &Email) -> Result<Option<InternalUser>, Error> {
        match self.internal_user_id_of(email).await? {
            Some(id) => self.internal_user(id).await,
            None => Ok(None),
        }
    }

    /// Whom the ticket of an invitation to the team invites, removed or not.
    pub async fn invited_member(&self, ticket: &Ticket) -> Result<Option<InternalUser>, Error> {
        match ticket.account {
            Account::InternalUser { id } => self.internal_user(id).await,
            Account::Client { .. } => Ok(None),
        }
    }

    /// One of these who is no member: not there, or removed.
    pub async fn unknown_member(
        &self,
        ids: impl IntoIterator<Item = InternalUserId>,
    ) -> Result<Option<InternalUserId>, Error> {
        let mut unknown: BTreeSet<InternalUserId> = ids.into_iter().collect();
        let keys = unknown.iter().map(|id| this_key(self.id, *id)).collect();
        for item in self.fetch_many(keys).await? {
            let user: InternalUser = read(ENTITY, item)?;
            if user.is_member() {
                unknown.remove(&user.id);
            }
        }
        Ok(unknown.pop_first())
    }

    /// Internal users, oldest first.
    pub async fn internal_users(&self, page: &PageRequest) -> Result<Page<InternalUser>, Error> {
        let question = Question::new(ALL.index, ALL.partition(&[&self.id]), Order::OldestFirst);
        self.store.list(ENTITY, question, page).await
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: InternalUserId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn internal_user_item(user: &InternalUser) -> Result<Attributes, Error> {
    let mut keys = vec![this_key(user.workspace_id, user.id)];
    if user.is_member() {
        keys.push(ALL.key(&[&user.workspace_id, &user.id]));
    }
    item(ENTITY, user, &keys)
}

pub(crate) fn email_guard_key(workspace: WorkspaceId, email: &Email) -> Key {
    EMAIL_GUARD.key(&[&workspace, &email.key()])
}

pub(crate) fn email_guard_item(user: &InternalUser) -> Result<Attributes, Error> {
    let key = email_guard_key(user.workspace_id, &user.email);
    item(GUARD_ENTITY, &json!({ "internalUserId": user.id }), &[key])
}

/// Where the number of admins is, and the attribute that holds it.
pub(crate) fn admins_key(workspace: WorkspaceId) -> (Key, &'static str) {
    (ADMINS.key(&[&workspace]), "admins")
}
