//! What is derived from a thing: the copies and words by which lists and
//! searches find it.
//!
//! They stand beside the thing in its partition, with sort keys that go on
//! where that of the thing ends. So one Query reads the thing first and then
//! all that is derived from it, and what has to be written is the difference
//! between what there is and what there shall be.
//!
//! Each write requires that the thing still has the version that was read.
//! Therefore what comes late, twice or in another order does no harm: a writer
//! that looked at an older version writes nothing, and two that look at the
//! same version write the same.

use crate::{
    Error, Index, PageRequest, Store,
    item::Attributes,
    list::{Order, Question},
    number,
    pattern::Key,
    transact::MAX_ACTIONS,
};
use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
        builders::{DeleteBuilder, PutBuilder},
    },
};
use std::collections::BTreeMap;

/// How often something that is changed all the time is read anew.
pub(crate) const MAX_TRIES: usize = 6;
/// How many bytes one transaction writes, at most; DynamoDB takes 4 MB.
const MAX_BYTES: usize = 3_000_000;

/// Items of one partition by their sort keys.
pub(crate) type Family = BTreeMap<String, Attributes>;

/// What has to be written, beside what must hold for it.
pub(crate) struct Difference {
    actions: Vec<(usize, TransactWriteItem)>,
}

impl Store {
    /// The items beside this key whose sort keys begin with `stem`.
    pub(crate) async fn family(&self, key: &Key, stem: &str) -> Result<Family, Error> {
        let mut family = Family::new();
        let mut after = None;
        loop {
            let question =
                Question::new(Index::Table, key.partition().to_owned(), Order::OldestFirst)
                    .beginning(stem);
            let page = PageRequest {
                limit: u16::MAX,
                after,
            };
            let found = self.query(question, &page).await?;
            family.extend(found.items.into_iter().map(|item| (sort_key(&item), item)));
            if found.next.is_none() {
                return Ok(family);
            }
            after = found.next;
        }
    }

    /// Writes a difference as long as `requirements` hold; answers whether
    /// they did. What is too much for one transaction is written in several.
    pub(crate) async fn write_difference(
        &self,
        difference: Difference,
        requirements: &[TransactWriteItem],
        seed: u64,
    ) -> Result<bool, Error> {
        let mut rest = difference.actions.into_iter().peekable();
        while rest.peek().is_some() {
            let mut actions = requirements.to_vec();
            let mut bytes = 0;
            while let Some((size, action)) = rest.next_if(|(size, _)| {
                actions.len() < MAX_ACTIONS && (bytes == 0 || bytes + size <= MAX_BYTES)
            }) {
                bytes += size;
                actions.push(action);
            }
            if !self.transact(&actions, seed, None).await?.is_written() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Requires that the thing with this key has this version, or that there
    /// is none; `attribute` counts its versions.
    pub(crate) fn check_version(
        &self,
        key: &Key,
        attribute: &str,
        version: Option<u64>,
    ) -> Result<TransactWriteItem, Error> {
        let check = ConditionCheck::builder()
            .table_name(&*self.table)
            .set_key(Some(key.attributes()));
        let check = match version {
            None => check.condition_expression("attribute_not_exists(pk)"),
            Some(version) => check
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", attribute)
                .expression_attribute_values(":version", number(version)),
        };
        let check = check.build().map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Puts an item where there is none.
    pub(crate) fn put_new_action(&self, item: Attributes) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().condition_expression("attribute_not_exists(pk)");
        self.put_action(put.set_item(Some(item)))
    }

    /// Deletes an item that is there.
    pub(crate) fn delete_existing(&self, key: &Key) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder().condition_expression("attribute_exists(pk)");
        self.delete_action(delete.set_key(Some(key.attributes())))
    }

    fn put_action(&self, put: PutBuilder) -> Result<TransactWriteItem, Error> {
        let put = put.table_name(&*self.table).build().map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_action(&self, delete: DeleteBuilder) -> Result<TransactWriteItem, Error> {
        let delete = delete
            .table_name(&*self.table)
            .build()
            .map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// What makes `there` into `wanted`.
    pub(crate) fn difference(
        &self,
        there: &Family,
        wanted: Vec<Attributes>,
    ) -> Result<Difference, Error> {
        let wanted: Family = wanted
            .into_iter()
            .map(|item| (sort_key(&item), item))
            .collect();
        let gone = there.iter().filter(|(sort, _)| !wanted.contains_key(*sort));
        let mut actions = gone
            .map(|(_, item)| {
                let delete = Delete::builder().set_key(Some(key_of(item)));
                Ok((0, self.delete_action(delete)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        for (sort, item) in wanted {
            if there.get(&sort) != Some(&item) {
                let size = size(&item);
                let put = Put::builder().set_item(Some(item));
                actions.push((size, self.put_action(put)?));
            }
        }
        Ok(Difference { actions })
    }
}

/// An update, as a part of a transaction.
pub(crate) fn action_update(
    update: Result<Update, BuildError>,
) -> Result<TransactWriteItem, Error> {
    let update = update.map_err(unbuildable)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn unbuildable(error: BuildError) -> Error {
    Error::Unavailable(Box::new(error))
}

fn key_of(item: &Attributes) -> Attributes {
    let (partition, sort) = Index::Table.attributes();
    let attribute = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    [partition, sort]
        .into_iter()
        .filter_map(attribute)
        .collect()
}

fn sort_key(item: &Attributes) -> String {
    let (_, sort) = Index::Table.attributes();
    match item.get(sort) {
        Some(AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    }
}

/// About how many bytes an item takes on its way to the table.
fn size(item: &Attributes) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + size_of_value(value))
        .sum()
}

fn size_of_value(value: &AttributeValue) -> usize {
    // Types, quotes and separators.
    12 + match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::L(list) => list.iter().map(size_of_value).sum(),
        AttributeValue::M(map) => size(map),
        _ => 0,
    }
}
