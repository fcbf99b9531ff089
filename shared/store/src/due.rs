//! Work that is due: what a sweep finds.
//!
//! Whatever is still to be done has a due time and is in the sparse `due`
//! index; what is done leaves it. A worker takes work up by moving its due
//! time (a lease), so work whose worker died comes back by itself. The index
//! spans all tenants and holds ids only.

use crate::{
    Error, Index, PageRequest, Pattern, Store,
    error::unless_condition_fails,
    item::{Attributes, read},
    list::{Order, Question},
    number,
    pattern::Key,
    text,
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::future::try_join_all;
use portico_domain::{Id, Task, Time};
use serde::de::DeserializeOwned;

pub(crate) const PATTERNS: &[Pattern] = &[DUE];

const DUE: Pattern = Pattern::new(
    "work of a kind that is due",
    Index::Due,
    "DUE#<kind>#<shard>",
    "<due time>",
);

/// Over how many partitions each kind of work is spread: one partition takes
/// 1 000 writes a second, and each piece of work is at least two.
pub const SHARDS: usize = 4;

/// What kind of work is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueKind {
    /// An event has to be dispatched.
    Event,
    /// A letter has to be mailed.
    Letter,
    /// A lane has deliveries to attempt.
    Lane,
    /// A recovery has to go on.
    Recovery,
    /// An invitation has to expire.
    Invitation,
    /// A deleted company has to be emptied.
    Company,
    /// A chore has to be done.
    Chore,
    /// A client, changed without an event, has to be listed anew.
    Client,
    /// A company has to be sorted by its new count of clients.
    CompanyCount,
}

impl DueKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Event,
        Self::Letter,
        Self::Lane,
        Self::Recovery,
        Self::Invitation,
        Self::Company,
        Self::Chore,
        Self::Client,
        Self::CompanyCount,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Event => "EVENT",
            Self::Letter => "LETTER",
            Self::Lane => "LANE",
            Self::Recovery => "RECOVERY",
            Self::Invitation => "INVITATION",
            Self::Company => "COMPANY",
            Self::Chore => "CHORE",
            Self::Client => "CLIENT",
            Self::CompanyCount => "COMPANY_COUNT",
        }
    }

    pub(crate) fn key<K>(self, id: Id<K>, at: Time) -> Key {
        DUE.key(&[&self.name(), &id.shard(SHARDS), &at])
    }
}

/// Whether an item is in the index of due work.
pub(crate) fn is_due(item: &Attributes) -> bool {
    matches!(
        item.get(DUE.index.attributes().0),
        Some(AttributeValue::S(_))
    )
}

impl Store {
    /// What was due before `now`: from each shard the `limit` pieces of work
    /// that have waited longest.
    pub async fn due<K>(
        &self,
        kind: DueKind,
        now: Time,
        limit: u16,
    ) -> Result<Vec<Task<K>>, Error> {
        let page = &PageRequest { limit, after: None };
        let shards = (0..SHARDS).map(|shard| {
            let partition = DUE.partition(&[&kind.name(), &shard]);
            let question = Question::new(DUE.index, partition, Order::OldestFirst).until(&now);
            self.list(kind.name(), question, page)
        });
        let pages = try_join_all(shards).await?;
        Ok(pages.into_iter().flat_map(|page| page.items).collect())
    }

    /// Moves due work out of everybody else's sight until `until` and counts
    /// that in `counter`; `None` if it is not due, gone, or another's.
    pub(crate) async fn lease<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        key: &Key,
        counter: &str,
        now: Time,
        until: Time,
    ) -> Result<Option<T>, Error> {
        let request = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET dueAt = :until, duesk = :until ADD #counter :one")
            .condition_expression("dueAt <= :now")
            .expression_attribute_names("#counter", counter)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":now", text(&now))
            .expression_attribute_values(":until", text(&until))
            .return_values(ReturnValue::AllNew);
        let answer = unless_condition_fails(request.send().await)?;
        answer
            .and_then(|answer| answer.attributes)
            .map(|item| read(entity, item))
            .transpose()
    }

    /// Takes an item out of the index of due work.
    pub(crate) async fn clear_due(&self, key: &Key) -> Result<(), Error> {
        let result = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .update_expression("REMOVE duepk, duesk")
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        unless_condition_fails(result).map(drop)
    }

    /// Puts due work off, if it is still due.
    pub(crate) async fn put_off_due(&self, key: &Key, until: Time) -> Result<(), Error> {
        let result = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET duesk = :until")
            .condition_expression("attribute_exists(duepk)")
            .expression_attribute_values(":until", text(&until))
            .send()
            .await;
        unless_condition_fails(result).map(drop)
    }

    /// Takes it out, if the item still has this version, which `attribute` counts.
    /// Answers whether it had.
    pub(crate) async fn clear_due_of(
        &self,
        key: &Key,
        attribute: &str,
        version: u64,
    ) -> Result<bool, Error> {
        let result = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .update_expression("REMOVE duepk, duesk")
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", attribute)
            .expression_attribute_values(":version", number(version))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }

    pub(crate) async fn delete(&self, key: &Key) -> Result<(), Error> {
        self.client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()))
            .send()
            .await?;
        Ok(())
    }
}
