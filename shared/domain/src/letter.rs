//! Letters: mail that is owed.
//!
//! A letter is written in the transaction that decides to send it and deleted
//! in the one that records that it was sent, so a mail is never forgotten. A
//! worker that dies in between leaves the letter behind, and the same mail,
//! with the same link, may then be sent once more.

use crate::{Invitation, InvitationId, LetterId, Moment, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often the mail service is asked to take a letter before it counts as
/// refused. With [`Letter::wait`] that is about a day.
pub const MAX_ATTEMPTS: u32 = 30;

/// A mail that is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// Its id.
    pub id: LetterId,
    /// The workspace that sends it.
    pub workspace_id: WorkspaceId,
    /// The invitation that it tells of.
    pub invitation_id: InvitationId,
    /// The link that it carries.
    pub generation: u32,
    /// How often a worker has taken it up.
    pub attempts: u32,
    /// When it is to be sent, or sent again.
    pub due_at: Time,
}

impl Letter {
    /// The mail of an invitation, due at once.
    pub fn invitation(moment: Moment<'_>, invitation: &Invitation) -> Self {
        Self {
            id: moment.id(),
            workspace_id: invitation.workspace_id,
            invitation_id: invitation.id,
            generation: invitation.generation,
            attempts: 0,
            due_at: moment.now,
        }
    }

    /// How long to wait after the mail service did not take it: twice as long
    /// each time, from 30 seconds to an hour.
    pub fn wait(&self) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(7);
        Duration::from_secs((30 << doublings).min(3_600))
    }
}
