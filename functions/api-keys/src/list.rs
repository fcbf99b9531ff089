//! `GET /v1/api-keys`: the API keys of the workspace, oldest first.

use portico_app::{App, Grant};
use portico_domain::{ApiKeyView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("api-keys-list", "/v1/api-keys").needs(Permission::ManageApiKeys);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List API keys",
    description: "Everybody's, oldest first; not the revoked ones.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<ApiKeyView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of keys.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let page = caller.store(app).api_keys(&paging.request).await?;
    Ok(ok(&paging.answer(app, page, |key| key.view())?))
}
