//! `GET /v1/services`: the services of the caller's workspace, oldest first.

use portico_app::{App, Grant};
use portico_domain::{Permission, ServiceView};
use portico_store::{Index, ServiceFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("services-list", "/v1/services").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List services",
    description: "Oldest first. With a filter, a page can have fewer than `limit` and go on all the same: go on until there is no `nextToken`.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::flag(
            "isActive",
            "Only services that clients can ask for, or only the others.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<ServiceView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of services.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["isActive"])?;
    let filter = ServiceFilter {
        is_active: request.flag("isActive")?,
    };
    let page = caller.store(app).services(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |service| service.view())?))
}
