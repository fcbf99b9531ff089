//! JSON objects whose members are nobody's in particular.
//!
//! The table gives the members of an object back in any order. What is shown is
//! compared by its text, as an entity tag, so they are put in the order of their
//! names.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Puts the members of an object, and of those within it, in order.
pub(crate) fn sort(members: &mut Map<String, Value>) {
    members.sort_keys();
    members.values_mut().for_each(Value::sort_all_objects);
}

/// Reads an object with its members in order.
pub(crate) fn sorted<'de, D>(deserializer: D) -> Result<Map<String, Value>, D::Error>
where
    D: Deserializer<'de>,
{
    let mut members = Map::deserialize(deserializer)?;
    sort(&mut members);
    Ok(members)
}
