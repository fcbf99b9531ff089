//! The mails of a ticket: the one with its link, and the one that tells that
//! it was used.

use crate::{Ready, brand};
use portico_app::{App, TriggerError};
use portico_domain::{Account, Email, InternalUser, Ticket, TicketId, TicketMail, TicketPurpose};
use portico_mail::{AccountLink, AddressChanged, LinkPurpose, PasswordChanged};
use portico_store::WorkspaceStore;

/// The mail, unless there is nothing left to tell, or nobody to tell it to.
pub(crate) async fn write(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    id: TicketId,
    mail: TicketMail,
) -> Result<Option<Ready>, TriggerError> {
    let ticket = workspace.ticket(id).await?;
    let Some(ticket) = ticket.filter(|ticket| ticket.owes(mail, app.now())) else {
        return Ok(None);
    };
    let owner = match &ticket.purpose {
        // There is nobody yet.
        TicketPurpose::SignUp { name, email } => Some(Owner {
            given_name: name.given_name.clone(),
            email: email.clone(),
        }),
        _ => owner(workspace, ticket.account).await?,
    };
    let Some(owner) = owner else {
        return Ok(None);
    };
    let settings = workspace.get().await?;
    let (brand, given_name) = (brand(&settings), owner.given_name.as_str());
    let (written, to) = match (mail, ticket.used_at) {
        (TicketMail::Used, Some(at)) => {
            let at = &at.for_people();
            match &ticket.purpose {
                TicketPurpose::ResetPassword => {
                    let mail = PasswordChanged {
                        brand,
                        to: owner.email.as_str(),
                        given_name,
                        at,
                    };
                    (mail.write()?, &owner.email)
                }
                TicketPurpose::ChangeEmail { from, .. } => {
                    let mail = AddressChanged {
                        brand,
                        to: from.as_str(),
                        given_name,
                        at,
                    };
                    (mail.write()?, from)
                }
                TicketPurpose::Join
                | TicketPurpose::SignIn
                | TicketPurpose::SignUp { .. }
                | TicketPurpose::VerifyEmail { .. } => return Ok(None),
            }
        }
        (TicketMail::Link | TicketMail::Used, _) => {
            let (purpose, to) = link(&ticket, &owner);
            let mail = AccountLink {
                brand,
                to: to.as_str(),
                given_name,
                purpose,
                url: &app.ticket_url(&ticket),
                expires: &ticket.expires_at.for_people(),
            };
            (mail.write()?, to)
        }
    };
    let mut tags = vec![("ticket", id.to_string())];
    if let Account::Client { id } = ticket.account {
        tags.push(("client", id.to_string()));
    }
    Ok(Some(Ready {
        written,
        to: to.clone(),
        tags,
    }))
}

/// What the link of a ticket does, and where it goes.
fn link<'a>(ticket: &'a Ticket, owner: &'a Owner) -> (LinkPurpose, &'a Email) {
    match &ticket.purpose {
        TicketPurpose::ResetPassword => (LinkPurpose::ResetPassword, &owner.email),
        TicketPurpose::Join => (LinkPurpose::Join, &owner.email),
        TicketPurpose::SignIn => (LinkPurpose::SignIn, &owner.email),
        TicketPurpose::VerifyEmail { email } | TicketPurpose::SignUp { email, .. } => {
            (LinkPurpose::VerifyEmail, email)
        }
        TicketPurpose::ChangeEmail { to, .. } => (LinkPurpose::ChangeEmail, to),
    }
}

/// Whoever has an account.
struct Owner {
    given_name: String,
    email: Email,
}

/// Whoever has this account now. Archived clients and
/// removed team members get no mail.
async fn owner(
    workspace: &WorkspaceStore<'_>,
    account: Account,
) -> Result<Option<Owner>, TriggerError> {
    match account {
        Account::Client { id } => {
            let client = workspace.client(id).await?;
            let client = client.filter(|client| client.archived_at.is_none());
            Ok(client.map(|client| Owner {
                given_name: client.name.given_name,
                email: client.email,
            }))
        }
        Account::InternalUser { id } => {
            let user = workspace.internal_user(id).await?;
            let user = user.filter(InternalUser::is_member);
            Ok(user.map(|user| Owner {
                given_name: user.name.given_name,
                email: user.email,
            }))
        }
    }
}
