//! `PATCH /v1/internal-users/{id}`: changes the fields that are given.

use crate::{
    fields::{InternalUserFields, check_companies, require_given},
    get::find_member,
};
use portico_app::{App, Grant};
use portico_domain::{InternalUserView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("internal-users-update", "/v1/internal-users/{id}")
    .needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Change an internal user",
    description: "What is not given stays as it is. Nobody can change whoever may do more than they, nor give a role that allows more. An admin stays one unless another one can come in: has an account, or an API key that allows everything and has no end (`last_admin`). What is changed holds from the next request on.",
    query: &[],
    body: Some(schema::<InternalUserFields>),
    answer: Body::Json(schema::<InternalUserView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes an internal user.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_member(&workspace, id).await?;
        request.if_match(&before.view(app.now()))?;
        caller.require_role(app, before.role).await?;
        let patch = body::<InternalUserFields>(&request)?.into_patch(&before)?;
        if let Some(role) = patch.role.filter(|role| *role != before.role) {
            require_given(app, &caller, role).await?;
        }
        if let Some(access) = &patch.company_access {
            check_companies(&workspace, access).await?;
        }
        let mut change = caller.change(app);
        let after = before.update(&mut change, patch)?;
        caller
            .commit(app, &change, ok(&after.view(app.now())))
            .await
    })
    .await
}
