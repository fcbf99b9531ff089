//! `DELETE /v1/roles/{id}`: deletes a role that nobody has.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::delete("roles-delete", "/v1/roles/{id}").needs(Permission::ManageRoles);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Delete a role",
    description: "A role that an internal user has cannot be deleted, `role_in_use`.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Deletes a role.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("role")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let mut change = caller.change(app);
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        before.delete(&mut change);
        let answer = ok(&Deletion::new("role", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
