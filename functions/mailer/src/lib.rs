//! Mails the letters that are owed.
//!
//! A letter is leased, written out, handed to SES, and deleted in the
//! transaction that records that it was sent. Dying between the last two sends
//! the same mail, with the same link, once more when the lease has run out.
//! A letter that has been overtaken (a newer link, an accepted or cancelled
//! invitation) is thrown away.

use portico_app::{App, Grant, Source, Trigger, TriggerError, retry, sqs_batch};
use portico_domain::{
    Change, DeliveryState, Invitation, Letter, MAX_MAIL_ATTEMPTS, Task, WorkspaceId, kind,
};
use portico_mail::{MailError, Written};
use portico_queue::Queue;
use portico_store::{CommitError, WorkspaceStore};
use std::time::Duration;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "mailer",
    source: Source::Queue(Queue::Mail),
    grants: &[
        Grant::GET,
        Grant::PUT,
        Grant::UPDATE,
        Grant::DELETE,
        Grant::SEND_MAIL,
    ],
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
    let Some(invitation) = still_owed(app, &workspace, &letter).await? else {
        return Ok(workspace.discard_letter(letter.id).await?);
    };
    let written = write(app, &workspace, task.workspace_id, &invitation).await?;
    let tags = [
        ("invitation", invitation.id.to_string()),
        ("workspace", task.workspace_id.to_string()),
    ];
    let outcome = match app.mail.send(&written, &tags).await {
        Ok(message_id) => Outcome::Sent(message_id),
        Err(MailError::NotNow(reason)) if letter.attempts < MAX_MAIL_ATTEMPTS => {
            tracing::warn!(letter = %letter.id, reason, "the mail service did not take a letter now");
            Outcome::Later(reason)
        }
        Err(MailError::NotNow(reason) | MailError::Never(reason)) => Outcome::Never(reason),
    };
    record(app, &workspace, &letter, &outcome).await
}

/// What became of a letter.
enum Outcome {
    /// The mail service took it, under this id.
    Sent(String),
    /// It is asked again.
    Later(String),
    /// It is not asked again.
    Never(String),
}

/// The invitation that the letter tells of, unless there is nothing left to
/// tell.
async fn still_owed(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
) -> Result<Option<Invitation>, TriggerError> {
    let invitation = workspace.invitation(letter.invitation_id).await?;
    Ok(invitation.filter(|invitation| invitation.check_link(letter.generation, app.now()).is_ok()))
}

async fn write(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    id: WorkspaceId,
    invitation: &Invitation,
) -> Result<Written, TriggerError> {
    let client = workspace.client(invitation.client_id).await?;
    let given_name = client
        .map(|client| client.name.given_name)
        .unwrap_or_default();
    let mail = portico_mail::Invitation {
        to: invitation.email.as_str(),
        given_name: &given_name,
        workspace: &workspace.get().await?.name,
        url: &app.invite_url(id, invitation.as_open()),
        expires: &invitation.expires_at.for_people(),
    };
    Ok(mail.write()?)
}

/// Records what became of the mail. Somebody may change the invitation at the
/// same time; what became of its mail is true all the same, so it is read
/// again and recorded on what it has become.
async fn record(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
    outcome: &Outcome,
) -> Result<(), TriggerError> {
    let recorded = retry(TriggerError::is_stale, || async {
        let Some(invitation) = workspace.invitation(letter.invitation_id).await? else {
            return Ok(workspace.discard_letter(letter.id).await?);
        };
        let mut change = Change::at(app.moment());
        let generation = letter.generation;
        match outcome {
            Outcome::Sent(message_id) => {
                invitation.mail_sent(&mut change, generation, message_id);
                change.done_letters.push(letter.id);
            }
            Outcome::Later(reason) => {
                invitation.mail_not_sent(&mut change, generation, DeliveryState::Deferred, reason);
                let due_at = app.now() + letter.wait();
                change.postponed_letters.push(Letter {
                    due_at,
                    ..letter.clone()
                });
            }
            Outcome::Never(reason) => {
                invitation.mail_not_sent(&mut change, generation, DeliveryState::Failed, reason);
                change.done_letters.push(letter.id);
            }
        }
        Ok(workspace.commit(&change).await?)
    })
    .await;
    match recorded {
        Err(TriggerError::Commit(CommitError::LeaseEnded)) => {
            tracing::warn!(letter = %letter.id, "a lease ended during a mail; another worker records");
            Ok(())
        }
        other => other,
    }
}
