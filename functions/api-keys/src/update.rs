//! `PATCH /v1/api-keys/{id}`: changes the fields that are given.

use crate::{
    fields::{ApiKeyFields, refuse_mightier, refuse_more},
    get::find,
};
use portico_app::{App, Grant};
use portico_domain::{ApiKeyView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::patch("api-keys-update", "/v1/api-keys/{id}").needs(Permission::ManageApiKeys);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1), Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Change an API key",
    description: "What is not given stays as it is; `null` takes an end or a limit away. What is changed holds from the next request on. A key cannot be changed into one that allows more than the caller (`key_exceeds_caller`), nor the last with which an admin can come in into one that allows less (`last_admin`).",
    query: &[],
    body: Some(schema::<ApiKeyFields>),
    answer: Body::Json(schema::<ApiKeyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes a key.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("API key")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        refuse_mightier(app, &caller, &before).await?;
        let fields: ApiKeyFields = body(&request)?;
        fields.refuse_other_owner(&before)?;
        let patch = fields.into_patch(app.now())?;
        let mut change = caller.change(app);
        let after = before.update(&mut change, patch);
        if after != before {
            refuse_more(&caller, &after)?;
        }
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
