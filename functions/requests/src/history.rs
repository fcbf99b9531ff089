//! `GET /v1/clients/{id}/requests`: what a client has asked for, newest first.

use portico_app::{App, Grant};
use portico_domain::{ClientId, Permission, RequestView};
use portico_store::{Index, RequestFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("requests-history", "/v1/clients/{id}/requests").needs(Permission::ViewRequests);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi2)];

const OPERATION: Operation = Operation {
    summary: "List the requests of a client",
    description: "Newest first, with those of its duplicates that were merged into it. The history outlives the client: it is listed when the client is archived, and without anything personal when it was erased.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<RequestView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of the client's requests.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: ClientId = request.path_id("client")?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let workspace = caller.store(app);
    let client = workspace.client_or_survivor(id).await?;
    // An erased client is in no company; whoever is limited has it no more.
    let client = client.filter(|client| caller.sees(client));
    let client = client.ok_or_else(|| Problem::not_found("client"))?;
    let filter = RequestFilter {
        client_ids: client.all_ids(),
        within: caller.companies.clone(),
        ..RequestFilter::default()
    };
    let page = workspace.requests(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |found| found.view())?))
}
