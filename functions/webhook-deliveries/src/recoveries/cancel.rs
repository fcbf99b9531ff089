//! `POST /v1/webhook-recoveries/{id}/cancel`: ends a recovery before it is done.

use super::find;
use portico_app::{App, Grant};
use portico_domain::{Permission, RecoveryView};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "webhook-recoveries-cancel",
    "/v1/webhook-recoveries/{id}/cancel",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Cancel a recovery",
    description: "It orders nothing more. What it has ordered already goes out; the page of up to 100 that is under way is still ordered, and counted in `examined` and `resent` a moment later. One that has ended is answered as it is.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<RecoveryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Cancels a recovery.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let workspace = caller.store(app);
    let id = request.path_id("webhook recovery")?;
    retry_stale(|| async {
        let recovery = find(&workspace, id).await?;
        request.if_match(&recovery.view())?;
        let mut change = caller.change(app);
        let cancelled = recovery.cancel(&mut change);
        caller.commit(app, &change, ok(&cancelled.view())).await
    })
    .await
}
