//! The one DynamoDB table: keys, access patterns, transactions.
//!
//! Data are reached only through a [`WorkspaceStore`], a handle to one tenant;
//! every key that it fills in begins with that tenant's id. What belongs to no
//! tenant yet, such as looking up whose key this is, and the work lists of the
//! scheduled functions are on [`Store`].
//!
//! A decision of the domain is written by [`WorkspaceStore::commit`]: whole,
//! with the events that tell it, or not at all.

mod access;
mod address_mark;
mod ahead;
mod answered;
mod audit;
mod chore;
mod client;
mod clock;
mod commit;
mod company;
mod concern;
mod delivery;
mod derived;
mod doorbell;
mod due;
mod endpoint;
mod error;
mod event;
mod field_set;
mod health;
mod internal_user;
mod invitation;
mod invoice;
mod item;
mod lane;
mod letter;
mod limit;
mod list;
mod merged;
mod pace;
mod password;
mod pattern;
mod payment;
mod person;
mod rate;
mod recovery;
mod request;
mod restore;
mod role;
mod service;
mod session;
mod table;
mod throttle;
mod ticket;
mod transact;
mod word;
mod workspace;

pub use access::Credentials;
pub use ahead::{Named, ReadAhead};
pub use answered::Answered;
pub use audit::AuditFilter;
pub use client::{ClientFilter, ClientsBy, Move, Relisted};
pub use clock::Clock;
pub use company::{CompaniesBy, CompanyFilter};
pub use delivery::{Current, DeliveryFilter, Queued};
pub use doorbell::Doorbell;
pub use due::{DueKind, SHARDS};
pub use endpoint::EndpointLimit;
pub use error::{CommitError, Error};
pub use event::{EventFilter, MAX_EVENT_LENGTH};
pub use invitation::InvitationFilter;
pub use invoice::InvoiceFilter;
pub use item::TTL as TTL_ATTRIBUTE;
pub use list::{Page, PageRequest, Position, Sort};
pub use pace::KnownPace;
pub use password::{Login, StoredPassword};
pub use pattern::{Index, Pattern};
pub use payment::PaymentFilter;
pub use rate::{RATE_ATTRIBUTES, RATE_PARTITIONS};
pub use request::RequestFilter;
pub use restore::RestoreError;
pub use service::ServiceFilter;
pub use session::{SESSION_ATTRIBUTES, SESSION_PARTITIONS, SignedIn};
pub use table::DUE_ATTRIBUTES;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_types::SdkConfig;
use item::{Attributes, read};
use pattern::Key;
use portico_domain::WorkspaceId;
use serde::{Serialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};

/// How many calls to the table a function has under way at once that has many
/// things to do. It opens as many connections at its start.
pub const CALLS_AT_ONCE: usize = 8;

/// How often a batch is asked for what a throttled table has left out.
const MAX_WAITS: u64 = 8;

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: Arc<str>,
    clock: Clock,
}

/// One tenant's part of the table.
#[derive(Clone, Debug)]
pub struct WorkspaceStore<'a> {
    store: &'a Store,
    id: WorkspaceId,
    ahead: Option<&'a ReadAhead>,
}

impl Store {
    /// The table of this name, reached with this configuration. The clock tells
    /// how old a change is that is to be written.
    pub fn new(config: &SdkConfig, table: &str, clock: Clock) -> Self {
        Self {
            client: aws_sdk_dynamodb::Client::new(config),
            table: table.into(),
            clock,
        }
    }

    /// The part of one tenant. The id comes from the caller's key or session,
    /// or from a record that the table itself wrote; never from a request.
    pub const fn workspace(&self, id: WorkspaceId) -> WorkspaceStore<'_> {
        WorkspaceStore {
            store: self,
            id,
            ahead: None,
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        key: &Key,
    ) -> Result<Option<T>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await?;
        answer.item.map(|item| read(entity, item)).transpose()
    }

    /// The same by the action that lets callers in, so that whatever admission
    /// reads needs no other grant.
    async fn get_for_admission<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        key: Key,
    ) -> Result<Option<T>, Error> {
        let found = self.get_many(vec![key]).await?.pop();
        found.map(|item| read(entity, item)).transpose()
    }

    /// The items with these keys that there are, in no order.
    async fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Attributes>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        let mut asked: Vec<_> = keys.iter().map(Key::attributes).collect();
        let mut waits = 0;
        while !asked.is_empty() {
            // DynamoDB takes 100 keys at once, and may leave some for later.
            let rest = asked.split_off(asked.len().min(100));
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(asked))
                .consistent_read(true)
                .build()
                .map_err(|error| Error::Unavailable(Box::new(error)))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, keys)
                .send()
                .await?;
            found.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let left = answer.unprocessed_keys.into_iter().flatten();
            let left: Vec<_> = left.flat_map(|(_, keys)| keys.keys).collect();
            if !left.is_empty() {
                waits += 1;
                if waits > MAX_WAITS {
                    return Err(Error::Busy("keys stay unprocessed".into()));
                }
                tokio::time::sleep(Duration::from_millis(20 * waits)).await;
            }
            asked = left.into_iter().chain(rest).collect();
        }
        Ok(found)
    }

    async fn put(&self, item: Attributes) -> Result<(), Error> {
        self.client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item))
            .send()
            .await?;
        Ok(())
    }

    /// Puts the item unless there is one with its key; answers whether it did.
    async fn put_new(&self, item: Attributes) -> Result<bool, Error> {
        let result = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        Ok(error::unless_condition_fails(result)?.is_some())
    }
}

/// Every access pattern of the table, in the order of `docs/table.md`.
pub fn patterns() -> impl Iterator<Item = &'static Pattern> {
    [
        workspace::PATTERNS,
        access::PATTERNS,
        internal_user::PATTERNS,
        role::PATTERNS,
        session::PATTERNS,
        throttle::PATTERNS,
        client::PATTERNS,
        client::derive::PATTERNS,
        password::PATTERNS,
        company::PATTERNS,
        field_set::PATTERNS,
        service::PATTERNS,
        request::PATTERNS,
        invoice::PATTERNS,
        payment::PATTERNS,
        chore::PATTERNS,
        company::derive::PATTERNS,
        invitation::PATTERNS,
        address_mark::PATTERNS,
        letter::PATTERNS,
        limit::PATTERNS,
        ticket::PATTERNS,
        endpoint::PATTERNS,
        event::PATTERNS,
        delivery::PATTERNS,
        delivery::attempts::PATTERNS,
        lane::PATTERNS,
        health::PATTERNS,
        pace::PATTERNS,
        recovery::PATTERNS,
        audit::PATTERNS,
        answered::PATTERNS,
        rate::PATTERNS,
        due::PATTERNS,
    ]
    .into_iter()
    .flatten()
}

/// A text attribute of anything that displays as what is stored.
fn text(value: &impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number attribute.
fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An entity as it serializes to a plain text.
fn serialized(entity: &'static str, value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::corrupt(entity, error))
}
