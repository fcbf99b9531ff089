//! How a team member is invited and sets up its account.
//!
//! The invitation is a part of the team member, so there is at most one, and
//! it ends with it. Its link is a ticket: sending again gives out another one,
//! and the one that the team member names is the only one that works. So a link
//! is dead at once when it was used, withdrawn, replaced, or its owner removed.

use super::InternalUser;
use crate::{
    Actor, AuditNote, Change, DeadLink, Delivery, DeliveryState, InviteRefusal, Letter, MailReport,
    PersonName, Ticket, TicketId, TicketMail, Time,
    invitation::{recent_resends, resend_wait},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The invitation of a team member as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamInvitation {
    /// The ticket whose link works.
    pub ticket_id: TicketId,
    /// When it runs out.
    pub expires_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// Who invited.
    pub created_by: Actor,
    /// When somebody asked to send it again, of late.
    #[serde(default)]
    pub resends: Vec<Time>,
    /// What became of its latest mail.
    pub delivery: Delivery,
    /// How many mails the mail service took.
    #[serde(default)]
    pub send_count: u32,
    /// When the mail service took the latest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent_at: Option<Time>,
}

/// Whether a team member was invited, and has set up its account. A removed one
/// keeps what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberStatus {
    /// No invitation is open: it comes with API keys, if it has some.
    NotInvited,
    /// It has an invitation that it can accept.
    Invited,
    /// Its account is set up.
    Active,
}

/// With what a team member sets up its account.
#[derive(Clone, Debug)]
pub enum Joining<'a> {
    /// With a password, and under another name than it was invited by if it
    /// gives one.
    Password(Option<PersonName>),
    /// With the Google account of this subject, which has the same address.
    Google(&'a str),
}

/// The open invitation of a team member as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TeamInvitation")]
pub struct TeamInvitationView {
    /// When it runs out.
    pub expires_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// Who invited.
    pub created_by: Actor,
    /// What became of its latest mail.
    pub delivery: Delivery,
    /// How many mails the mail service took.
    pub send_count: u32,
    /// When the mail service took the latest one.
    pub last_sent_at: Option<Time>,
}

impl TeamInvitation {
    /// The invitation as callers see it.
    pub fn view(&self) -> TeamInvitationView {
        TeamInvitationView {
            expires_at: self.expires_at,
            created_at: self.created_at,
            created_by: self.created_by,
            delivery: self.delivery.clone(),
            send_count: self.send_count,
            last_sent_at: self.last_sent_at,
        }
    }
}

impl InternalUser {
    /// The status at `now`: an invitation ends at its second.
    pub fn status_at(&self, now: Time) -> MemberStatus {
        if self.joined_at.is_some() {
            MemberStatus::Active
        } else if self.open_invitation(now).is_some() {
            MemberStatus::Invited
        } else {
            MemberStatus::NotInvited
        }
    }

    /// The invitation that can be accepted at `now`.
    pub fn open_invitation(&self, now: Time) -> Option<&TeamInvitation> {
        self.invitation
            .as_ref()
            .filter(|invitation| now < invitation.expires_at)
    }

    /// Invites by mail, or sends the open invitation again with a new link and
    /// a new lifetime.
    pub fn invite(
        &self,
        change: &mut Change<'_>,
        lifetime: Duration,
        by: Actor,
    ) -> Result<Self, InviteRefusal> {
        let open = self.open_invitation(change.moment.now);
        if let Some(wait) = open.and_then(|open| open.wait(change.moment.now)) {
            return Err(InviteRefusal::TooSoon(wait));
        }
        let state = DeliveryState::Queued;
        let (after, _) = self.offer(change, lifetime, by, state)?;
        Ok(after)
    }

    /// Makes an invitation whose link somebody hands over, without a mail.
    /// Answers with the ticket that the link is made of.
    pub fn invite_by_hand(
        &self,
        change: &mut Change<'_>,
        lifetime: Duration,
        by: Actor,
    ) -> Result<(Self, Ticket), InviteRefusal> {
        self.offer(change, lifetime, by, DeliveryState::NotSent)
    }

    fn offer(
        &self,
        change: &mut Change<'_>,
        lifetime: Duration,
        by: Actor,
        mail: DeliveryState,
    ) -> Result<(Self, Ticket), InviteRefusal> {
        if self.joined_at.is_some() {
            return Err(InviteRefusal::MemberAlreadyActive);
        }
        let mut after = self.clone();
        let ticket = after.set_invitation(change, lifetime, by, mail);
        Ok((self.save_updated(change, after), ticket))
    }

    /// Gives it another invitation in the place of the one that it has.
    pub(super) fn set_invitation(
        &mut self,
        change: &mut Change<'_>,
        lifetime: Duration,
        by: Actor,
        mail: DeliveryState,
    ) -> Ticket {
        let now = change.moment.now;
        let is_mailed = mail == DeliveryState::Queued;
        let ticket = Ticket::offer(change, self, lifetime, is_mailed);
        let open = self.open_invitation(now);
        let what = if open.is_some() {
            "internalUser.invitationResent"
        } else {
            "internalUser.invited"
        };
        change.note(AuditNote::new(what, "internalUser", &self.id));
        let mut invitation = open.cloned().unwrap_or(TeamInvitation {
            ticket_id: ticket.id,
            expires_at: ticket.expires_at,
            created_at: now,
            created_by: by,
            resends: Vec::new(),
            delivery: Delivery::begun(mail, now),
            send_count: 0,
            last_sent_at: None,
        });
        if open.is_some() && is_mailed {
            invitation.note_resend(now);
        }
        invitation.ticket_id = ticket.id;
        invitation.expires_at = ticket.expires_at;
        invitation.delivery = Delivery::begun(mail, now);
        self.invitation = Some(invitation);
        ticket
    }

    /// Has a working link mailed to whoever shows a link that ran out or was
    /// replaced. Answers `None`, and changes nothing, where no mail is due: as
    /// [`crate::Invitation::renew`] for clients.
    pub fn renew_invitation(
        &self,
        change: &mut Change<'_>,
        ticket: &Ticket,
        lifetime: Duration,
    ) -> Option<Self> {
        let now = change.moment.now;
        let dead = self.check_invitation(ticket, now).err()?;
        if !matches!(dead, DeadLink::Expired | DeadLink::Superseded) {
            return None;
        }
        let invitation = self.invitation.as_ref()?;
        if now < invitation.expires_at {
            // The newest link stays alive: whoever has an old one must not be
            // able to take it from its owner.
            if invitation.wait(now).is_some() {
                return None;
            }
            let mut after = self.clone();
            if let Some(invitation) = &mut after.invitation {
                invitation.note_resend(now);
                invitation.delivery = Delivery::begun(DeliveryState::Queued, now);
                change.letters.push(Letter::ticket(
                    change.moment,
                    self.workspace_id,
                    invitation.ticket_id,
                    TicketMail::Link,
                ));
            }
            let note = "internalUser.invitationResent";
            change.note(AuditNote::new(note, "internalUser", &self.id));
            return Some(self.save_updated(change, after));
        }
        let by = invitation.created_by;
        self.invite(change, lifetime, by).ok()
    }

    /// Withdraws the open invitation; its link is dead.
    pub fn cancel_invitation(&self, change: &mut Change<'_>) -> Result<Self, InviteRefusal> {
        if self.joined_at.is_some() {
            return Err(InviteRefusal::MemberAlreadyActive);
        }
        if self.open_invitation(change.moment.now).is_none() {
            return Err(InviteRefusal::NoneOpen);
        }
        let mut after = self.clone();
        after.invitation = None;
        let note = "internalUser.invitationCancelled";
        change.note(AuditNote::new(note, "internalUser", &self.id));
        Ok(self.save_updated(change, after))
    }

    /// Whether the link of this ticket, which was given out for this team
    /// member, works at `now`.
    pub fn check_invitation(&self, ticket: &Ticket, now: Time) -> Result<(), DeadLink> {
        if !self.is_member() {
            return Err(DeadLink::Cancelled);
        }
        if self.joined_at.is_some() {
            return Err(DeadLink::Accepted);
        }
        match &self.invitation {
            None => Err(DeadLink::Cancelled),
            Some(newer) if newer.ticket_id != ticket.id => Err(DeadLink::Superseded),
            Some(own) if now >= own.expires_at => Err(DeadLink::Expired),
            Some(_) => Ok(()),
        }
    }

    /// Sets up the account through the link of this ticket.
    pub fn join(
        &self,
        change: &mut Change<'_>,
        ticket: &Ticket,
        with: Joining<'_>,
    ) -> Result<Self, DeadLink> {
        let now = change.moment.now;
        self.check_invitation(ticket, now)?;
        // What the team member says of it comes first: it knows more.
        ticket.use_up(change).map_err(|_| DeadLink::Accepted)?;
        let mut after = self.clone();
        match with {
            Joining::Password(Some(name)) => after.name = name,
            Joining::Password(None) => {}
            Joining::Google(subject) => {
                after.note_proof();
                after.google_subject = Some(subject.to_owned());
            }
        }
        after.joined_at = Some(now);
        after.invitation = None;
        after.note_sign_in(now);
        change.note(AuditNote::new(
            "internalUser.joined",
            "internalUser",
            &self.id,
        ));
        Ok(self.save_updated(change, after))
    }

    /// Notes that the mail service took the mail with the link of this ticket.
    pub fn mail_sent(&self, change: &mut Change<'_>, ticket: TicketId, message_id: &str) {
        let now = change.moment.now;
        let report = MailReport::sent(message_id, now);
        self.learn(change, ticket, |invitation| {
            if let Some(delivery) = invitation.delivery.after(&report) {
                invitation.delivery = delivery;
            }
            invitation.send_count += 1;
            invitation.last_sent_at = Some(now);
        });
    }

    /// Notes that the mail service did not take it: `Deferred` if it is asked
    /// again, `Failed` or `Suppressed` if not.
    pub fn mail_not_sent(
        &self,
        change: &mut Change<'_>,
        ticket: TicketId,
        state: DeliveryState,
        reason: &str,
    ) {
        let now = change.moment.now;
        self.learn(change, ticket, |invitation| {
            if let Some(delivery) = invitation.delivery.not_taken(state, reason, now) {
                invitation.delivery = delivery;
            }
        });
    }

    /// Notes what the mail service tells of it, if it is news.
    pub fn mail_reported(&self, change: &mut Change<'_>, ticket: TicketId, report: &MailReport) {
        self.learn(change, ticket, |invitation| {
            if let Some(delivery) = invitation.delivery.after(report) {
                invitation.delivery = delivery;
            }
        });
    }

    /// What is told of the mail of another link says nothing of this one.
    fn learn(
        &self,
        change: &mut Change<'_>,
        ticket: TicketId,
        note: impl FnOnce(&mut TeamInvitation),
    ) {
        let mut after = self.clone();
        let own = after.invitation.as_mut();
        let own = own.filter(|invitation| invitation.ticket_id == ticket);
        if let Some(invitation) = own {
            note(invitation);
        }
        if after != *self {
            self.save_updated(change, after);
        }
    }
}

impl TeamInvitation {
    fn note_resend(&mut self, now: Time) {
        self.resends = recent_resends(&self.resends, now).collect();
        self.resends.push(now);
    }

    /// How long to wait before it can be mailed again; one that was only handed
    /// over can be mailed at once.
    fn wait(&self, now: Time) -> Option<Duration> {
        if self.delivery.state == DeliveryState::NotSent {
            return None;
        }
        resend_wait(self.created_at, &self.resends, now)
    }
}

#[cfg(test)]
mod tests;
