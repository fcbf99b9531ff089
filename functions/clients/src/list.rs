//! `GET /v1/clients`: clients of the caller's workspace, oldest first.

use crate::view::view;
use portico_app::{App, Grant};
use portico_domain::{ClientView, Permission};
use portico_store::{ClientFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("clients-list", "/v1/clients")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/client"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
    Grant::query(Index::Gsi4),
];

const FILTERS: &[&str] = &["email", "givenName", "familyName", "companyId"];

const OPERATION: Operation = Operation {
    summary: "List clients",
    description: "Oldest first. Filters are exact and see case; several together all hold. With several filters a page can have fewer clients than `limit` and go on all the same: go on until there is no `nextToken`.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("email", "Only the client with this e-mail address."),
        Parameter::text("givenName", "Only clients with this given name."),
        Parameter::text("familyName", "Only clients with this family name."),
        Parameter::text("companyId", "Only clients in this company."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<ClientView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let text = |name| request.query(name).map(ToOwned::to_owned);
    let filter = ClientFilter {
        email: text("email"),
        given_name: text("givenName"),
        family_name: text("familyName"),
        company_id: request.query_id("companyId")?,
    };
    let page = app
        .store
        .workspace(caller.workspace_id)
        .clients(filter, &paging.request)
        .await?;
    Ok(ok(
        &paging.answer(app, page, |client| view(app, &caller, &client))?
    ))
}
