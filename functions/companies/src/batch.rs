//! `POST /v1/companies/batch`: adds up to 100 companies, each by itself.

use crate::{create::add, fields::CompanyFields};
use portico_app::{App, Grant};
use portico_domain::{CompanyView, Permission};
use portico_web::{
    BatchView, Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit,
    batch, body, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What this function answers to.
pub const ROUTE: Route = Route::post("companies-batch", "/v1/companies/batch")
    .needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add many companies",
    description: "Up to 100, each by itself: one that is refused does not keep the others from being added. The answer says what became of each, in the order of the request. With an `Idempotency-Key`, a request that was cut off goes on where it stopped when it is sent again.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewCompanies>),
    answer: Body::Json(schema::<BatchView<CompanyView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// The companies to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCompanies {
    /// 1 to 100 of them.
    #[schemars(with = "Vec<CompanyFields>", length(min = 1, max = 100))]
    companies: Option<Vec<Value>>,
}

/// Adds companies.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let NewCompanies { companies } = body(&request)?;
    batch(
        app,
        &caller,
        "companies",
        companies,
        async |caller, fields| add(app, &caller, fields, false).await,
    )
    .await
}
