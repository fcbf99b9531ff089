//! `POST /v1/companies`: adds a company to the caller's workspace.

use crate::fields::CompanyFields;
use portico_app::{App, Grant};
use portico_domain::{Company, CompanyView, Permission};
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("companies-create", "/v1/companies")
    .needs(Permission::ManageClientOrganizations)
    .also_at(&["/v1/company"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add a company",
    description: "The name is unique in the workspace whatever its case. Refused while companies are turned off.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<CompanyFields>),
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Adds a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?.or_dry_run(&request)?;
    add(app, &caller, body(&request)?).await
}

/// Adds one company, alone or as one of many.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    fields: CompanyFields,
) -> Result<Response, Problem> {
    let (name, fields) = fields.into_new()?;
    let workspace = app.store.workspace(caller.workspace_id);
    workspace.get().await?.refuse_companies_if_off("name")?;
    let mut change = caller.change(app);
    let company = Company::create(&mut change, caller.workspace_id, name, fields);
    let company = change.save_company(None, company);
    let answer = ok(&CompanyView::from(&company));
    caller.commit(app, &change, answer).await
}
