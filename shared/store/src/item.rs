//! Items: entities with their keys.

use crate::{Error, pattern::Key};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{Tags, Time};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// An item as DynamoDB holds it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The attribute that says what kind of thing an item is.
pub(crate) const ENTITY: &str = "entity";
/// The attribute after whose time (seconds) DynamoDB may delete an item.
pub const TTL: &str = "ttl";
/// The attribute with the tags of a thing as they are compared.
pub(crate) const TAG_KEYS: &str = "tagKeys";

/// Starts an item: the entity's own fields, what it is, and its keys.
pub(crate) fn item(
    entity: &'static str,
    fields: &impl Serialize,
    keys: &[Key],
) -> Result<Attributes, Error> {
    let mut item: Attributes =
        serde_dynamo::to_item(fields).map_err(|error| Error::corrupt(entity, error))?;
    item.insert(ENTITY.to_owned(), AttributeValue::S(entity.to_owned()));
    item.extend(keys.iter().flat_map(Key::attributes));
    Ok(item)
}

/// Notes by which tags the item can be found, whatever their case.
pub(crate) fn add_tag_keys(item: &mut Attributes, tags: &Tags) {
    let keys = tags
        .as_slice()
        .iter()
        .map(|tag| AttributeValue::S(Tags::key(tag)));
    item.insert(TAG_KEYS.to_owned(), AttributeValue::L(keys.collect()));
}

/// Lets DynamoDB delete the item some time after `at`.
pub(crate) fn expire_after(item: &mut Attributes, at: Time) {
    item.insert(
        TTL.to_owned(),
        AttributeValue::N(at.unix_seconds().to_string()),
    );
}

/// Reads an entity back; attributes that it does not know are left alone, so
/// items of a later version can be read.
pub(crate) fn read<T: DeserializeOwned>(
    entity: &'static str,
    item: Attributes,
) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(|error| Error::corrupt(entity, error))
}
