//! Letters: mail that is owed.
//!
//! A letter is written in the transaction that decides to send it and deleted
//! in the one that records that it was sent, so a mail is never forgotten. A
//! worker that dies in between leaves the letter behind, and the same mail,
//! with the same link, may then be sent once more.
//!
//! A letter holds ids and nothing else: where it goes and which link it carries
//! is found out when it is written out.

use crate::{
    Account, Endpoint, EndpointId, InternalUserId, Invitation, InvitationId, LetterId, Moment,
    RequestId, ServiceRequest, TicketId, TicketMail, Time, WorkspaceId,
};
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
    /// What it is about.
    #[serde(flatten)]
    pub matter: Matter,
    /// How often a worker has taken it up.
    pub attempts: u32,
    /// When it is to be sent, or sent again.
    pub due_at: Time,
}

/// What a letter is about. Variants are told apart by the names of their fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Matter {
    /// It invites a client.
    Invitation {
        /// The invitation that it tells of.
        invitation_id: InvitationId,
        /// The link that it carries.
        generation: u32,
        /// Whether it reminds of an earlier mail.
        #[serde(default)]
        is_reminder: bool,
    },
    /// It tells that a webhook endpoint gets nothing any more.
    EndpointDisabled {
        /// Which one.
        endpoint_id: EndpointId,
    },
    /// It carries a link that is good once, or tells that it was used.
    Ticket {
        /// Which one.
        ticket_id: TicketId,
        /// Which of its mails.
        mail: TicketMail,
    },
    /// It tells that a password was changed by somebody who was signed in.
    PasswordChanged {
        /// Whose it is.
        password_of: Account,
        /// When.
        changed_at: Time,
    },
    /// It tells an account manager of a new request.
    NewRequest {
        /// Which one.
        new_request_id: RequestId,
        /// Whom it tells.
        manager_id: InternalUserId,
    },
    /// It tells an account manager that a client no longer asks for it.
    CancelledRequest {
        /// Which one.
        cancelled_request_id: RequestId,
        /// Whom it tells.
        manager_id: InternalUserId,
    },
    /// It tells a client where its request has come.
    RequestMoved {
        /// Which one.
        request_id: RequestId,
        /// Which step of its history, from 0.
        step: u16,
    },
}

impl Letter {
    /// The mail of an invitation, due at once.
    pub fn invitation(moment: Moment<'_>, invitation: &Invitation) -> Self {
        let matter = Matter::Invitation {
            invitation_id: invitation.id,
            generation: invitation.generation,
            is_reminder: false,
        };
        Self::new(moment, invitation.workspace_id, matter)
    }

    /// The mail that reminds of an invitation, due at once.
    pub fn reminder(moment: Moment<'_>, invitation: &Invitation) -> Self {
        let matter = Matter::Invitation {
            invitation_id: invitation.id,
            generation: invitation.generation,
            is_reminder: true,
        };
        Self::new(moment, invitation.workspace_id, matter)
    }

    /// The notice to whoever looks after an endpoint, due at once.
    pub fn endpoint_disabled(moment: Moment<'_>, endpoint: &Endpoint) -> Self {
        let matter = Matter::EndpointDisabled {
            endpoint_id: endpoint.id,
        };
        Self::new(moment, endpoint.workspace_id, matter)
    }

    /// A mail about a ticket, due at once.
    pub fn ticket(
        moment: Moment<'_>,
        workspace_id: WorkspaceId,
        ticket_id: TicketId,
        mail: TicketMail,
    ) -> Self {
        Self::new(moment, workspace_id, Matter::Ticket { ticket_id, mail })
    }

    /// The notice to whoever has this account that its password was changed just
    /// now, due at once.
    pub fn password_changed(
        moment: Moment<'_>,
        workspace_id: WorkspaceId,
        account: Account,
    ) -> Self {
        let matter = Matter::PasswordChanged {
            password_of: account,
            changed_at: moment.now,
        };
        Self::new(moment, workspace_id, matter)
    }

    /// The notice to an account manager of a new request, due at once.
    pub fn new_request(
        moment: Moment<'_>,
        request: &ServiceRequest,
        manager_id: InternalUserId,
    ) -> Self {
        let matter = Matter::NewRequest {
            new_request_id: request.id,
            manager_id,
        };
        Self::new(moment, request.workspace_id, matter)
    }

    /// The notice to an account manager of a request that its client cancelled,
    /// due at once.
    pub fn cancelled_request(
        moment: Moment<'_>,
        request: &ServiceRequest,
        manager_id: InternalUserId,
    ) -> Self {
        let matter = Matter::CancelledRequest {
            cancelled_request_id: request.id,
            manager_id,
        };
        Self::new(moment, request.workspace_id, matter)
    }

    /// The notice to a client of the latest step of its request, due at once.
    pub fn request_moved(moment: Moment<'_>, request: &ServiceRequest) -> Self {
        let step = request.history.len().saturating_sub(1);
        let matter = Matter::RequestMoved {
            request_id: request.id,
            step: u16::try_from(step).unwrap_or(u16::MAX),
        };
        Self::new(moment, request.workspace_id, matter)
    }

    fn new(moment: Moment<'_>, workspace_id: WorkspaceId, matter: Matter) -> Self {
        Self {
            id: moment.id(),
            workspace_id,
            matter,
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
