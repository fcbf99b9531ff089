//! Mails that tell of something that has happened: a webhook endpoint gets
//! nothing any more, somebody's password was changed.

use crate::{Outcome, Ready, brand};
use portico_app::{App, TriggerError};
use portico_domain::{Account, Change, EndpointId, Letter, Person, Time};
use portico_mail::{EndpointDisabled, PasswordChanged};
use portico_store::{CommitError, WorkspaceStore};

/// The mail, unless the endpoint is gone or enabled again.
pub(crate) async fn write(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    id: EndpointId,
) -> Result<Option<Ready>, TriggerError> {
    let Some(endpoint) = workspace.endpoint(id).await? else {
        return Ok(None);
    };
    let (Some(disabled), Some(to)) = (&endpoint.disabled, &endpoint.contact_email) else {
        return Ok(None);
    };
    let settings = workspace.get().await?;
    let mail = EndpointDisabled {
        brand: brand(&settings),
        to: to.as_str(),
        url: endpoint.place(),
        description: &endpoint.description,
        since: &disabled.at.for_people(),
        reason: &disabled.reason,
        endpoint_id: &id.to_string(),
        base_url: &app.base_url,
    };
    Ok(Some(Ready {
        written: mail.write()?,
        to: to.clone(),
        tags: vec![("endpoint", id.to_string())],
        invited: None,
    }))
}

/// The mail that tells that a password was changed, unless its owner is gone.
pub(crate) async fn password_changed(
    workspace: &WorkspaceStore<'_>,
    account: Account,
    at: Time,
) -> Result<Option<Ready>, TriggerError> {
    let owner = workspace.person(account).await?.filter(Person::is_here);
    let Some(owner) = owner else {
        return Ok(None);
    };
    let settings = workspace.get().await?;
    let mail = PasswordChanged {
        brand: brand(&settings),
        to: owner.email().as_str(),
        given_name: owner.given_name(),
        at: &at.for_people(),
    };
    let mut tags = Vec::new();
    if let Account::Client { id } = account {
        tags.push(("client", id.to_string()));
    }
    Ok(Some(Ready {
        written: mail.write()?,
        to: owner.email().clone(),
        tags,
        invited: None,
    }))
}

/// Records that a mail was sent of which nothing is kept but that, or puts it
/// off.
pub(crate) async fn record(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    letter: &Letter,
    outcome: &Outcome,
) -> Result<(), TriggerError> {
    if let Outcome::Never(reason) = outcome {
        tracing::error!(letter = %letter.id, reason, "a mail cannot be sent");
    }
    let mut change = Change::by_system(app.moment());
    outcome.note(&mut change, letter);
    match workspace.commit(&change).await {
        // Another worker records.
        Ok(()) | Err(CommitError::LeaseEnded) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
