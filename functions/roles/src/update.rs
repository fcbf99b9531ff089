//! `PATCH /v1/roles/{id}`: changes the fields that are given.

use crate::{
    fields::{RoleFields, others},
    get::find,
};
use portico_app::{App, Grant};
use portico_domain::{Feature, Permission, RoleView};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("roles-update", "/v1/roles/{id}")
    .needs(Permission::ManageRoles)
    .part_of(Feature::CustomRoles);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table), Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Change a role",
    description: "`permissions` replace all that it had; they hold for everybody with the role from the next request on. Nobody can change a role that allows more than they may do themselves.",
    query: &[],
    body: Some(schema::<RoleFields>),
    answer: Body::Json(schema::<RoleView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes a role.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("role")?;
    let fields: RoleFields = body(&request)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        caller.require_all(&before.permissions)?;
        let permissions = fields.permissions()?;
        caller.require_all(permissions.iter().flatten())?;
        let name = fields.name()?;
        if let Some(name) = name.as_deref().filter(|name| *name != before.name) {
            others(&workspace, name, Some(id)).await?;
        }
        let mut change = caller.change(app);
        let after = before.update(&mut change, name, permissions);
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
