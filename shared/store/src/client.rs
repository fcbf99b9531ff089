//! Clients in the table.
//!
//! A client is an item of its own and, for each of its companies, a copy
//! beside it (a membership), so that a page of a company's clients is one
//! Query too. All of them are written in one transaction. What other lists and
//! searches need is derived from the client afterwards (see [`derive`]). An
//! archived client is in the list of those that can be restored, and in no
//! other.

pub(crate) mod derive;
mod list;
mod within;

pub use derive::{Move, Relisted};
pub use list::{ClientFilter, ClientsBy};

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, add_tag_keys, item, read},
    number,
    pattern::Key,
    text,
};
use aws_sdk_dynamodb::{error::BuildError, types::Update};
use portico_domain::{Client, ClientId, CompanyId, Email, Time, WorkspaceId};
use serde::Deserialize;
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[
    THIS,
    ALL,
    BY_GIVEN_NAME,
    BY_FAMILY_NAME,
    BY_EMAIL,
    ARCHIVED,
    ARCHIVED_BY_EMAIL,
    EMAIL_GUARD,
    MEMBERSHIP,
    OF_COMPANY,
    OF_COMPANY_BY_NAME,
    OF_COMPANY_BY_ACTIVITY,
];

const THIS: Pattern = Pattern::new(
    "this client",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "CLIENT",
);
const ALL: Pattern = Pattern::new(
    "clients by creation",
    Index::Gsi1,
    "WS#<workspace>#CL",
    "<client>",
);
const BY_GIVEN_NAME: Pattern = Pattern::new(
    "clients with this given name",
    Index::Gsi2,
    "WS#<workspace>#CL#GIVEN#<given name>",
    "<client>",
);
const BY_FAMILY_NAME: Pattern = Pattern::new(
    "clients with this family name",
    Index::Gsi3,
    "WS#<workspace>#CL#FAMILY#<family name>",
    "<client>",
);
const BY_EMAIL: Pattern = Pattern::new(
    "the client with this e-mail address",
    Index::Gsi4,
    "WS#<workspace>#CL#EMAIL#<e-mail>",
    "<client>",
);
const ARCHIVED: Pattern = Pattern::new(
    "archived clients by when they were archived",
    Index::Gsi1,
    "WS#<workspace>#CL#ARCHIVED",
    "<archived at>#<client>",
);
const ARCHIVED_BY_EMAIL: Pattern = Pattern::new(
    "archived clients with this e-mail address",
    Index::Gsi4,
    "WS#<workspace>#CL#ARCHIVED#EMAIL#<lower-case e-mail>",
    "<archived at>#<client>",
);
const EMAIL_GUARD: Pattern = Pattern::new(
    "is this e-mail address taken",
    Index::Table,
    "WS#<workspace>#EMAIL#<lower-case e-mail>",
    "EMAIL",
);
const MEMBERSHIP: Pattern = Pattern::new(
    "this client in this company",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "MEMBER#<company>",
);
const OF_COMPANY: Pattern = Pattern::new(
    "clients of a company by creation",
    Index::Gsi1,
    "WS#<workspace>#CO#<company>#CL",
    "<client>",
);
const OF_COMPANY_BY_NAME: Pattern = Pattern::new(
    "clients of a company by name",
    Index::Gsi2,
    "WS#<workspace>#CO#<company>#CL",
    "<name>#<client>",
);
const OF_COMPANY_BY_ACTIVITY: Pattern = Pattern::new(
    "clients of a company by last activity",
    Index::Gsi3,
    "WS#<workspace>#CO#<company>#CL",
    "<last activity or 0>#<client>",
);
pub(crate) const ENTITY: &str = "client";

impl WorkspaceStore<'_> {
    /// The client with this id, archived or not.
    pub async fn client(&self, id: ClientId) -> Result<Option<Client>, Error> {
        self.fetch(ENTITY, &client_key(self.id, id)).await
    }

    /// The client with this id, archived or not, or the one that it was merged
    /// into.
    pub async fn client_or_survivor(&self, id: ClientId) -> Result<Option<Client>, Error> {
        let client = self.client(id).await?;
        match client.as_ref().and_then(|client| client.merged_into) {
            Some(survivor) => self.client(survivor).await,
            None => Ok(client),
        }
    }

    /// Every id under which there may be something of this client's.
    pub async fn ids_of_client(&self, id: ClientId) -> Result<Vec<ClientId>, Error> {
        let client = self.client_or_survivor(id).await?;
        Ok(client.map_or_else(|| vec![id], |client| client.all_ids()))
    }

    /// The clients with these ids that there are, archived or not.
    pub async fn clients_by_id(&self, ids: &[ClientId]) -> Result<Vec<Client>, Error> {
        let keys = ids.iter().map(|id| THIS.key(&[&self.id, id])).collect();
        let items = self.fetch_many(keys).await?;
        items.into_iter().map(|item| read(ENTITY, item)).collect()
    }
}

/// The client's item; `due` if lists have to follow it without an event.
pub(crate) fn client_item(client: &Client, due: Option<&Key>) -> Result<Attributes, Error> {
    let (w, id, name) = (&client.workspace_id, &client.id, &client.name);
    let mut keys = vec![client_key(*w, *id)];
    keys.extend(due.cloned());
    if client.is_listed() {
        keys.push(ALL.key(&[w, id]));
        keys.push(BY_EMAIL.key(&[w, &client.email, id]));
        keys.push(BY_GIVEN_NAME.key(&[w, &name.given_name, id]));
        keys.push(BY_FAMILY_NAME.key(&[w, &name.family_name, id]));
    }
    if let Some(at) = client.restorable_since() {
        keys.push(ARCHIVED.key(&[w, &at, id]));
        keys.push(ARCHIVED_BY_EMAIL.key(&[w, &client.email.key(), &at, id]));
    }
    client_copy(ENTITY, client, &keys)
}

pub(crate) fn membership_item(client: &Client, company: CompanyId) -> Result<Attributes, Error> {
    let (w, id) = (&client.workspace_id, &client.id);
    let keys = [
        membership_key(client, company),
        OF_COMPANY.key(&[w, &company, id]),
        OF_COMPANY_BY_NAME.key(&[w, &company, &client.sort_name(), id]),
        OF_COMPANY_BY_ACTIVITY.key(&[w, &company, &last_activity(client), id]),
    ];
    client_copy("membership", client, &keys)
}

/// An item with all that lists show and filter by.
fn client_copy(entity: &'static str, client: &Client, keys: &[Key]) -> Result<Attributes, Error> {
    let mut copy = item(entity, client, keys)?;
    add_tag_keys(&mut copy, &client.tags);
    Ok(copy)
}

/// What a client is sorted by when sorted by last activity; one who was never
/// active sorts before all others.
fn last_activity(client: &Client) -> String {
    let at = client.last_activity_at.map(|at| at.to_string());
    at.unwrap_or_else(|| "0".to_owned())
}

pub(crate) fn client_key(workspace: WorkspaceId, id: ClientId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn membership_key(client: &Client, company: CompanyId) -> Key {
    MEMBERSHIP.key(&[&client.workspace_id, &client.id, &company])
}

pub(crate) fn email_guard_key(workspace: WorkspaceId, email: &Email) -> Key {
    EMAIL_GUARD.key(&[&workspace, &email.key()])
}

/// Whose an e-mail address is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailGuard {
    client_id: ClientId,
    /// An earlier version kept an address that was only asked for.
    reserved_until: Option<Time>,
}

impl WorkspaceStore<'_> {
    /// Whose this e-mail address is.
    pub async fn client_id_of(&self, email: &Email) -> Result<Option<ClientId>, Error> {
        let guard: Option<EmailGuard> = self
            .fetch("emailGuard", &email_guard_key(self.id, email))
            .await?;
        let proved = guard.filter(|guard| guard.reserved_until.is_none());
        Ok(proved.map(|guard| guard.client_id))
    }
}

/// The client who has the address of this guard.
pub(crate) fn holder_of_email(guard: Attributes) -> Option<ClientId> {
    let guard: Result<EmailGuard, Error> = read("emailGuard", guard);
    guard.ok().map(|guard| guard.client_id)
}

pub(crate) fn email_guard_item(client: &Client) -> Result<Attributes, Error> {
    let key = email_guard_key(client.workspace_id, &client.email);
    item("emailGuard", &json!({ "clientId": client.id }), &[key])
}

/// Lets the id of a merged client lead to another one.
pub(crate) fn repoint_update(
    table: &str,
    workspace: WorkspaceId,
    (id, from, to): (ClientId, ClientId, ClientId),
) -> Result<Update, BuildError> {
    Update::builder()
        .table_name(table)
        .set_key(Some(THIS.key(&[&workspace, &id]).attributes()))
        .update_expression("SET mergedInto = :to ADD version :one")
        .condition_expression("mergedInto = :from")
        .expression_attribute_values(":from", text(&from))
        .expression_attribute_values(":to", text(&to))
        .expression_attribute_values(":one", number(1))
        .build()
}
