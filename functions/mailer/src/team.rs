//! What became of the mail that invites a team member. The mail itself is that
//! of a ticket.

use crate::Outcome;
use portico_app::{App, TriggerError, retry};
use portico_domain::{Change, DeliveryState, InternalUserId, Letter, TicketId};
use portico_store::{CommitError, WorkspaceStore};

/// Records it on what the invitation has become meanwhile.
pub(crate) async fn record(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
    (id, ticket): (InternalUserId, TicketId),
    outcome: &Outcome,
) -> Result<(), TriggerError> {
    let recorded = retry(TriggerError::is_stale, || async {
        let Some(user) = workspace.internal_user(id).await? else {
            return Ok(workspace.discard_letter(letter.id).await?);
        };
        let mut change = Change::by_system(app.moment());
        match outcome {
            Outcome::Sent(message_id) => user.mail_sent(&mut change, ticket, message_id),
            Outcome::Later(reason) => {
                user.mail_not_sent(&mut change, ticket, DeliveryState::Deferred, reason);
            }
            Outcome::Forbidden => {
                let (state, reason) = (DeliveryState::Suppressed, "the recipient complained");
                user.mail_not_sent(&mut change, ticket, state, reason);
            }
            Outcome::Never(reason) => {
                user.mail_not_sent(&mut change, ticket, DeliveryState::Failed, reason);
            }
        }
        outcome.note(&mut change, letter);
        Ok(workspace.commit(&change).await?)
    })
    .await;
    match recorded {
        // Another worker records.
        Err(TriggerError::Commit(CommitError::LeaseEnded)) => Ok(()),
        other => other,
    }
}
