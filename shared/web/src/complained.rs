//! Who is mailed no more.

use crate::Problem;
use portico_domain::{Email, InviteRefusal};
use portico_store::WorkspaceStore;

/// Refuses to invite somebody who called our mail spam. The mailer looks again:
/// the complaint may come any time.
pub async fn refuse_if_complained(
    workspace: &WorkspaceStore<'_>,
    email: &Email,
) -> Result<(), Problem> {
    let mark = workspace.address_mark(email).await?;
    if mark.is_some_and(|mark| mark.forbids_mail()) {
        return Err(InviteRefusal::Complained.into());
    }
    Ok(())
}
