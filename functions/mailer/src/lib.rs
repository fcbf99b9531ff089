//! Mails the letters that are owed.
//!
//! A letter is leased, written out, handed to SES, and deleted in the
//! transaction that records that it was sent. Dying between the last two sends
//! the same mail, with the same link, once more when the lease has run out.
//! A letter that has been overtaken (a newer link, an accepted or cancelled
//! invitation, an endpoint that was enabled again, a link that was used) is
//! thrown away.

mod invitation;
mod notice;
mod request;
mod team;
mod ticket;

use portico_app::{App, Grant, Source, Trigger, TriggerError, sqs_batch};
use portico_domain::{
    Change, Email, InternalUserId, Letter, MAX_MAIL_ATTEMPTS, Matter, Task, WebLink, Workspace,
    kind,
};
use portico_mail::{Brand, MailError, Written};
use portico_queue::Queue;
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "mailer",
    source: Source::Queue(Queue::Mail),
    grants: &[
        Grant::GET,
        Grant::BATCH_GET,
        Grant::PUT,
        Grant::UPDATE,
        Grant::DELETE,
        Grant::SEND_MAIL,
    ],
    at_once: 1,
    handle: |app, event| Box::pin(sqs_batch(event, |task| mail(app, task))),
};

/// For how long one worker has a letter to itself; SES answers in less than a
/// second, and the SDK gives up after a few tries.
const LEASE: Duration = Duration::from_mins(1);

async fn mail(app: &App, task: Task<kind::Letter>) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(task.workspace_id);
    let now = app.now();
    let Some(letter) = workspace.lease_letter(task.id, now, now + LEASE).await? else {
        return Ok(());
    };
    let written = match letter.matter {
        Matter::Invitation {
            invitation_id,
            generation,
            is_reminder,
        } => {
            let link = (invitation_id, generation);
            invitation::write(app, &workspace, &letter, link, is_reminder).await?
        }
        Matter::EndpointDisabled { endpoint_id } => {
            notice::write(app, &workspace, endpoint_id).await?
        }
        Matter::Ticket { ticket_id, mail } => {
            ticket::write(app, &workspace, ticket_id, mail).await?
        }
        Matter::PasswordChanged {
            password_of,
            changed_at,
        } => notice::password_changed(&workspace, password_of, changed_at).await?,
        Matter::NewRequest {
            new_request_id,
            manager_id,
        } => request::to_manager(&workspace, new_request_id, manager_id, false).await?,
        Matter::CancelledRequest {
            cancelled_request_id,
            manager_id,
        } => request::to_manager(&workspace, cancelled_request_id, manager_id, true).await?,
        Matter::RequestMoved { request_id, step } => {
            request::moved(app, &workspace, request_id, step).await?
        }
    };
    let Some(ready) = written else {
        return Ok(workspace.discard_letter(letter.id).await?);
    };
    let invited = ready.invited;
    let mark = workspace.address_mark(&ready.to).await?;
    let outcome = if mark.is_some_and(|mark| mark.forbids_mail()) {
        Outcome::Forbidden
    } else {
        send(app, &letter, ready).await
    };
    match letter.matter {
        Matter::Invitation {
            invitation_id,
            generation,
            is_reminder,
        } => {
            let link = (invitation_id, generation);
            invitation::record(app, &workspace, &letter, link, is_reminder, &outcome).await
        }
        Matter::EndpointDisabled { .. }
        | Matter::PasswordChanged { .. }
        | Matter::NewRequest { .. }
        | Matter::CancelledRequest { .. }
        | Matter::RequestMoved { .. } => notice::record(app, &workspace, &letter, &outcome).await,
        Matter::Ticket { ticket_id, .. } => match invited {
            Some(user) => {
                let link = (user, ticket_id);
                team::record(app, &workspace, &letter, link, &outcome).await
            }
            None => notice::record(app, &workspace, &letter, &outcome).await,
        },
    }
}

/// How a workspace looks in its mails.
fn brand(workspace: &Workspace) -> Brand<'_> {
    Brand {
        name: &workspace.name,
        logo_url: workspace.logo_url.as_ref().map(WebLink::as_str),
        color: workspace.accent_color.as_deref(),
        reply_to: workspace.reply_to.as_ref().map(Email::as_str),
        client: &workspace.labels.individual_term,
        clients: &workspace.labels.individual_term_plural,
    }
}

async fn send(app: &App, letter: &Letter, ready: Ready) -> Outcome {
    let mut tags = ready.tags;
    tags.push(("workspace", letter.workspace_id.to_string()));
    match app.mail.send(&ready.written, &tags).await {
        Ok(message_id) => Outcome::Sent(message_id),
        Err(MailError::NotNow(reason)) if letter.attempts < MAX_MAIL_ATTEMPTS => {
            tracing::warn!(letter = %letter.id, reason, "the mail service did not take a letter now");
            Outcome::Later(reason)
        }
        Err(MailError::NotNow(reason) | MailError::Never(reason)) => Outcome::Never(reason),
    }
}

/// A mail that is ready to go.
struct Ready {
    written: Written,
    to: Email,
    /// What it is about: an event of SES finds that by them with one read.
    tags: Vec<(&'static str, String)>,
    /// The team member whom it invites, if it does.
    invited: Option<InternalUserId>,
}

/// What became of a letter.
enum Outcome {
    /// The mail service took it, under this id.
    Sent(String),
    /// It is asked again.
    Later(String),
    /// It is not asked again.
    Never(String),
    /// It is not asked: the recipient called our mail spam.
    Forbidden,
}

impl Outcome {
    /// Puts off a letter that is sent again later; any other one is done with.
    fn note(&self, change: &mut Change<'_>, letter: &Letter) {
        match self {
            Self::Sent(_) | Self::Never(_) | Self::Forbidden => change.done_letters.push(letter.id),
            Self::Later(_) => change.postponed_letters.push(Letter {
                due_at: change.moment.now + letter.wait(),
                ..letter.clone()
            }),
        }
    }
}
