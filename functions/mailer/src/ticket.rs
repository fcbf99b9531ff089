//! The mails of a ticket: the one with its link, and the one that tells that
//! it was used.

use crate::{Ready, brand};
use portico_app::{App, TriggerError};
use portico_domain::{Account, Email, Person, Ticket, TicketId, TicketMail, TicketPurpose};
use portico_mail::{
    AccountLink, AddressChanged, Brand, Invitation, Inviter, LinkPurpose, PasswordChanged, Written,
};
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
        // There is nobody yet, and the name is what a stranger has typed: it is
        // not for us to say it to whoever has the address.
        TicketPurpose::SignUp { email, .. } => Some(Owner {
            given_name: String::new(),
            email: email.clone(),
        }),
        purpose => {
            let person = workspace.person(ticket.account).await?;
            // An invitation that was replaced or withdrawn is not mailed.
            let is_owed = |person: &Person| match (purpose, person) {
                (TicketPurpose::Join, Person::Member(user)) => {
                    user.check_invitation(&ticket, app.now()).is_ok()
                }
                _ => person.is_here(),
            };
            person.filter(is_owed).map(|person| Owner {
                given_name: person.given_name().to_owned(),
                email: person.email().clone(),
            })
        }
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
            let url = app.ticket_url(&ticket);
            write_link(brand, &ticket, &owner, &url)?
        }
    };
    let mut tags = vec![("ticket", id.to_string())];
    let mut invited = None;
    match ticket.account {
        Account::Client { id } => tags.push(("client", id.to_string())),
        Account::InternalUser { id } if ticket.purpose == TicketPurpose::Join => {
            tags.push(("internalUser", id.to_string()));
            invited = Some(id);
        }
        Account::InternalUser { .. } => {}
    }
    Ok(Some(Ready {
        written,
        to: to.clone(),
        tags,
        invited,
    }))
}

/// The mail with the link, and where it goes.
fn write_link<'a>(
    brand: Brand<'_>,
    ticket: &'a Ticket,
    owner: &'a Owner,
    url: &str,
) -> Result<(Written, &'a Email), TriggerError> {
    let (given_name, expires) = (owner.given_name.as_str(), &ticket.expires_at.for_people());
    let Some((purpose, to)) = link(ticket, owner) else {
        let mail = Invitation {
            brand,
            to: owner.email.as_str(),
            given_name,
            inviter: Inviter::Team,
            is_reminder: false,
            url,
            expires,
        };
        return Ok((mail.write()?, &owner.email));
    };
    let mail = AccountLink {
        brand,
        to: to.as_str(),
        given_name,
        purpose,
        url,
        expires,
    };
    Ok((mail.write()?, to))
}

/// What the link of a ticket does, and where it goes; `None` if it invites.
fn link<'a>(ticket: &'a Ticket, owner: &'a Owner) -> Option<(LinkPurpose, &'a Email)> {
    Some(match &ticket.purpose {
        TicketPurpose::Join => return None,
        TicketPurpose::ResetPassword => (LinkPurpose::ResetPassword, &owner.email),
        TicketPurpose::SignIn => (LinkPurpose::SignIn, &owner.email),
        TicketPurpose::VerifyEmail { email } | TicketPurpose::SignUp { email, .. } => {
            (LinkPurpose::VerifyEmail, email)
        }
        TicketPurpose::ChangeEmail { to, .. } => (LinkPurpose::ChangeEmail, to),
    })
}

/// Whoever has an account.
struct Owner {
    given_name: String,
    email: Email,
}
