//! DynamoDB: from the protocol to the embedded table.

use crate::table::Table;
use bytes::Bytes;
use dynoxide::{
    Database, DynoxideError,
    actions::{put_item::PutItemRequest, transact_write_items::TransactWriteItemsRequest},
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
pub(crate) async fn answer(
    table: &Table,
    operation: &str,
    body: &[u8],
    how: How,
) -> (http::Response<Bytes>, bool) {
    let mut may_ring = !matches!(operation, "GetItem" | "BatchGetItem" | "Query");
    let metered = if how.is_metered { metered(body) } else { None };
    let body = metered.as_deref().unwrap_or(body);
    let answered = match operation {
        "GetItem" => run(table, body, Database::get_item).await,
        "BatchGetItem" => run(table, body, Database::batch_get_item).await,
        "PutItem" => put(table, body, &mut may_ring).await,
        "UpdateItem" => run(table, body, Database::update_item).await,
        "DeleteItem" => run(table, body, Database::delete_item).await,
        "Query" => run(table, body, Database::query).await,
        "TransactWriteItems" => transact(table, body, how).await,
        "CreateTable" => run(table, body, Database::create_table).await,
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

async fn put(table: &Table, body: &[u8], may_ring: &mut bool) -> Result<String, DynoxideError> {
    let request: PutItemRequest = read(body)?;
    *may_ring = can_ring(&request.item);
    write(&table.call(|database| database.put_item(request)).await?)
}

async fn transact(table: &Table, body: &[u8], how: How) -> Result<String, DynoxideError> {
    let mut request: TransactWriteItemsRequest = read(body)?;
    if !how.may_come_again {
        request.client_request_token = None;
    }
    let transact = |database: &Database| database.transact_write_items(request);
    write(&table.call(transact).await?)
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
    write(&database.scan(read(all.as_bytes())?)?)
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

async fn run<Q, A>(
    table: &Table,
    body: &[u8],
    run: impl FnOnce(&Database, Q) -> dynoxide::Result<A> + Send + 'static,
) -> Result<String, DynoxideError>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + Send + 'static,
{
    let request = read(body)?;
    write(&table.call(move |database| run(database, request)).await?)
}

fn read<Q: DeserializeOwned>(body: &[u8]) -> Result<Q, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

fn write(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> DynoxideError {
    DynoxideError::SerializationException(error.to_string())
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
