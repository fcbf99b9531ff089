//! The table keeps to its documentation.

use e2e::{Receiver, TestApp};
use portico_local::Call;
use portico_store::{Index, patterns};
use serde_json::{Value, json};
use std::time::Duration;

/// Every key that a call names or writes; what is no such call is named.
fn keys(call: &Call) -> Result<Vec<(Index, String)>, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match call.operation.as_str() {
        "GetItem" | "UpdateItem" | "DeleteItem" => {
            Ok(vec![(Index::Table, text(&call.body["Key"]["pk"]["S"]))])
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
    let receiver = Receiver::start().await;
    let admin = app.admin();
    let endpoint = app.register(&receiver, &["*"]).await;
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [company["id"]] });
    let client = admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    admin
        .post(
            "/v1/clients",
            &json!({ "name": "Grace Hopper", "email": "grace@example.com" }),
        )
        .await
        .expect(200);
    app.settle().await;
    let link = app.link("ada@example.com").await;
    let accept = json!({ "password": "correct horse battery" });
    let accepted = app
        .nobody()
        .post(&format!("{link}/accept"), &accept)
        .await
        .expect(200);
    let token = accepted["session"]["token"].as_str().expect("a token");
    app.nobody()
        .with("authorization", &format!("Bearer {token}"))
        .get("/portal/me")
        .await
        .expect(200);
    let (c, e) = (
        client["id"].as_str().expect("an id"),
        endpoint["id"].as_str().expect("an id"),
    );
    let k = company["id"].as_str().expect("an id");
    for path in [
        "clients?",
        "clients?email=x",
        "clients?givenName=x",
        "clients?familyName=x",
        &format!("clients?companyId={k}"),
        "companies?",
        "companies?name=x",
        "companies?isPlaceholder=true",
        "invitations?",
        "invitations?status=pending",
        "invitations?email=x",
        &format!("invitations?clientId={c}"),
        "events?",
        "events?eventType=client.created",
        &format!("events?objectId={c}"),
        &format!("webhook-endpoints/{e}/deliveries?"),
        "webhook-endpoints?",
        "workspaces?",
    ] {
        admin.get(&format!("/v1/{path}")).await.expect(200);
    }
    admin
        .delete(&format!("/v1/companies/{k}"))
        .await
        .expect(200);
    admin.delete(&format!("/v1/clients/{c}")).await.expect(200);
    admin
        .delete(&format!("/v1/webhook-endpoints/{e}"))
        .await
        .expect(200);
    app.advance(Duration::from_hours(8 * 24)).await;

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
    assert_eq!(
        unused,
        ["API keys of a workspace"],
        "only the server itself writes keys, before calls are kept"
    );
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
