//! `GET /v1/custom-fields/{id}`: one custom field.

use crate::find;
use portico_app::{App, Grant};
use portico_domain::{CustomFieldView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("custom-fields-get", "/v1/custom-fields/{id}").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Get a custom field",
    description: "With its options, if it is a `multiSelect`. The `ETag` is that which `If-Match` of a change compares.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<CustomFieldView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a custom field.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("custom field")?;
    let set = find(&caller.store(app), id).await?;
    let view = CustomFieldView::of(&set, id);
    Ok(ok(&view.ok_or_else(|| Problem::not_found("custom field"))?))
}
