//! DynamoDB: from the protocol to the embedded table.

use bytes::Bytes;
use dynoxide::{
    Database, DynoxideError,
    actions::{
        put_item::PutItemRequest,
        transact_write_items::{TransactWriteItemsRequest, TransactWriteItemsResponse},
    },
    types::{AttributeValue, Item},
};
use portico_store::Doorbell;
use serde::{Serialize, de::DeserializeOwned};

/// How a request is answered.
#[derive(Clone, Copy)]
pub(crate) struct How {
    /// With the capacity that it has taken.
    pub(crate) is_metered: bool,
    /// Whether it may come again, because an answer can get lost. The embedded
    /// table looks through all transactions that may, with each of them.
    pub(crate) may_come_again: bool,
}

/// Answers a request of the operations that Portico uses, and says whether what
/// it writes may ring.
pub(crate) fn answer(
    database: &Database,
    operation: &str,
    body: &[u8],
    how: How,
) -> (http::Response<Bytes>, bool) {
    let mut may_ring = !matches!(operation, "GetItem" | "BatchGetItem" | "Query");
    let metered = if how.is_metered { metered(body) } else { None };
    let body = metered.as_deref().unwrap_or(body);
    let answered = match operation {
        "GetItem" => run(body, |request| database.get_item(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "PutItem" => run(body, |request: PutItemRequest| {
            may_ring = can_ring(&request.item);
            database.put_item(request)
        }),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "TransactWriteItems" => run(body, |request| transact(database, request, how)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        _ => {
            let why = "this operation is not used here";
            return (refusal("UnknownOperationException", why), false);
        }
    };
    let response = match answered {
        Ok(json) => response(200, json),
        Err(error) => response(error.status_code(), error.to_json()),
    };
    (response, may_ring)
}

fn transact(
    database: &Database,
    mut request: TransactWriteItemsRequest,
    how: How,
) -> Result<TransactWriteItemsResponse, DynoxideError> {
    if !how.may_come_again {
        request.client_request_token = None;
    }
    database.transact_write_items(request)
}

fn metered(body: &[u8]) -> Option<Vec<u8>> {
    let mut request: serde_json::Value = serde_json::from_slice(body).ok()?;
    let fields = request.as_object_mut()?;
    fields.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
    serde_json::to_vec(&request).ok()
}

/// Whether an item can ring when it is put: most are of kinds that never do.
fn can_ring(item: &Item) -> bool {
    let kind = match item.get("entity") {
        Some(AttributeValue::S(kind)) => kind.as_str(),
        _ => return false,
    };
    let mut changes = Doorbell::CHANGES.iter();
    changes.any(|(_, kinds)| kinds.contains(&kind))
}

/// Everything that a table holds, as it is written.
pub(crate) fn everything(database: &Database, table: &str) -> Result<String, DynoxideError> {
    let all = serde_json::json!({ "TableName": table }).to_string();
    run(all.as_bytes(), |request| database.scan(request))
}

/// A refusal in DynamoDB's form, which SQS and SES share far enough.
pub(crate) fn refusal(code: &str, message: &str) -> http::Response<Bytes> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
    let mut refused = response(
        400,
        serde_json::json!({ "__type": kind, "message": message }).to_string(),
    );
    if let Ok(code) = http::HeaderValue::from_str(code) {
        refused.headers_mut().insert("x-amzn-errortype", code);
    }
    refused
}

/// A transaction cancelled for this reason.
pub(crate) fn cancellation(reason: &str) -> http::Response<Bytes> {
    let body = serde_json::json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": format!("Transaction cancelled [{reason}]"),
        "CancellationReasons": [{ "Code": reason }],
    });
    response(400, body.to_string())
}

/// The answer to a read that finds nothing.
pub(crate) fn nothing() -> http::Response<Bytes> {
    response(200, "{}".to_owned())
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let unreadable =
        |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let answer = run(serde_json::from_slice(body).map_err(unreadable)?)?;
    serde_json::to_string(&answer).map_err(unreadable)
}

fn response(status: u16, body: String) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let kind = http::HeaderValue::from_static("application/x-amz-json-1.0");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_ring_is_told_from_what_cannot() {
        let item = |kind: &str| {
            let kind = AttributeValue::S(kind.to_owned());
            Item::from([("entity".to_owned(), kind)])
        };
        for (_, kinds) in Doorbell::CHANGES {
            assert!(kinds.iter().all(|kind| can_ring(&item(kind))), "{kinds:?}");
        }
        assert!(!can_ring(&item("delivery")));
        assert!(!can_ring(&Item::new()));
    }
}
