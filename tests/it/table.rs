//! The table keeps to its documentation.

use crate::everything::use_everything;
use e2e::TestApp;
use portico_local::Call;
use portico_store::{Index, patterns};
use serde_json::Value;

/// Every key that a call names or writes; what is no such call is named.
fn keys(call: &Call) -> Result<Vec<(Index, String)>, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match call.operation.as_str() {
        "GetItem" | "UpdateItem" | "DeleteItem" => {
            Ok(vec![(Index::Table, text(&call.body["Key"]["pk"]["S"]))])
        }
        "BatchGetItem" => {
            let tables = call.body["RequestItems"].as_object().into_iter().flatten();
            let keys =
                tables.flat_map(|(_, wanted)| wanted["Keys"].as_array().into_iter().flatten());
            Ok(keys
                .map(|key| (Index::Table, text(&key["pk"]["S"])))
                .collect())
        }
        "PutItem" => Ok(of_item(&call.body["Item"])),
        "Query" => {
            let name = call.body["IndexName"].as_str();
            let index = Index::ALL.into_iter().find(|index| index.name() == name);
            let partition = text(&call.body["ExpressionAttributeValues"][":partition"]["S"]);
            Ok(vec![(index.ok_or("an unknown index")?, partition)])
        }
        "TransactWriteItems" => {
            let actions = call.body["TransactItems"].as_array().into_iter().flatten();
            let parts = actions
                .filter_map(Value::as_object)
                .flat_map(|action| action.values());
            Ok(parts
                .flat_map(|part| match &part["Item"] {
                    Value::Null => vec![(Index::Table, text(&part["Key"]["pk"]["S"]))],
                    item => of_item(item),
                })
                .collect())
        }
        other => Err(other.to_owned()),
    }
}

fn of_item(item: &Value) -> Vec<(Index, String)> {
    let key = |index: Index| {
        let text = item[index.attributes().0]["S"].as_str();
        text.map(|text| (index, text.to_owned()))
    };
    Index::ALL.into_iter().filter_map(key).collect()
}

#[tokio::test]
async fn every_call_to_the_table_is_a_documented_access_pattern() {
    let app = TestApp::start().await;
    app.server.aws().record_calls();

    use_everything(&app).await;

    let calls = app.server.aws().calls();
    let calls: Vec<&Call> = calls
        .iter()
        .filter(|call| call.service == "dynamodb")
        .collect();
    assert!(calls.len() > 100, "{}", calls.len());
    let keys: Result<Vec<_>, String> = calls.iter().map(|call| keys(call)).collect();
    let keys = keys
        .expect("no call scans, and each names its key")
        .concat();
    let undocumented: Vec<_> = keys
        .iter()
        .filter(|(index, key)| !patterns().any(|pattern| pattern.matches(*index, key)))
        .collect();
    assert_eq!(undocumented, Vec::<&(Index, String)>::new());
    let unused: Vec<&str> = patterns()
        .filter(|pattern| !keys.iter().any(|(index, key)| pattern.matches(*index, key)))
        .map(|pattern| pattern.question)
        .collect();
    assert_eq!(unused, Vec::<&str>::new());
}

#[test]
fn the_documentation_lists_every_access_pattern() {
    let document = include_str!("../../docs/table.md");
    let (_, rest) = document
        .split_once("<!-- generated: cargo run -- table -->")
        .expect("it begins");
    let (table, _) = rest.split_once("<!-- end -->").expect("it ends");

    assert_eq!(
        table.trim(),
        portico_local::docs::table(),
        "run: cargo run -- table"
    );
}
