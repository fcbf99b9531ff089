//! Filter patterns of an event source mapping, as far as Portico's templates
//! use them: a function is woken only by records that match one.

use serde_json::Value;

/// Whether a record matches a pattern: each field that the pattern names has
/// one of the values that it lists, or is there where that is what it asks.
pub(crate) fn matches(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, pattern)| matches(pattern, &record[name])),
        Value::Array(choices) => choices
            .iter()
            .any(|choice| match choice["exists"].as_bool() {
                Some(exists) => exists != record.is_null(),
                None => choice == record,
            }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_store::Doorbell;
    use serde_json::json;

    fn rings(record: &Value) -> bool {
        Doorbell::patterns()
            .iter()
            .any(|pattern| matches(pattern, record))
    }

    #[test]
    fn a_new_event_matches_and_a_changed_one_does_not() {
        let mut image = json!({ "entity": { "S": "event" }, "duepk": { "S": "DUE" } });
        let record = |name: &str, image: &Value| json!({ "eventName": name, "dynamodb": { "NewImage": image } });

        assert!(rings(&record("INSERT", &image)));
        assert!(!rings(&record("MODIFY", &image)));

        // One that was dispatched, put back from a backup.
        image["duepk"].take();
        assert!(!rings(&record("INSERT", &image)));
    }

    #[test]
    fn a_changed_company_matches_while_it_is_due() {
        let mut record = json!({ "eventName": "MODIFY", "dynamodb": { "NewImage": { "entity": { "S": "company" } } } });

        assert!(!rings(&record));
        record["dynamodb"]["NewImage"]["duepk"] = json!({ "S": "DUE" });
        assert!(rings(&record));
    }

    #[test]
    fn a_removed_item_matches_nothing() {
        assert!(!rings(
            &json!({ "eventName": "REMOVE", "dynamodb": { "Keys": {} } })
        ));
    }
}
