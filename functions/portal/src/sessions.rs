//! `GET /portal/sessions`: where somebody is signed in.

use portico_app::{App, Grant};
use portico_domain::{Session, SessionView};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Problem, Request, Response, Route, admit_person, ok,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-sessions", "/portal/sessions").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List the own sessions",
    description: "Where the caller is signed in, the newest 100 first.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ListView<SessionView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Lists the sessions that work.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_person(app, &request).await?;
    let workspace = app.store.workspace(caller.person.workspace_id());
    let sessions = workspace.sessions(caller.session.account).await?;
    let (epoch, now) = (caller.person.session_epoch(), app.now());
    // Those that were begun under other settings end like the caller's own.
    let idle_seconds = caller.session.idle_seconds;
    let live = sessions
        .into_iter()
        .map(|session| Session {
            idle_seconds,
            ..session
        })
        .filter(|session| session.is_live(epoch, now))
        .map(|session| session.view(Some(caller.session.id)));
    Ok(ok(&ListView::complete(live.collect())))
}
