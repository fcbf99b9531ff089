//! `POST /v1/roles`: makes a role of the workspace's own.

use crate::fields::{RoleFields, others};
use portico_app::{App, Grant};
use portico_domain::{CustomRole, Feature, Invalid, MAX_ROLES, Permission, RoleView};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("roles-create", "/v1/roles")
    .needs(Permission::ManageRoles)
    .part_of(Feature::CustomRoles);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table), Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Make a role",
    description: "Nobody can make a role that allows more than they may do themselves. A workspace has at most 100 roles of its own, each with a name of its own, whatever its case (`role_name_taken`); `admin` and `staff` are names of the two that every workspace has.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<RoleFields>),
    answer: Body::Created(schema::<RoleView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Makes a role.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let fields: RoleFields = body(&request)?;
    let name = fields.name()?.ok_or_else(|| Invalid::missing("name"))?;
    let permissions = fields.permissions()?;
    let permissions = permissions.ok_or_else(|| Invalid::missing("permissions"))?;
    caller.require_all(&permissions)?;
    let workspace = caller.store(app);
    let roles = others(&workspace, &name, None).await?;
    if roles >= usize::from(MAX_ROLES) {
        return Err(Problem::too_many_roles());
    }
    let mut change = caller.change(app);
    let role = CustomRole::create(&mut change, caller.workspace_id, name, permissions);
    caller.commit(app, &change, created(&role.view())).await
}
