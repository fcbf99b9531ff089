//! `POST /v1/services`: adds a service that clients can ask for.

use crate::fields::ServiceFields;
use portico_app::{App, Grant};
use portico_domain::{Permission, Service, ServiceView};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("services-create", "/v1/services").needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add a service",
    description: "The name is unique in the workspace among names that look alike, such as those that differ in case or in blanks (`service_name_taken`). Clients of every company can ask for it, except those of companies that name their services (`serviceIds`).",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<ServiceFields>),
    answer: Body::Created(schema::<ServiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Adds a service.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let (name, fields) = body::<ServiceFields>(&request)?.into_new()?;
    let mut change = caller.change(app);
    let service = Service::create(&mut change, caller.workspace_id, name, fields);
    let answer = created(&service.view());
    caller.commit(app, &change, answer).await
}
