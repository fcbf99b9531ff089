//! `DELETE /portal/sessions/{id}`: somebody ends one of its sessions.

use portico_app::{App, Grant};
use portico_domain::{SessionEnd, SessionId};
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit_person, ok,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("portal-revoke", "/portal/sessions/{id}").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "End one of the own sessions",
    description: "Whoever holds it is out on the next request.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Ends a session.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_person(app, &request).await?;
    let id: SessionId = request.path_id("session")?;
    let workspace = app.store.workspace(caller.person.workspace_id());
    let session = workspace.session(caller.session.account, id).await?;
    let session = session.ok_or_else(|| Problem::not_found("session"))?;
    let mut change = caller.change(app, &request);
    change.end_session(&session, SessionEnd::SignedOut);
    workspace.commit(&change).await?;
    Ok(ok(&Deletion::new("session", &id)))
}
