//! `GET /v1/limits`: what the plan of the workspace allows, and what is used.

use portico_app::{App, Grant};
use portico_domain::{LimitsView, MAX_ROLES, Permission, Used};
use portico_store::{Index, PageRequest};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("limits-get", "/v1/limits").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table), Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Get the limits of the workspace",
    description: "What its plan allows, and what every workspace can run into. Clients are counted only where their number is limited; roles are counted for callers with `manage_roles`, endpoints with `manage_webhooks`, custom fields with `view_clients`. What is refused says `limit_reached` and the like with its `limit`; what the plan refuses says `limit_reached`, and what a plan lacks `feature_missing`.",
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
    let mut used = Used {
        clients,
        ..Used::default()
    };
    if caller.may(Permission::ViewClients) {
        for (place, set) in workspace.field_sets().await?.iter().enumerate() {
            let of_set = set.size();
            used.fields[place] = Some(of_set);
        }
    }
    if caller.may(Permission::ManageRoles) {
        let all = PageRequest {
            limit: MAX_ROLES,
            after: None,
        };
        used.roles = Some(count(workspace.roles(&all).await?.items.len()));
    }
    if caller.may(Permission::ManageWebhooks) {
        used.endpoints = Some(count(workspace.all_endpoints().await?.len()));
    }
    Ok(ok(&caller.workspace.limits(&used)))
}

fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}
