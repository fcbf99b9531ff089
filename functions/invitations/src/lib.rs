//! The functions behind `/v1/invitations` and the links in their mails.

pub mod accept;
pub mod cancel;
pub mod create;
pub mod get;
pub mod list;
mod page;
pub mod resend;
pub mod show;

use portico_app::App;
use portico_domain::{Change, Client, Invitation, InvitationId, InviteRefusal};
use portico_store::WorkspaceStore;
use portico_web::{Caller, Function, Problem, Request, Response, ok, retry_stale};

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    resend::FUNCTION,
    cancel::FUNCTION,
    show::FUNCTION,
    accept::FUNCTION,
];

/// Decides about an invitation and the client whom it invites, stores what
/// becomes of both, and answers with the invitation.
async fn decide(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: InvitationId,
    rule: impl Fn(&Invitation, &mut Change<'_>, &mut Client) -> Result<Invitation, InviteRefusal>,
) -> Result<Response, Problem> {
    let workspace = app.store.workspace(caller.workspace_id);
    retry_stale(|| async {
        let invitation = get::find(&workspace, id).await?;
        request.if_match(&invitation.view(app.now()))?;
        let before = client_of(&workspace, &invitation).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let invitation = rule(&invitation, &mut change, &mut after)?;
        change.save_client(Some(&before), after);
        let answer = ok(&invitation.view(app.now()));
        caller.commit(app, &change, answer).await
    })
    .await
}

/// Whom an invitation invites. Archiving a client ends its invitation, so an
/// archived one is met only by whoever read the invitation before that.
async fn client_of(
    workspace: &WorkspaceStore<'_>,
    invitation: &Invitation,
) -> Result<Client, Problem> {
    workspace
        .client(invitation.client_id)
        .await?
        .ok_or_else(|| Problem::not_found("client"))
}
