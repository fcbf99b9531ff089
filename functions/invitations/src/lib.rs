//! The functions behind `/v1/invitations` and the links in their mails.

pub mod accept;
pub mod cancel;
pub mod create;
pub mod get;
pub mod list;
mod page;
pub mod resend;
pub mod show;

use portico_domain::{Client, Invitation};
use portico_store::WorkspaceStore;
use portico_web::{Function, Problem};

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
