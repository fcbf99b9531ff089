//! Learns from SES what became of mail.
//!
//! SES publishes events of its configuration set to a topic, and the topic
//! feeds the queue. Events come twice, late, out of order, and before the
//! mailer has recorded that the mail was sent; the rules in
//! `shared/domain/src/invitation/delivery.rs` and `address_mark.rs` make the
//! order meaningless, and each change names the version that it replaces. An
//! event that is about nothing of ours is passed over; a message that is none
//! of SES's comes again a few times and ends with the dead letters, alone.

mod notification;

use notification::{Notification, Subject};
use portico_app::{App, Grant, Source, Trigger, TriggerError, retry, sqs_messages};
use portico_domain::{AddressMark, Change, Client, ClientId, Invitation};
use portico_queue::Queue;
use portico_store::WorkspaceStore;

/// The function.
pub const TRIGGER: Trigger = Trigger {
    name: "mail-events",
    source: Source::Queue(Queue::MailEvents),
    grants: &[Grant::GET, Grant::PUT],
    at_once: 1,
    handle: |app, event| Box::pin(sqs_messages(event, |body| learn(app, body))),
};

async fn learn(app: &App, body: String) -> Result<(), TriggerError> {
    let Some(notification) = notification::read(&body, app.now())? else {
        return Ok(());
    };
    retry(TriggerError::is_stale, || record(app, &notification)).await
}

/// Records what a notification says of a mail and of the address that it went
/// to, as one change.
async fn record(app: &App, notification: &Notification) -> Result<(), TriggerError> {
    let workspace = app.store.workspace(notification.workspace_id);
    let report = &notification.report;
    let mut change = Change::by_system(app.moment());
    let invitation = invitation(&workspace, &notification.subject).await?;
    if let (Some(invitation), Subject::Invitation { generation, .. }) =
        (&invitation, &notification.subject)
    {
        invitation.mail_reported(&mut change, *generation, report);
    }
    if let Subject::Member { id, ticket } = notification.subject
        && let Some(user) = workspace.internal_user(id).await?
    {
        user.mail_reported(&mut change, ticket, report);
    }
    let mark = if report.fate.concerns_address() {
        let email = &notification.recipient;
        let before = workspace.address_mark(email).await?;
        let id = notification.workspace_id;
        AddressMark::learn(&mut change, before.as_ref(), id, email, report)
    } else {
        None
    };
    if let Some(mark) = mark {
        let client = client(&workspace, &notification.subject, invitation.as_ref()).await?;
        if let Some(before) = client {
            let mut after = before.clone();
            after.note_address(&mut change, &mark);
            if after != before {
                change.save_client(Some(&before), after);
            }
        }
    }
    Ok(workspace.commit(&change).await?)
}

async fn invitation(
    workspace: &WorkspaceStore<'_>,
    subject: &Subject,
) -> Result<Option<Invitation>, TriggerError> {
    match subject {
        Subject::Invitation { id, .. } => Ok(workspace.invitation(*id).await?),
        Subject::Client(_) | Subject::Member { .. } | Subject::Other => Ok(None),
    }
}

/// Whom the mail went to, if that is a client who is still there.
async fn client(
    workspace: &WorkspaceStore<'_>,
    subject: &Subject,
    invitation: Option<&Invitation>,
) -> Result<Option<Client>, TriggerError> {
    let id: Option<ClientId> = match subject {
        Subject::Invitation { .. } => invitation.map(|invitation| invitation.client_id),
        Subject::Client(id) => Some(*id),
        Subject::Member { .. } | Subject::Other => None,
    };
    let Some(id) = id else { return Ok(None) };
    let client = workspace.client(id).await?;
    Ok(client.filter(|client| client.archived_at.is_none()))
}
