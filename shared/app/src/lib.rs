//! What every function is handed: the store, the queues, mail, keys and the
//! clock; and what a function says about itself: what wakes it and what it may
//! do in AWS.

pub mod attempt;
mod grant;
pub mod index;
mod media;
pub mod outbox;
mod retry;
mod story;
mod trigger;

pub use grant::{Grant, Resource};
pub use media::MediaError;
pub use portico_store::Clock;
pub use retry::{retry, retry_crowded};
pub use trigger::{BatchFailures, Source, Trigger, TriggerError, sqs_batch, sqs_messages};

use portico_crm::Adapters;
use portico_domain::{
    IdSource, Moment, OpenInvitation, Ticket, TicketId, TicketPurpose, Time, WorkspaceId,
};
use portico_files::Files;
use portico_google::Google;
use portico_keys::{InvitationLink, Keyring, TicketLink};
use portico_mail::Mail;
use portico_queue::Queues;
use portico_store::Store;
use portico_webhook::{Sender, schedule::Patience};

/// Everything that a function works with. The composition roots make it: the
/// bootstrap in Lambda, the local server on one machine.
#[derive(Debug)]
pub struct App {
    /// The table.
    pub store: Store,
    /// The queues.
    pub queues: Queues,
    /// Outgoing mail.
    pub mail: Mail,
    /// Files.
    pub files: Files,
    /// Outgoing webhooks.
    pub sender: Sender,
    /// How long webhooks and endpoints that fail are borne with.
    pub patience: Patience,
    /// Endpoints that are no webhooks.
    pub adapters: Adapters,
    /// Google, where clients can sign in with it.
    pub google: Option<Google>,
    /// Keys, seals and tokens.
    pub keys: Keyring,
    /// Where the API and the pages are, without a slash at the end.
    pub base_url: String,
    /// What time it is.
    pub clock: Clock,
    /// New ids.
    pub ids: IdSource,
}

impl App {
    /// What time it is.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// This moment, with new ids to give.
    pub fn moment(&self) -> Moment<'_> {
        Moment::new(self.now(), &self.ids)
    }

    /// The link of a ticket. What it shows depends on what the ticket allows.
    pub fn ticket_url(&self, ticket: &Ticket) -> String {
        let page = match ticket.purpose {
            TicketPurpose::ResetPassword => "reset",
            TicketPurpose::Join => "i",
            TicketPurpose::SignIn => "magic",
            TicketPurpose::VerifyEmail { .. }
            | TicketPurpose::SignUp { .. }
            | TicketPurpose::ChangeEmail { .. } => "verify",
        };
        self.ticket_page(page, ticket.workspace_id, ticket.id)
    }

    /// The link of the ticket with which a team member is invited.
    pub fn join_url(&self, workspace_id: WorkspaceId, ticket_id: TicketId) -> String {
        self.ticket_page("i", workspace_id, ticket_id)
    }

    fn ticket_page(&self, page: &str, workspace_id: WorkspaceId, ticket_id: TicketId) -> String {
        let link = TicketLink {
            workspace_id,
            ticket_id,
        };
        let token = self.keys.ticket_token(link);
        format!("{}/{page}/{}", self.base_url, token.expose())
    }

    /// The link of a client's open invitation.
    pub fn invite_url(&self, workspace_id: WorkspaceId, open: OpenInvitation) -> String {
        let link = InvitationLink {
            workspace_id,
            invitation_id: open.id,
            generation: open.generation,
        };
        format!(
            "{}/i/{}",
            self.base_url,
            self.keys.invitation_token(link).expose()
        )
    }
}
