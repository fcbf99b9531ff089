//! `GET /v1/limits`: what the plan of the workspace allows, and what is used.

use portico_app::{App, Grant};
use portico_domain::LimitsView;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("limits-get", "/v1/limits").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get the limits of the workspace",
    description: "What its plan allows. Clients are counted only where their number is limited; what is refused then says `limit_reached`, and what a plan lacks `feature_missing`.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<LimitsView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the limits.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let workspace = caller.store(app);
    let clients = match caller.workspace.plan.client_limit {
        Some(_) => Some(workspace.counted_clients().await?),
        None => None,
    };
    Ok(ok(&caller.workspace.limits(clients)))
}
