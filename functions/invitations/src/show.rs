//! `GET /i/{token}`: the page behind an invitation's link.
//!
//! Looking never uses the link up: scanners and previews look too. Only the
//! form's POST accepts.

use crate::{
    joining,
    page::{DeadPage, InvitationPage},
};
use portico_app::{App, Grant};
use portico_domain::{DeadLink, Door, Invitation, Time, Workspace};
use portico_keys::InvitationLink;
use portico_web::{
    Body, Brand, Function, Operation, Problem, Request, Response, Route, branded_page, form_token,
    ok, sign_in_page,
};
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("invitations-show", "/i/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Open an invitation",
    description: "The page on which whoever is invited chooses a password; as JSON if the caller asks for it. Opening it never uses the link up.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What the page says, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer<'a> {
    pub(crate) workspace_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) expires_at: Time,
}

/// Shows an invitation.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    if let Some(link) = joining::link(app, &request) {
        return joining::show(app, &request, link).await;
    }
    let (link, invitation, workspace) = find(app, &request).await?;
    if let Err(dead) = invitation.check_link(link.generation, app.now()) {
        return say_dead(dead, &request, (&workspace, Door::Clients));
    }
    if request.wants_json() && !request.wants_page() {
        let email = invitation.email.as_str();
        let expires_at = invitation.expires_at;
        return Ok(ok(&Offer {
            workspace_name: &workspace.name,
            email,
            expires_at,
        }));
    }
    let form = form_token(app, &request)?;
    let token = request.path("token");
    let has_google = app.google.is_some();
    let offer = InvitationPage::new(
        &workspace,
        &invitation,
        token,
        &form.field,
        (None, ""),
        has_google,
    );
    let page = branded_page(&Brand::of(&workspace), &offer.title(), &offer)?;
    Ok(page.with_cookie(form.cookie))
}

/// Says why a link does not work, and, on a page, offers what helps.
pub(crate) fn say_dead(
    dead: DeadLink,
    request: &Request,
    (workspace, door): (&Workspace, Door),
) -> Result<Response, Problem> {
    let problem = Problem::from(dead);
    if !request.wants_page() {
        return Err(problem);
    }
    let page = DeadPage {
        title: problem.heading(),
        message: &problem.sentence(),
        code: problem.code(),
        renew: matches!(dead, DeadLink::Expired | DeadLink::Superseded)
            .then(|| request.path("token")),
        sign_in: (dead == DeadLink::Accepted).then(|| sign_in_page(workspace.id, door)),
    };
    let page = branded_page(&Brand::of(workspace), page.title, &page)?;
    Ok(problem.with_page(page))
}

/// The invitation of the request's link, dead or alive.
pub(crate) async fn find(
    app: &App,
    request: &Request,
) -> Result<(InvitationLink, Invitation, Workspace), Problem> {
    let link = app
        .keys
        .read_invitation_token(request.path("token"))
        .ok_or_else(Problem::unknown_link)?;
    let workspace = app.store.workspace(link.workspace_id);
    let invitation = workspace
        .invitation(link.invitation_id)
        .await?
        .ok_or_else(Problem::unknown_link)?;
    Ok((link, invitation, workspace.get().await?))
}
