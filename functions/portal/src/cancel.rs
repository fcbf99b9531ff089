//! `POST /portal/requests/{id}/cancel`: a client no longer wants what it asked
//! for.

use crate::own::{OwnRequest, find};
use portico_app::{App, Grant};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("portal-cancel", "/portal/requests/{id}/cancel").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Cancel a request of one's own",
    description: "As long as it is not done or declined (`request_ended`). One that is cancelled already stays so. The account managers of the company and of the client are mailed.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<OwnRequest>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Cancels the request.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let workspace = app.store.workspace(caller.client.workspace_id);
    retry_stale(|| async {
        let before = find(&workspace, &request, &caller.client).await?;
        request.if_match(&OwnRequest::from(&before))?;
        let mut change = caller.change(app, &request);
        let company = match before.company_id {
            Some(id) => workspace.company(id).await?,
            None => None,
        };
        let after = before.cancel(&mut change, &caller.client, company.as_ref())?;
        let answer = ok(&OwnRequest::from(&after));
        caller.commit(app, &change, answer).await
    })
    .await
}
