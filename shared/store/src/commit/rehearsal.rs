//! Rehearsals: what a transaction requires, without what it writes.

use super::{Transaction, unbuildable};
use crate::Error;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};

impl Transaction {
    /// The same conditions as checks; what has no condition is left out.
    pub(super) fn conditions_only(self) -> Result<Self, Error> {
        let mut rehearsal = Self {
            table: self.table,
            now: self.now,
            actions: Vec::new(),
            meanings: Vec::new(),
        };
        for (action, meaning) in self.actions.into_iter().zip(self.meanings) {
            if let Some(check) = check_of(action)? {
                rehearsal.push(check, meaning);
            }
        }
        Ok(rehearsal)
    }
}

fn check_of(action: TransactWriteItem) -> Result<Option<TransactWriteItem>, Error> {
    let check = ConditionCheck::builder();
    let (check, condition) = if let Some(put) = action.put {
        let is_key = |name: &str| matches!(name, "pk" | "sk");
        let key = put.item.into_iter().filter(|(name, _)| is_key(name));
        let check = check
            .table_name(put.table_name)
            .set_key(Some(key.collect()))
            .set_return_values_on_condition_check_failure(
                put.return_values_on_condition_check_failure,
            )
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values);
        (check, put.condition_expression)
    } else if let Some(delete) = action.delete {
        let check = check
            .table_name(delete.table_name)
            .set_key(Some(delete.key))
            .set_expression_attribute_names(delete.expression_attribute_names)
            .set_expression_attribute_values(delete.expression_attribute_values);
        (check, delete.condition_expression)
    } else if let Some(update) = action.update {
        // Values that only the update itself names would be refused.
        let condition = update.condition_expression.unwrap_or_default();
        let names = update.expression_attribute_names.into_iter().flatten();
        let values = update.expression_attribute_values.into_iter().flatten();
        let names = names.filter(|(name, _)| condition.contains(&**name));
        let values = values.filter(|(name, _)| condition.contains(&**name));
        let check = check
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .set_expression_attribute_names(non_empty(names.collect()))
            .set_expression_attribute_values(non_empty(values.collect()));
        (check, Some(condition))
    } else {
        return Ok(Some(action));
    };
    let Some(condition) = condition.filter(|condition| !condition.is_empty()) else {
        return Ok(None);
    };
    let check = check
        .condition_expression(condition)
        .build()
        .map_err(unbuildable)?;
    Ok(Some(
        TransactWriteItem::builder().condition_check(check).build(),
    ))
}

fn non_empty<V>(
    map: std::collections::HashMap<String, V>,
) -> Option<std::collections::HashMap<String, V>> {
    Some(map).filter(|map| !map.is_empty())
}
