//! `POST /i/{token}/renew`: mails a working link to whoever is invited, on the
//! word of whoever has a link that works no more.
//!
//! The answer is always the same, whether or not there is such a link, and
//! whether or not a mail goes out: it goes to the invited address alone, once a
//! minute and five times a day at most.

use crate::{joining, page::RenewedPage};
use portico_app::{App, Grant};
use portico_domain::{Actor, Change, ChangeSource, WorkspaceId};
use portico_keys::InvitationLink;
use portico_store::CommitError;
use portico_web::{
    Body, Brand, Function, Operation, Problem, Request, Response, Route, branded_page, ok, page,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-renew", "/i/{token}/renew");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Ask for a new link",
    description: "If the link belongs to an invitation that expired or was sent again, a working link is mailed to the address that was invited. The answer does not say whether.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Renewal>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What everybody is told.
#[derive(Debug, Serialize, JsonSchema)]
struct Renewal {
    /// Always `invitationRenewal`.
    object: &'static str,
    /// For whoever asked.
    message: &'static str,
}

/// What everybody is told.
pub(crate) const ANSWER: &str = "if this link was an invitation that you can still accept, a mail with a new link is on its way to the address that was invited";

/// Asks for a new link.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let mut workspace_id = None;
    if let Some(link) = joining::link(app, &request) {
        workspace_id = Some(link.workspace_id);
        joining::renew(app, &request, link).await?;
    } else if let Some(link) = app.keys.read_invitation_token(request.path("token")) {
        workspace_id = Some(link.workspace_id);
        renew(app, &request, link).await?;
    }
    if request.wants_page() {
        return renewed_page(app, workspace_id).await;
    }
    Ok(ok(&Renewal {
        object: "invitationRenewal",
        message: ANSWER,
    }))
}

/// The page, which looks like the workspace's other pages if the link is one of
/// ours: its own page tells that already.
async fn renewed_page(app: &App, workspace_id: Option<WorkspaceId>) -> Result<Response, Problem> {
    let title = "Check your mail";
    let workspace = match workspace_id {
        Some(id) => app.store.find_workspace(id).await?,
        None => None,
    };
    match workspace {
        Some(workspace) => branded_page(&Brand::of(&workspace), title, &RenewedPage),
        None => page(title, &RenewedPage),
    }
}

async fn renew(app: &App, request: &Request, link: InvitationLink) -> Result<(), Problem> {
    let workspace = app.store.workspace(link.workspace_id);
    retry_stale(|| async {
        let Some(invitation) = workspace.invitation(link.invitation_id).await? else {
            return Ok(());
        };
        let Some(before) = workspace.client(invitation.client_id).await? else {
            return Ok(());
        };
        let open = workspace.open_invitation(&before).await?;
        let lifetime = workspace.get().await?.invitation_lifetime();
        // Whoever has the link counts as the one whom it invites.
        let actor = Actor::Client { id: before.id };
        let origin = request.origin(actor, ChangeSource::Web);
        let mut change = Change::new(app.moment(), origin);
        let mut after = before.clone();
        let generation = link.generation;
        let renewed = invitation.renew(&mut change, &mut after, open, generation, lifetime);
        if renewed.is_some() {
            change.save_client(Some(&before), after);
            return match workspace.commit(&change).await {
                // Nobody is invited into such a company, and whoever asks is
                // not told of it.
                Err(CommitError::InactiveCompany(..) | CommitError::UnknownCompany(_)) => Ok(()),
                done => Ok(done?),
            };
        }
        Ok(())
    })
    .await
}
