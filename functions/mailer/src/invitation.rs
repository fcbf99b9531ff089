//! The mail that invites a client, and the one that reminds of it.

use crate::{Outcome, Ready, brand};
use portico_app::{App, TriggerError, retry};
use portico_domain::{Actor, Change, DeliveryState, InvitationId, Letter};
use portico_mail::Inviter;
use portico_store::{CommitError, WorkspaceStore};

/// The mail, unless there is nothing left to tell.
pub(crate) async fn write(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
    (id, generation): (InvitationId, u32),
    is_reminder: bool,
) -> Result<Option<Ready>, TriggerError> {
    let invitation = workspace.invitation(id).await?;
    let owed = invitation.filter(|invitation| {
        invitation.check_link(generation, app.now()).is_ok()
            && (!is_reminder || invitation.is_reached())
    });
    let Some(invitation) = owed else {
        return Ok(None);
    };
    let client = workspace.client(invitation.client_id).await?;
    let given_name = client
        .map(|client| client.name.given_name)
        .unwrap_or_default();
    let inviter = match invitation.created_by {
        Actor::Client { id } => workspace.client(id).await?.map(|one| one.name.full()),
        Actor::InternalUser { .. } | Actor::System => None,
    };
    let settings = workspace.get().await?;
    let mail = portico_mail::Invitation {
        brand: brand(&settings),
        to: invitation.email.as_str(),
        given_name: &given_name,
        inviter: inviter
            .as_deref()
            .map_or(Inviter::Business, Inviter::Colleague),
        is_reminder,
        url: &app.invite_url(letter.workspace_id, invitation.as_open()),
        expires: &invitation.expires_at.for_people(),
    };
    let tags = vec![
        ("invitation", invitation.id.to_string()),
        ("generation", generation.to_string()),
    ];
    Ok(Some(Ready {
        written: mail.write()?,
        to: invitation.email,
        tags,
        invited: None,
    }))
}

/// Records what became of the mail. Somebody may change the invitation at the
/// same time; what became of its mail is true all the same, so it is read
/// again and recorded on what it has become.
pub(crate) async fn record(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
    (id, generation): (InvitationId, u32),
    is_reminder: bool,
    outcome: &Outcome,
) -> Result<(), TriggerError> {
    let recorded = retry(TriggerError::is_stale, || async {
        let Some(invitation) = workspace.invitation(id).await? else {
            return Ok(workspace.discard_letter(letter.id).await?);
        };
        let mut change = Change::by_system(app.moment());
        match outcome {
            Outcome::Sent(message_id) => {
                invitation.mail_sent(&mut change, generation, message_id);
            }
            // What was mailed before is no worse for that.
            Outcome::Later(_) | Outcome::Forbidden | Outcome::Never(_) if is_reminder => {}
            Outcome::Later(reason) => {
                invitation.mail_not_sent(&mut change, generation, DeliveryState::Deferred, reason);
            }
            Outcome::Forbidden => {
                let (state, reason) = (DeliveryState::Suppressed, "the recipient complained");
                invitation.mail_not_sent(&mut change, generation, state, reason);
            }
            Outcome::Never(reason) => {
                invitation.mail_not_sent(&mut change, generation, DeliveryState::Failed, reason);
            }
        }
        outcome.note(&mut change, letter);
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
