//! `GET /google/callback`: a browser comes back from Google, and is signed in.
//!
//! What Google says counts for the browser that was sent there and no other:
//! its cookie holds the state, the nonce and the verifier. The cookie is
//! forgotten whatever comes of it, and Google takes a code once.

use crate::{
    google::{self, Begun},
    google_aim,
    page::RefusedPage,
};
use portico_app::{App, Grant};
use portico_domain::Session;
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, retry_stale, signed_in,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("google-callback", "/google/callback");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Come back from Google",
    description: "Signs somebody in or up, or accepts an invitation, if Google has verified the same address. It works only in the browser that began.",
    query: &[
        Parameter::text("state", "What the browser was sent off with."),
        Parameter::text("code", "What Google vouches with, once."),
        Parameter::text("error", "Why Google vouches for nobody."),
    ],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    google::google(app)?;
    let begun = google::begun(app, &request).ok_or_else(Problem::google_over)?;
    let store = app.store.workspace(begun.workspace_id);
    let door = begun.aim.door();
    let answer = match sign_in(app, &request, &store, begun).await {
        Ok(session) => signed_in(app, &request, &session).await?,
        Err(problem) if request.wants_page() => {
            RefusedPage::answer(&store.get().await?, door, &problem)?
        }
        Err(problem) => return Err(problem),
    };
    Ok(answer.with_cookie(google::forget()))
}

async fn sign_in(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    begun: Begun,
) -> Result<Session, Problem> {
    let state = request.query("state").unwrap_or_default();
    if !begun.attempt.is_answered_by(state) {
        return Err(Problem::google_over());
    }
    let code = request.query("code").ok_or_else(Problem::google_declined)?;
    let redirect = google::redirect(app);
    let identity = google::google(app)?
        .finish(&app.sender, &redirect, begun.attempt, code)
        .await?;
    retry_stale(|| google_aim::reach(app, request, store, begun.aim, &identity)).await
}
