//! The functions behind `/v1/invitations` and the links in their mails.

pub mod accept;
pub mod bulk;
pub mod cancel;
pub mod create;
pub mod get;
mod joining;
pub mod link;
pub mod list;
mod page;
pub mod renew;
pub mod resend;
pub mod show;

use portico_app::App;
use portico_domain::{
    Change, Client, ClientId, Invalid, Invitation, InvitationId, InvitationStatus, InvitationView,
    InviteRefusal,
};
use portico_store::WorkspaceStore;
use portico_web::{
    Caller, Function, Problem, Request, Response, ok, refuse_if_complained, retry_stale,
};

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    bulk::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    resend::FUNCTION,
    cancel::FUNCTION,
    link::FUNCTION,
    show::FUNCTION,
    accept::FUNCTION,
    renew::FUNCTION,
];

/// Decides whether and how to invite a client, with a mail or without; what
/// becomes of it is in the change, to be stored. The rule is told of the
/// invitation that the client has open.
async fn invite<'a>(
    app: &'a App,
    caller: &Caller,
    (client_id, is_mailed): (ClientId, bool),
    rule: impl Fn(&mut Change<'_>, &mut Client, Option<Invitation>) -> Result<Invitation, InviteRefusal>,
) -> Result<(Change<'a>, Invitation), Problem> {
    let workspace = caller.store(app);
    let client = caller.client(app, client_id).await?;
    let before = client.ok_or_else(unknown_client)?;
    if is_mailed {
        refuse_if_complained(&workspace, &before.email).await?;
    }
    let open = workspace.open_invitation(&before).await?;
    let mut change = caller.change(app);
    let mut after = before.clone();
    let invitation = rule(&mut change, &mut after, open)?;
    change.save_client(Some(&before), after);
    Ok((change, invitation))
}

fn unknown_client() -> Problem {
    let message = "there is no client with this id in this workspace";
    Invalid::new("clientId", "client_unknown", message).into()
}

/// Decides about an invitation and the client whom it invites, stores what
/// becomes of both, and answers with the invitation.
async fn decide(
    app: &App,
    caller: &Caller,
    request: &Request,
    id: InvitationId,
    rule: impl Fn(&Invitation, &mut Change<'_>, &mut Client) -> Result<Invitation, InviteRefusal>,
) -> Result<Response, Problem> {
    let workspace = caller.store(app);
    retry_stale(|| async {
        let invitation = get::find(&workspace, caller, id).await?;
        request.if_match(&view(app, caller, &invitation))?;
        let before = client_of(&workspace, &invitation).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let invitation = rule(&invitation, &mut change, &mut after)?;
        change.save_client(Some(&before), after);
        let answer = ok(&view(app, caller, &invitation));
        caller.commit(app, &change, answer).await
    })
    .await
}

/// The invitation as this caller sees it: companies outside of what it is
/// limited to are not named.
fn view(app: &App, caller: &Caller, invitation: &Invitation) -> InvitationView {
    let mut view = invitation.view(app.now());
    view.company_ids.retain(|id| caller.companies.covers(*id));
    view
}

/// Whom an invitation invites. Archiving a client ends its invitation, so an
/// archived one is met only by whoever read the invitation before that.
async fn client_of(
    workspace: &WorkspaceStore<'_>,
    invitation: &Invitation,
) -> Result<Client, Problem> {
    let client = workspace.client(invitation.client_id).await?;
    let client = client.ok_or_else(|| Problem::not_found("client"))?;
    if client.archived_at.is_some() && invitation.status == InvitationStatus::Pending {
        // It has ended by now; read again.
        return Err(Problem::stale());
    }
    Ok(client)
}
