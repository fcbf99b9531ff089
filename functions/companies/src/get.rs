//! `GET /v1/companies/{id}`: one company.

use portico_app::{App, Grant};
use portico_domain::{Company, CompanyId, CompanyView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Caller, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("companies-get", "/v1/companies/{id}")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/company/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a company",
    description: "",
    query: &[],
    body: None,
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    let company = find(&caller.store(app), &caller, id).await?;
    Ok(ok(&CompanyView::shown(&company)))
}

/// The company with this id, unless it is deleted or the caller does not see
/// it, which is the same to the caller.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: CompanyId,
) -> Result<Company, Problem> {
    let company = workspace.company(id).await?;
    company
        .filter(|company| company.deleted_at.is_none() && caller.companies.covers(company.id))
        .ok_or_else(|| Problem::not_found("company"))
}
