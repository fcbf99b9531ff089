//! Batches: many things in one request, each done by itself.
//!
//! An item that is refused does not keep the others from being done. With an
//! idempotency key each item's answer is kept in the item's own transaction,
//! so a batch that was cut off, sent again, goes on where it stopped and says
//! of the items before what it said then.

use crate::{Caller, Problem, ProblemView, Response, body::read, ok};
use portico_app::App;
use portico_domain::Invalid;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// How many items a batch has at most.
pub const MAX_BATCH: usize = 100;

/// What became of a batch.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Batch{T}")]
pub struct BatchView<T> {
    /// Always `batch`.
    object: &'static str,
    /// How many items were done.
    succeeded: usize,
    /// How many were refused.
    failed: usize,
    /// What became of each item, in the order of the request.
    data: Vec<BatchItem<T>>,
}

/// What became of one item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BatchItem{T}")]
pub struct BatchItem<T> {
    /// Which item of the request, from 0.
    index: usize,
    /// The status that the item would have got as a request of its own.
    status: u16,
    /// What was made, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<T>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemView>,
}

/// Does the items one after the other and answers with what became of each.
pub async fn batch<T, F>(
    app: &App,
    caller: &Caller,
    field: &str,
    items: Option<Vec<Value>>,
    mut add: impl FnMut(Caller, T) -> F,
) -> Result<Response, Problem>
where
    T: DeserializeOwned,
    F: Future<Output = Result<Response, Problem>>,
{
    let items = items.ok_or_else(|| Invalid::missing(field))?;
    if items.is_empty() || items.len() > MAX_BATCH {
        let message = format!("{field} has 1 to {MAX_BATCH} items");
        return Err(Invalid::new(field, "batch_size", message).into());
    }
    let mut data = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let answer = match read(item) {
            Ok(fields) => one(app, caller, index, |caller| add(caller, fields)).await,
            Err(problem) => Err(problem),
        };
        data.push(view(index, answer)?);
    }
    let failed = data.iter().filter(|item| item.problem.is_some()).count();
    let answer = ok(&BatchView {
        object: "batch",
        succeeded: data.len() - failed,
        failed,
        data,
    });
    caller.commit(app, &caller.change(app), answer).await
}

async fn one<F>(
    app: &App,
    caller: &Caller,
    index: usize,
    add: impl FnOnce(Caller) -> F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Response, Problem>>,
{
    let key = caller.idempotency_key.as_ref();
    let key = key.map(|key| key.of_item(app, index));
    if let Some(key) = &key {
        let workspace = caller.store(app);
        key.refuse_answered(app, &workspace).await?;
    }
    add(caller.with_key(key)).await
}

/// What broke on our side breaks off the batch: sent again, it goes on.
fn view(index: usize, answer: Result<Response, Problem>) -> Result<BatchItem<Value>, Problem> {
    let answer = answer.or_else(|problem| problem.answered().cloned().ok_or(problem));
    match answer {
        Ok(response) => Ok(BatchItem {
            index,
            status: response.status(),
            resource: serde_json::from_str(response.body()).ok(),
            problem: None,
        }),
        Err(problem) if problem.status() >= 500 => Err(problem),
        Err(problem) => Ok(BatchItem {
            index,
            status: problem.status(),
            resource: None,
            problem: Some(problem.view()),
        }),
    }
}
