//! `GET /v1/roles`: the workspace's own roles, oldest first.

use portico_app::{App, Grant};
use portico_domain::{Permission, RoleView};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("roles-list", "/v1/roles").needs(Permission::ManageRoles);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List roles",
    description: "The workspace's own, oldest first.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<RoleView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of roles.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let page = caller.store(app).roles(&paging.request).await?;
    Ok(ok(&paging.answer(app, page, |role| role.view())?))
}
