//! `GET /v1/companies`: companies of the caller's workspace, oldest first.

use portico_app::{App, Grant};
use portico_domain::{CompanyView, Permission};
use portico_store::{CompanyFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("companies-list", "/v1/companies")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/company"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
];

const FILTERS: &[&str] = &["name", "isPlaceholder"];

const OPERATION: Operation = Operation {
    summary: "List companies",
    description: "Oldest first. Placeholder companies, one for each client without a company, are among them unless `isPlaceholder=false`.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "name",
            "Only the company with this name, exactly as it is written.",
        ),
        Parameter::flag(
            "isPlaceholder",
            "Only placeholder companies, or only the others.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<CompanyView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of companies.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let filter = CompanyFilter {
        name: request.query("name").map(ToOwned::to_owned),
        is_placeholder: request.flag("isPlaceholder")?,
    };
    let page = app
        .store
        .workspace(caller.workspace_id)
        .companies(filter, &paging.request)
        .await?;
    Ok(ok(&paging.answer(app, page, |company| {
        CompanyView::from(&company)
    })?))
}
