//! Why an invitation does not do what was asked of it.

use super::InvitationStatus;
use crate::InvitationId;
use std::time::Duration;

/// Why a link no longer works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadLink {
    /// The account is set up already.
    #[error("this invitation has been accepted already; sign in instead")]
    Accepted,
    /// The workspace withdrew it.
    #[error("this invitation was cancelled")]
    Cancelled,
    /// Its time ran out.
    #[error("this invitation has expired")]
    Expired,
    /// It was sent again with another link.
    #[error("a newer link was sent to the same address; use that one")]
    Superseded,
}

/// Why a client cannot be invited, or not in this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteRefusal {
    /// The account is set up already.
    #[error("the client is active already and needs no invitation")]
    AlreadyActive,
    /// The team member's account is set up already.
    #[error("the internal user is active already and needs no invitation")]
    MemberAlreadyActive,
    /// One invitation is open; it can be sent again.
    #[error("the client has an open invitation already; resend or cancel it")]
    AlreadyOpen(InvitationId),
    /// There is nothing to withdraw or to hand over.
    #[error("there is no open invitation; invite first")]
    NoneOpen,
    /// The invitation is over.
    #[error("the invitation is {} and cannot be changed any more", .0.name())]
    NotPending(InvitationStatus),
    /// Whoever has the address called our mail spam.
    #[error(
        "whoever has this address reported mail of this workspace as spam; it is not mailed again"
    )]
    Complained,
    /// It was sent a moment ago, or often today.
    #[error("the invitation was sent too often; try again in {} seconds", .0.as_secs())]
    TooSoon(Duration),
}
