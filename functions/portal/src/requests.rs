//! `GET /portal/requests`: what a client has asked for, newest first.

use crate::own::OwnRequest;
use portico_app::{App, Grant};
use portico_store::{Index, RequestFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-requests", "/portal/requests").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::query(Index::Gsi2)];

const OPERATION: Operation = Operation {
    summary: "List one's own requests",
    description: "Newest first.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<OwnRequest>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Lists the client's own requests.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    let context = format!("{} {} {}", me.workspace_id, ROUTE.name, me.id);
    let paging = Paging::within(app, &request, context)?;
    let filter = RequestFilter {
        client_ids: me.all_ids(),
        ..RequestFilter::default()
    };
    let workspace = app.store.workspace(me.workspace_id);
    let page = workspace.requests(filter, &paging.request).await?;
    Ok(ok(
        &paging.answer(app, page, |found| OwnRequest::from(&found))?
    ))
}
