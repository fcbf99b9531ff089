//! `DELETE /v1/internal-users/{id}/invitation`: withdraws the open invitation of
//! a team member.

use crate::get::find_member;
use portico_app::{App, Grant};
use portico_domain::{InternalUserView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete(
    "internal-users-withdraw",
    "/v1/internal-users/{id}/invitation",
)
.needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Withdraw the invitation of an internal user",
    description: "Its link is dead. The internal user stays, and can be invited again.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InternalUserView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Withdraws.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_member(&workspace, id).await?;
        request.if_match(&before.view(app.now()))?;
        caller.require_role(app, before.role).await?;
        let mut change = caller.change(app);
        let after = before.cancel_invitation(&mut change)?;
        let answer = ok(&after.view(app.now()));
        caller.commit(app, &change, answer).await
    })
    .await
}
