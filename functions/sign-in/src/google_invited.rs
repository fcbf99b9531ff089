//! `GET /i/{token}/google`: sends an invited client to Google, to accept.
//!
//! Like opening the link this uses nothing up: the invitation is accepted when
//! Google has vouched for the address that was invited.

use crate::google;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route};

/// What this function answers to.
pub const ROUTE: Route = Route::get("google-invited", "/i/{token}/google");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Accept an invitation with Google",
    description: "Leads a browser to Google and back to `/google/callback`, where the invitation is accepted if the Google account has the address that was invited.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends the browser off, if its link works.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let link = app.keys.read_invitation_token(request.path("token"));
    let link = link.ok_or_else(Problem::unknown_link)?;
    let store = app.store.workspace(link.workspace_id);
    let invitation = store.invitation(link.invitation_id).await?;
    let invitation = invitation.ok_or_else(Problem::unknown_link)?;
    invitation.check_link(link.generation, app.now())?;
    let accepts = Some((link.invitation_id, link.generation));
    google::begin(app, link.workspace_id, accepts).await
}
