//! Values of custom fields: the fields that a workspace adds to its clients and
//! companies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The values that one client or company has, by the keys of their fields.
///
/// In a change, `null` stands for a value that is taken away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomValues(Map<String, Value>);

impl CustomValues {
    /// Takes over the values of a change; the others stay.
    pub(crate) fn merge(&mut self, change: Self) {
        for (key, value) in change.0 {
            if value.is_null() {
                self.0.shift_remove(&key);
            } else {
                self.0.insert(key, value);
            }
        }
    }

    /// The values as callers see them: nothing rather than an empty object.
    pub(crate) fn shown(&self) -> Option<Map<String, Value>> {
        Some(self.0.clone()).filter(|values| !values.is_empty())
    }
}
