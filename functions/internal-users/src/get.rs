//! `GET /v1/internal-users/{id}`: one internal user.

use crate::view;
use portico_app::{App, Grant};
use portico_domain::{InternalUser, InternalUserId, InternalUserView};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("internal-users-get", "/v1/internal-users/{id}").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an internal user",
    description: "One that was removed is found too, with an empty `email`: clients and events name it.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InternalUserView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with an internal user.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let user = find(&caller.store(app), id).await?;
    Ok(ok(&view(app, &caller, &user)))
}

/// The internal user with this id, removed or not.
async fn find(workspace: &WorkspaceStore<'_>, id: InternalUserId) -> Result<InternalUser, Problem> {
    let user = workspace.internal_user(id).await?;
    user.ok_or_else(|| Problem::not_found("internal user"))
}

/// The member with this id.
pub(crate) async fn find_member(
    workspace: &WorkspaceStore<'_>,
    id: InternalUserId,
) -> Result<InternalUser, Problem> {
    let user = find(workspace, id).await?;
    if user.is_member() {
        Ok(user)
    } else {
        Err(Problem::not_found("internal user"))
    }
}
