//! `DELETE /v1/clients/{id}`: archives a client.

use crate::{get::find_active, view::view};
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("clients-archive", "/v1/clients/{id}")
    .needs(Permission::DeleteClients)
    .also_at(&["/v1/client/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::UPDATE, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Archive a client",
    description: "The client is gone from lists and from the API and signed out on the next request; its history is kept, its e-mail address can be used again, and its open invitation is cancelled.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Archives a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_active(&workspace, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let open = workspace.open_invitation(&before).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.archive(&mut change, open.as_ref());
        change.save_client(Some(&before), after);
        let answer = ok(&Deletion::new("client", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
