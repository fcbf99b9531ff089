//! Clients in the table.
//!
//! A client is an item of its own and, for each of its companies, a copy
//! beside the company (a membership), so that a page of a company's clients is
//! one Query too. All of them are written in one transaction. An archived
//! client is in no index.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, expire_after, item},
    list::{Filter, Order, Question},
    pattern::Key,
};
use portico_domain::{Client, ClientId, CompanyId, Email, EmailReservation, Time, WorkspaceId};
use serde::Deserialize;
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[
    THIS,
    ALL,
    BY_GIVEN_NAME,
    BY_FAMILY_NAME,
    BY_EMAIL,
    EMAIL_GUARD,
    MEMBERSHIP,
    OF_COMPANY,
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
pub(crate) const ENTITY: &str = "client";

/// Which clients to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// This address, in this spelling.
    pub email: Option<String>,
    /// This first name.
    pub given_name: Option<String>,
    /// This last name.
    pub family_name: Option<String>,
    /// This company.
    pub company_id: Option<CompanyId>,
}

impl WorkspaceStore<'_> {
    /// The client with this id, archived or not.
    pub async fn client(&self, id: ClientId) -> Result<Option<Client>, Error> {
        self.store.get(ENTITY, &THIS.key(&[&self.id, &id])).await
    }

    /// Clients that pass the filter, oldest first. The most selective index
    /// serves; what is left of the filter is applied to what it yields.
    pub async fn clients(
        &self,
        filter: ClientFilter,
        page: &PageRequest,
    ) -> Result<Page<Client>, Error> {
        let w = &self.id;
        let company_id = filter.company_id.map(|id| id.to_string());
        let list = |pattern: Pattern, partition| {
            Question::new(pattern.index, partition, Order::OldestFirst)
        };
        let question = match filter {
            ClientFilter {
                email: Some(email), ..
            } => list(BY_EMAIL, BY_EMAIL.partition(&[w, &email]))
                .filter(Filter::Contains, "companyIds", company_id)
                .filter(Filter::Is, "familyName", filter.family_name)
                .filter(Filter::Is, "givenName", filter.given_name),
            ClientFilter {
                company_id: Some(company),
                ..
            } => list(OF_COMPANY, OF_COMPANY.partition(&[w, &company]))
                .filter(Filter::Is, "familyName", filter.family_name)
                .filter(Filter::Is, "givenName", filter.given_name),
            ClientFilter {
                family_name: Some(family),
                ..
            } => list(BY_FAMILY_NAME, BY_FAMILY_NAME.partition(&[w, &family])).filter(
                Filter::Is,
                "givenName",
                filter.given_name,
            ),
            ClientFilter {
                given_name: Some(given),
                ..
            } => list(BY_GIVEN_NAME, BY_GIVEN_NAME.partition(&[w, &given])),
            _ => list(ALL, ALL.partition(&[w])),
        };
        self.store.list(ENTITY, question, page).await
    }
}

pub(crate) fn client_item(client: &Client) -> Result<Attributes, Error> {
    let (w, id, name) = (&client.workspace_id, &client.id, &client.name);
    let mut keys = vec![THIS.key(&[w, id])];
    if client.archived_at.is_none() {
        keys.push(ALL.key(&[w, id]));
        keys.push(BY_EMAIL.key(&[w, &client.email, id]));
        keys.push(BY_GIVEN_NAME.key(&[w, &name.given_name, id]));
        keys.push(BY_FAMILY_NAME.key(&[w, &name.family_name, id]));
    }
    item(ENTITY, client, &keys)
}

pub(crate) fn membership_item(client: &Client, company: CompanyId) -> Result<Attributes, Error> {
    let (w, id) = (&client.workspace_id, &client.id);
    let keys = [
        MEMBERSHIP.key(&[w, id, &company]),
        OF_COMPANY.key(&[w, &company, id]),
    ];
    item("membership", client, &keys)
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
    /// The address waits to be proved; nobody signs in with it yet.
    reserved_until: Option<Time>,
}

impl WorkspaceStore<'_> {
    /// Whose this e-mail address is.
    pub async fn client_id_of(&self, email: &Email) -> Result<Option<ClientId>, Error> {
        let guard: Option<EmailGuard> = self
            .store
            .get("emailGuard", &email_guard_key(self.id, email))
            .await?;
        let proved = guard.filter(|guard| guard.reserved_until.is_none());
        Ok(proved.map(|guard| guard.client_id))
    }
}

pub(crate) fn client_key(workspace: WorkspaceId, id: ClientId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn email_guard_item(client: &Client) -> Result<Attributes, Error> {
    let key = email_guard_key(client.workspace_id, &client.email);
    item("emailGuard", &json!({ "clientId": client.id }), &[key])
}

pub(crate) fn reservation_item(
    workspace: WorkspaceId,
    reservation: &EmailReservation,
) -> Result<Attributes, Error> {
    let EmailReservation {
        client_id, until, ..
    } = reservation;
    let fields = json!({ "clientId": client_id, "reservedUntil": until });
    let key = email_guard_key(workspace, &reservation.email);
    let mut item = item("emailGuard", &fields, &[key])?;
    expire_after(&mut item, *until);
    Ok(item)
}
