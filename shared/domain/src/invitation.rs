//! Invitations: offers to activate an account.
//!
//! An invitation is `pending` until exactly one of these happens: it is
//! accepted, it is cancelled, or its time runs out. Sending it again keeps its
//! id and gives it a new *generation*: a new link, and the old one is dead.
//! Its mail has a story of its own, told by [`Delivery`].

use crate::{
    Actor, AuditNote, Change, Client, ClientId, CompanyId, Email, Event, EventType, InvitationId,
    OpenInvitation, Time, Told, WorkspaceId, event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

mod delivery;
mod lifetime;
mod mail;
mod offer;
mod pace;
mod refusal;
mod reminder;
mod view;

pub use delivery::{Delivery, DeliveryState, Fate, MailReport};
pub use lifetime::{Lifetime, lifetime_of_days};
pub use pace::{RESEND_PAUSE, RESEND_WINDOW, RESENDS_PER_WINDOW};
pub(crate) use pace::{recent_resends, resend_wait};
pub use refusal::{DeadLink, InviteRefusal};
pub use view::InvitationView;

/// An invitation as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The workspace that invites.
    pub workspace_id: WorkspaceId,
    /// Who is invited.
    pub client_id: ClientId,
    /// The address that it was sent to.
    pub email: Email,
    /// The companies that the client was in when invited.
    pub company_ids: Vec<CompanyId>,
    /// What became of it, as far as has been told.
    pub status: InvitationStatus,
    /// Which link is the valid one; the first is 1.
    pub generation: u32,
    /// What became of its latest mail.
    pub delivery: Delivery,
    /// How many mails the mail service took.
    pub send_count: u32,
    /// When the mail service took the latest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_at: Option<Time>,
    /// When somebody asked to send it again, within [`RESEND_WINDOW`].
    #[serde(default)]
    pub resends: Vec<Time>,
    /// For which generation somebody was reminded of it, if of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_of: Option<u32>,
    /// For how many days each of its links is good, if that was asked for;
    /// otherwise its workspace says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_days: Option<u64>,
    /// When it runs out.
    pub expires_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// Who invited.
    pub created_by: Actor,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Time>,
    /// When it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvitationStatus {
    /// It is open.
    Pending,
    /// The account is set up.
    Accepted,
    /// Its time ran out.
    Expired,
    /// It was withdrawn.
    Cancelled,
}

impl InvitationStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Accepted,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Invitation {
    /// Ends an invitation whose client goes away, if it has not ended.
    pub(crate) fn close(&self, change: &mut Change<'_>, client: &mut Client) {
        if self.is_due_to_expire(change.moment.now) {
            self.expire(change, Some(client));
        } else {
            // What was accepted or had ended before needs no ending.
            let _ = self.cancel(change, client);
        }
    }

    /// How long to wait before it can be sent again; `None` if no longer.
    pub fn resend_wait(&self, now: Time) -> Option<Duration> {
        resend_wait(self.created_at, &self.resends, now)
    }

    /// Withdraws the invitation; its link is dead.
    pub fn cancel(
        &self,
        change: &mut Change<'_>,
        client: &mut Client,
    ) -> Result<Self, InviteRefusal> {
        self.refuse_unless_pending(change.moment.now)?;
        let mut after = self.clone();
        after.status = InvitationStatus::Cancelled;
        after.cancelled_at = Some(change.moment.now);
        after.delivery = self.delivery.after_the_end();
        after.record(change, EventType::InvitationCancelled);
        client.withdrawn_at = Some(change.moment.now);
        client.set_open_invitation(change, None);
        Ok(change.save_invitation(Some(self), after))
    }

    /// Whether the link of `generation` works at `now`.
    pub fn check_link(&self, generation: u32, now: Time) -> Result<(), DeadLink> {
        match self.status_at(now) {
            InvitationStatus::Accepted => Err(DeadLink::Accepted),
            InvitationStatus::Cancelled => Err(DeadLink::Cancelled),
            InvitationStatus::Expired => Err(DeadLink::Expired),
            InvitationStatus::Pending if generation != self.generation => Err(DeadLink::Superseded),
            InvitationStatus::Pending => Ok(()),
        }
    }

    /// Accepts the invitation through the link of `generation`: the client is
    /// active from now on.
    pub fn accept(
        &self,
        change: &mut Change<'_>,
        client: &mut Client,
        generation: u32,
    ) -> Result<Self, DeadLink> {
        self.check_link(generation, change.moment.now)?;
        Ok(self.fulfil(change, client))
    }

    /// The client comes in by itself, where the invitation would have let it in:
    /// it has done what it was for. One that has run out is told to have.
    pub(crate) fn overtake(&self, change: &mut Change<'_>, client: &mut Client) {
        match self.status_at(change.moment.now) {
            InvitationStatus::Pending => {
                self.fulfil(change, client);
            }
            InvitationStatus::Accepted
            | InvitationStatus::Cancelled
            | InvitationStatus::Expired => {
                self.close(change, client);
                client.activate(change);
            }
        }
    }

    fn fulfil(&self, change: &mut Change<'_>, client: &mut Client) -> Self {
        let mut after = self.clone();
        after.status = InvitationStatus::Accepted;
        after.accepted_at = Some(change.moment.now);
        after.delivery = self.delivery.after_the_end();
        after.record(change, EventType::InvitationAccepted);
        client.activate(change);
        change.save_invitation(Some(self), after)
    }

    /// Tells that the invitation has run out. The caller has checked that it
    /// is pending and past its time.
    pub fn expire(&self, change: &mut Change<'_>, client: Option<&mut Client>) -> Self {
        let mut after = self.clone();
        after.status = InvitationStatus::Expired;
        after.delivery = self.delivery.after_the_end();
        after.record(change, EventType::InvitationExpired);
        let own = |client: &&mut Client| {
            client
                .open_invitation
                .is_some_and(|open| open.id == self.id)
        };
        if let Some(client) = client.filter(own) {
            client.set_open_invitation(change, None);
        }
        change.save_invitation(Some(self), after)
    }

    /// Whether its time is over and nobody has told yet.
    pub fn is_due_to_expire(&self, now: Time) -> bool {
        self.status == InvitationStatus::Pending && now >= self.expires_at
    }

    /// The status at `now`: it ends at its second, even if the function that
    /// tells so is late.
    pub fn status_at(&self, now: Time) -> InvitationStatus {
        if self.is_due_to_expire(now) {
            InvitationStatus::Expired
        } else {
            self.status
        }
    }

    /// When something is to be done about it: a reminder, or its end.
    pub fn due_at(&self) -> Option<Time> {
        let is_open = self.status == InvitationStatus::Pending;
        is_open.then(|| self.reminds_at().unwrap_or(self.expires_at))
    }

    /// What its client notes of it.
    pub fn as_open(&self) -> OpenInvitation {
        OpenInvitation {
            id: self.id,
            generation: self.generation,
            expires_at: self.expires_at,
            is_by_hand: self.delivery.state == DeliveryState::NotSent,
        }
    }

    /// Notes in the audit log that somebody copied the link of this client's
    /// invitation, to invite it once more; nothing else changes.
    pub fn copy_link(&self, change: &mut Change<'_>, client: &Client) -> Result<(), InviteRefusal> {
        self.refuse_unless_pending(change.moment.now)?;
        change.required_companies.extend(&client.company_ids);
        change.note(self.audited("invitation.linkCopied"));
        Ok(())
    }

    fn refuse_unless_pending(&self, now: Time) -> Result<(), InviteRefusal> {
        match self.status_at(now) {
            InvitationStatus::Pending => Ok(()),
            over => Err(InviteRefusal::NotPending(over)),
        }
    }

    fn audited(&self, event_type: &str) -> AuditNote {
        AuditNote::new(event_type, "invitation", &self.id)
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType) -> &mut Self {
        let view = self.view(change.moment.now);
        let moment = change.moment;
        let event: Event =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told)
                .record(kind, &view);
        change.events.push(event);
        self
    }
}

#[cfg(test)]
mod tests;
