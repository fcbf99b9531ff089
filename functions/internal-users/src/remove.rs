//! `DELETE /v1/internal-users/{id}`: removes a team member.

use crate::get::find_member;
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_store::Index;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("internal-users-remove", "/v1/internal-users/{id}")
    .needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::PUT,
    Grant::UPDATE,
    Grant::DELETE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Remove an internal user",
    description: "It and its API keys are out on the very next request, and its address can be used again. Nobody can remove whoever may do more than they. An admin can be removed only if another one can come in: has an account, or an API key that allows everything and has no end (`last_admin`).",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Removes an internal user.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_member(&workspace, id).await?;
        request.if_match(&before.view(app.now()))?;
        caller.require_role(app, before.role).await?;
        let mut change = caller.change(app);
        before.remove(&mut change);
        let answer = ok(&Deletion::new("internalUser", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
