//! `DELETE /v1/api-keys/{id}`: revokes an API key.

use crate::{fields::refuse_mightier, get::find};
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_store::Index;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::delete("api-keys-revoke", "/v1/api-keys/{id}").needs(Permission::ManageApiKeys);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1), Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Revoke an API key",
    description: "It is refused on the very next request, and there is no way back. Everybody's key can be revoked, because one that is out must not wait for its owner; but nobody can revoke a key that allows more than they may do themselves (`permission_missing`), nor the last with which an admin can come in (`last_admin`).",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Revokes a key.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("API key")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        refuse_mightier(app, &caller, &before).await?;
        let mut change = caller.change(app);
        before.revoke(&mut change);
        let answer = ok(&Deletion::new("apiKey", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
