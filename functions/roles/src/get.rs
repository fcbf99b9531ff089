//! `GET /v1/roles/{id}`: one role of the workspace's own.

use portico_app::{App, Grant};
use portico_domain::{CustomRole, Permission, RoleId, RoleView};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("roles-get", "/v1/roles/{id}").needs(Permission::ManageRoles);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a role",
    description: "`admin` and `staff` are no roles of the workspace's own.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<RoleView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a role.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("role")?;
    let role = find(&caller.store(app), id).await?;
    Ok(ok(&role.view()))
}

/// The role with this id.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    id: RoleId,
) -> Result<CustomRole, Problem> {
    let role = workspace.role(id).await?;
    role.ok_or_else(|| Problem::not_found("role"))
}
