//! `GET /v1/internal-users`: the team members of the workspace, oldest first.

use crate::view;
use portico_app::{App, Grant};
use portico_domain::InternalUserView;
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("internal-users-list", "/v1/internal-users").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List internal users",
    description: "Oldest first.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<InternalUserView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of internal users.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let page = caller.store(app).internal_users(&paging.request).await?;
    Ok(ok(
        &paging.answer(app, page, |user| view(app, &caller, &user))?
    ))
}
