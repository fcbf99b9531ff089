//! `GET /v1/access-review/keys`: API keys that nobody has used for long.

use crate::{DAYS, long_ago};
use portico_app::{App, Grant};
use portico_domain::{ApiKeyView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("access-review-keys", "/v1/access-review/keys").needs(Permission::ViewAuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List unused API keys",
    description: "Keys that are not revoked and have not been used for the given number of days, or never since they were made, that long ago; oldest first. A page can have fewer keys than `limit` and go on all the same.",
    query: &[DAYS, Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<ApiKeyView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of unused keys.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["days"])?;
    let long_ago = long_ago(&request, app.now())?;
    let workspace = caller.store(app);
    let mut page = workspace.api_keys(&paging.request).await?;
    page.items
        .retain(|key| key.last_used_at.unwrap_or(key.created_at) < long_ago);
    Ok(ok(&paging.answer(app, page, |key| key.view())?))
}
