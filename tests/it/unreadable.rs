//! Items that this version cannot read, as after a rollback: they hold up
//! nothing else, and nothing of them is lost.

use e2e::{Receiver, Reply, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

/// Asks the table something in its own protocol.
async fn ask(app: &TestApp, operation: &str, body: &Value) -> Value {
    let request = http::Request::post("/")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(body.to_string().into())
        .expect("a request");
    let answer = app.server.aws().serve(&request).await;
    assert!(answer.status().is_success(), "{:?}", answer.body());
    serde_json::from_slice(answer.body()).expect("JSON")
}

/// An attribute of an item, spoilt.
struct Spoilt {
    key: Value,
    attribute: &'static str,
    was: Value,
}

/// Spoils the status of the delivery, or the body of the event, that has this
/// event's id.
async fn spoil(app: &TestApp, endpoint: &Value, attribute: &'static str, event: &str) -> Spoilt {
    let workspace = format!("WS#{}", app.server.workspace_id);
    let (index, partition) = match attribute {
        "status" => ("gsi1", format!("{workspace}#WE#{}#DL", id(endpoint))),
        _ => ("", format!("{workspace}#EV")),
    };
    let mut query = json!({
        "TableName": "portico",
        "KeyConditionExpression": "#pk = :partition AND #sk = :event",
        "ExpressionAttributeNames": { "#pk": format!("{index}pk"), "#sk": format!("{index}sk") },
        "ExpressionAttributeValues": { ":partition": { "S": partition }, ":event": { "S": event } },
    });
    if !index.is_empty() {
        query["IndexName"] = json!(index);
    }
    let found = ask(app, "Query", &query).await;
    let item = &found["Items"][0];
    let spoilt = Spoilt {
        key: json!({ "pk": item["pk"], "sk": item["sk"] }),
        attribute,
        was: item[attribute].clone(),
    };
    assert!(spoilt.was["S"].is_string(), "{found}");
    set(app, &spoilt, &json!({ "BOOL": true })).await;
    spoilt
}

async fn set(app: &TestApp, spoilt: &Spoilt, to: &Value) {
    ask(
        app,
        "UpdateItem",
        &json!({
            "TableName": "portico",
            "Key": spoilt.key,
            "UpdateExpression": "SET #attribute = :to",
            "ExpressionAttributeNames": { "#attribute": spoilt.attribute },
            "ExpressionAttributeValues": { ":to": to },
        }),
    )
    .await;
}

async fn rename(app: &TestApp, company: &Value, name: &str) {
    let path = format!("/v1/companies/{}", id(company));
    let renamed = app.admin().patch(&path, &json!({ "name": name })).await;
    renamed.expect(200);
}

async fn engines(app: &TestApp) -> Value {
    let engines = json!({ "name": "Engines" });
    app.admin()
        .post("/v1/companies", &engines)
        .await
        .expect(200)
}

fn ids(receiver: &Receiver) -> Vec<String> {
    let id = |webhook: &e2e::Received| webhook.header("webhook-id").to_owned();
    receiver.received().iter().map(id).collect()
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_holds_up_no_other_and_goes_out_when_it_can() {
    for attribute in ["status", "body"] {
        let app = TestApp::start().await;
        let receiver = Receiver::start().await;
        let endpoint = app.register(&receiver, &["*"]).await;
        receiver.reply_next(&[Reply::status(500)]);
        let company = engines(&app).await;
        app.settle().await;
        let created = ids(&receiver)[0].clone();
        let spoilt = spoil(&app, &endpoint, attribute, &created).await;

        app.advance(Duration::from_mins(10)).await;
        rename(&app, &company, "Looms").await;
        app.settle().await;

        let after = ids(&receiver);
        assert_eq!(after.len(), 2, "{attribute}: {after:?}");
        assert_ne!(after[1], created, "{attribute}");
        set(&app, &spoilt, &spoilt.was).await;
        app.advance(Duration::from_hours(1)).await;
        assert_eq!(ids(&receiver)[2..], [created], "{attribute}");
    }
}

#[tokio::test]
async fn a_recovery_passes_over_what_cannot_be_read() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let since = app.now();
    let company = engines(&app).await;
    for name in ["Looms", "Mills"] {
        rename(&app, &company, name).await;
        app.settle().await;
    }
    let first = ids(&receiver);
    spoil(&app, &endpoint, "status", &first[1]).await;

    app.advance(Duration::from_secs(1)).await;
    let path = format!("/v1/webhook-endpoints/{}/recover", id(&endpoint));
    let all = json!({ "since": since, "include": "all" });
    app.admin().post(&path, &all).await.expect(201);
    app.settle().await;

    let mut again = ids(&receiver).split_off(first.len());
    again.sort();
    assert_eq!(again, [first[0].clone(), first[2].clone()]);
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_read_holds_up_no_other_and_misses_nothing() {
    let app = TestApp::start().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    app.register(&receiver, &["company.*"]).await;
    let endpoint = app.register(&other, &["company.*"]).await;
    let workspace = format!("WS#{}", app.server.workspace_id);
    let spoilt = Spoilt {
        key: json!({ "pk": { "S": format!("{workspace}#WE") }, "sk": { "S": id(&endpoint) } }),
        attribute: "url",
        was: Value::Null,
    };
    let found = ask(
        &app,
        "GetItem",
        &json!({ "TableName": "portico", "Key": spoilt.key }),
    )
    .await;
    let was = found["Item"]["url"].clone();
    assert!(was["S"].is_string(), "{found}");
    set(&app, &spoilt, &json!({ "BOOL": true })).await;

    engines(&app).await;
    app.settle().await;
    app.advance(Duration::from_mins(5)).await;

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(ids(&other), [""; 0]);
    set(&app, &spoilt, &was).await;
    app.advance(Duration::from_hours(1)).await;
    assert_eq!(ids(&other), ids(&receiver));
    assert_eq!(receiver.received().len(), 1);
}
