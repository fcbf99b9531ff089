//! `GET /i/{token}/google`: sends whoever is invited to Google, to accept.
//!
//! Like opening the link this uses nothing up: the invitation is accepted when
//! Google has vouched for the address that was invited.

use crate::{
    google::{self, Aim},
    mailed,
};
use portico_app::{App, Grant};
use portico_domain::TicketPurpose;
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
    let Some(link) = link else {
        return begin_joining(app, &request).await;
    };
    let store = app.store.workspace(link.workspace_id);
    let invitation = store.invitation(link.invitation_id).await?;
    let invitation = invitation.ok_or_else(Problem::unknown_link)?;
    invitation.check_link(link.generation, app.now())?;
    let aim = Aim::Accept(link.invitation_id, link.generation);
    google::begin(app, link.workspace_id, aim).await
}

/// The same for whoever is invited to the team.
async fn begin_joining(app: &App, request: &Request) -> Result<Response, Problem> {
    let is_meant = |purpose: &TicketPurpose| *purpose == TicketPurpose::Join;
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    let store = app.store.workspace(workspace.id);
    let user = store.invited_member(&ticket).await?;
    let user = user.ok_or_else(Problem::unknown_link)?;
    user.check_invitation(&ticket, app.now())?;
    google::begin(app, workspace.id, Aim::Join(ticket.id)).await
}
