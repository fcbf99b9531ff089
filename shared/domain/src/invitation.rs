//! Invitations: offers to activate an account.
//!
//! An invitation is `pending` until exactly one of these happens: it is
//! accepted, it is cancelled, or its time runs out. Sending it again keeps its
//! id and gives it a new *generation*: a new link, and the old one is dead.
//! Its mail has a story of its own, told by [`Delivery`].

use crate::{
    Actor, AuditNote, Change, Client, ClientId, CompanyId, Email, Event, EventType, Invalid,
    InvitationId, Letter, OpenInvitation, Time, Told, WorkspaceId, event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

mod delivery;
mod refusal;
mod view;

pub use delivery::{Delivery, DeliveryState, Fate, MailReport};
pub use refusal::{DeadLink, InviteRefusal};
pub use view::InvitationView;

/// The least time between two mails of one invitation.
pub const RESEND_PAUSE: Duration = Duration::from_mins(1);
/// How often an invitation can be sent again within [`RESEND_WINDOW`].
pub const RESENDS_PER_WINDOW: usize = 5;
/// The time that resends are counted in.
pub const RESEND_WINDOW: Duration = Duration::from_hours(24);

/// How long before its end an invitation is reminded of.
const REMINDER_LEAD: Duration = Duration::from_hours(2 * 24);
/// How long an invitation has to be good to be reminded of: a shorter one would
/// bring two mails within two days.
const REMINDED_OF: Duration = Duration::from_hours(4 * 24);

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

/// What an invitation begins with.
#[derive(Clone, Copy, Debug)]
struct Offer {
    lifetime: Duration,
    created_by: Actor,
    mail: DeliveryState,
}

/// How long an invitation is good that says so itself, from the number of days
/// in `field`.
pub fn lifetime_of_days(field: &str, days: i64) -> Result<Duration, Invalid> {
    if let Ok(days @ 1..=30) = u64::try_from(days) {
        return Ok(Duration::from_hours(days * 24));
    }
    let message = format!("{field} is a number of days from 1 to 30");
    Err(Invalid::new(field, "field_invalid", message))
}

/// How long to wait before something that was first sent at `created_at` can be
/// sent again; `None` if no longer.
pub(crate) fn resend_wait(created_at: Time, resends: &[Time], now: Time) -> Option<Duration> {
    let last = resends.last().copied().unwrap_or(created_at);
    let pause = RESEND_PAUSE.saturating_sub(now.since(last));
    let recent: Vec<Time> = recent_resends(resends, now).collect();
    let quota = recent
        .len()
        .checked_sub(RESENDS_PER_WINDOW)
        .and_then(|first_that_must_age| recent.get(first_that_must_age))
        .map_or(Duration::ZERO, |sent| {
            RESEND_WINDOW.saturating_sub(now.since(*sent))
        });
    Some(pause.max(quota)).filter(|wait| !wait.is_zero())
}

/// Those of these that count towards [`RESENDS_PER_WINDOW`].
pub(crate) fn recent_resends(resends: &[Time], now: Time) -> impl Iterator<Item = Time> {
    resends
        .iter()
        .copied()
        .filter(move |sent| now.since(*sent) < RESEND_WINDOW)
}

impl Invitation {
    /// Invites a client by mail. `open` is the invitation that the client has
    /// open according to the table; one that has run out is told to have expired
    /// before the new one begins, and one whose link was only handed over is
    /// mailed.
    pub fn open(
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        lifetime: Duration,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        let by_hand = open.as_ref().filter(|open| {
            open.delivery.state == DeliveryState::NotSent
                && open.status_at(change.moment.now) == InvitationStatus::Pending
        });
        if let Some(open) = by_hand {
            return Ok(open.mail_first(change, client, lifetime));
        }
        let mail = DeliveryState::Queued;
        let offer = Offer {
            lifetime,
            created_by,
            mail,
        };
        Self::begin(change, client, open, offer)
    }

    /// Makes an invitation whose link somebody hands over, without a mail. The
    /// client counts as not invited until one is sent.
    pub fn open_by_hand(
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        lifetime: Duration,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        let mail = DeliveryState::NotSent;
        let offer = Offer {
            lifetime,
            created_by,
            mail,
        };
        Self::begin(change, client, open, offer)
    }

    fn begin(
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        offer: Offer,
    ) -> Result<Self, InviteRefusal> {
        if client.activated_at.is_some() {
            return Err(InviteRefusal::AlreadyActive);
        }
        if let Some(before) = open.filter(|open| open.status == InvitationStatus::Pending) {
            if change.moment.now < before.expires_at {
                return Err(InviteRefusal::AlreadyOpen(before.id));
            }
            before.expire(change, Some(client));
        }
        let now = change.moment.now;
        let invitation = Self {
            id: change.moment.id(),
            workspace_id: client.workspace_id,
            client_id: client.id,
            email: client.email.clone(),
            company_ids: client.company_ids.clone(),
            status: InvitationStatus::Pending,
            generation: 1,
            delivery: Delivery::begun(offer.mail, now),
            send_count: 0,
            last_sent_at: None,
            resends: Vec::new(),
            reminded_of: None,
            expires_at: now + offer.lifetime,
            created_at: now,
            created_by: offer.created_by,
            accepted_at: None,
            cancelled_at: None,
            told: Told::default(),
            version: 0,
        };
        client.set_open_invitation(change, Some(invitation.as_open()));
        change.note(invitation.audited("invitation.created"));
        if offer.mail == DeliveryState::Queued {
            change
                .letters
                .push(Letter::invitation(change.moment, &invitation));
        }
        Ok(change.save_invitation(None, invitation))
    }

    /// Sends the invitation again, with a new link and a new lifetime. One
    /// that was never mailed keeps its link: somebody may have it already.
    pub fn resend(
        &self,
        change: &mut Change<'_>,
        client: &mut Client,
        lifetime: Duration,
    ) -> Result<Self, InviteRefusal> {
        let now = change.moment.now;
        self.refuse_unless_pending(now)?;
        if self.delivery.state == DeliveryState::NotSent {
            return Ok(self.mail_first(change, client, lifetime));
        }
        if let Some(wait) = self.resend_wait(now) {
            return Err(InviteRefusal::TooSoon(wait));
        }
        let mut after = self.clone();
        after.generation += 1;
        after.expires_at = now + lifetime;
        Ok(self.mail_again(change, client, after))
    }

    /// Mails an invitation whose link was only handed over so far.
    fn mail_first(&self, change: &mut Change<'_>, client: &mut Client, lifetime: Duration) -> Self {
        let mut after = self.clone();
        after.expires_at = change.moment.now + lifetime;
        self.mail_again(change, client, after)
    }

    /// Has `after`, which this is to become, mailed.
    fn mail_again(&self, change: &mut Change<'_>, client: &mut Client, mut after: Self) -> Self {
        let now = change.moment.now;
        after.delivery = Delivery::begun(DeliveryState::Queued, now);
        after
            .resends
            .retain(|sent| now.since(*sent) < RESEND_WINDOW);
        after.resends.push(now);
        client.set_open_invitation(change, Some(after.as_open()));
        change.note(after.audited("invitation.resent"));
        change
            .letters
            .push(Letter::invitation(change.moment, &after));
        change.save_invitation(Some(self), after)
    }

    /// Has a working link mailed to whoever shows the link of `generation`,
    /// which works no more: it is the invited person, or somebody who makes the
    /// invited person get a mail. `open` is the invitation that the client has
    /// open. Answers `None`, and changes nothing, where no mail is due: the link
    /// works, the client is in, the workspace withdrew an invitation since, or
    /// there was a mail a moment ago.
    pub fn renew(
        &self,
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        generation: u32,
        lifetime: Duration,
    ) -> Option<Self> {
        let now = change.moment.now;
        let is_withdrawn = client.withdrawn_at.is_some_and(|at| at >= self.created_at);
        let is_dead = matches!(
            self.check_link(generation, now),
            Err(DeadLink::Expired | DeadLink::Superseded)
        );
        if is_withdrawn || !is_dead || client.archived_at.is_some() {
            return None;
        }
        match open {
            Some(open) if open.status_at(now) == InvitationStatus::Pending => {
                // The newest link stays alive: whoever has an old one must not
                // be able to take it from its owner.
                let may = open.delivery.state == DeliveryState::NotSent
                    || open.resend_wait(now).is_none();
                may.then(|| open.mail_again(change, client, open.clone()))
            }
            over => Self::open(change, client, over, lifetime, self.created_by).ok(),
        }
    }

    /// Sends the open invitation again, or a new one if none is open.
    pub fn send(
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        lifetime: Duration,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        match open {
            Some(open) if open.status_at(change.moment.now) == InvitationStatus::Pending => {
                open.resend(change, client, lifetime)
            }
            over => Self::open(change, client, over, lifetime, created_by),
        }
    }

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
        let mut after = self.clone();
        after.status = InvitationStatus::Accepted;
        after.accepted_at = Some(change.moment.now);
        after.record(change, EventType::InvitationAccepted);
        client.activate(change);
        Ok(change.save_invitation(Some(self), after))
    }

    /// Tells that the invitation has run out. The caller has checked that it
    /// is pending and past its time.
    pub fn expire(&self, change: &mut Change<'_>, client: Option<&mut Client>) -> Self {
        let mut after = self.clone();
        after.status = InvitationStatus::Expired;
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

    /// Whether a reminder is due. One that is late until the end is none.
    pub fn is_due_to_remind(&self, now: Time) -> bool {
        let is_time = self.reminds_at().is_some_and(|at| now >= at);
        is_time && self.status_at(now) == InvitationStatus::Pending
    }

    /// Reminds of it: once for each link, with the same link, and only where
    /// its mail got somewhere. The caller has checked that it is due.
    pub fn remind(&self, change: &mut Change<'_>) -> Self {
        let mut after = self.clone();
        after.reminded_of = Some(self.generation);
        change.note(after.audited("invitation.reminded"));
        change.letters.push(Letter::reminder(change.moment, &after));
        change.save_invitation(Some(self), after)
    }

    /// Whether its mail went out and nothing is known against it.
    pub fn is_reached(&self) -> bool {
        matches!(
            self.delivery.state,
            DeliveryState::Sent | DeliveryState::Delivered
        )
    }

    fn reminds_at(&self) -> Option<Time> {
        let mailed_at = self.resends.last().copied().unwrap_or(self.created_at);
        let is_long = self.expires_at.since(mailed_at) >= REMINDED_OF;
        let is_owed = self.reminded_of != Some(self.generation);
        (is_long && is_owed && self.is_reached()).then(|| self.expires_at - REMINDER_LEAD)
    }

    /// Notes that the mail service took the mail with the link of
    /// `generation`. If a newer one is on its way, only the count tells.
    pub fn mail_sent(&self, change: &mut Change<'_>, generation: u32, message_id: &str) {
        let now = change.moment.now;
        let report = MailReport::sent(message_id, now);
        let mut after = self.clone();
        if generation == self.generation
            && let Some(delivery) = self.delivery.after(&report)
        {
            after.delivery = delivery;
        }
        after.send_count += 1;
        after.last_sent_at = Some(now);
        after.record(change, EventType::InvitationSent);
        change.save_invitation(Some(self), after);
    }

    /// Notes that the mail with the link of `generation` was not taken by the
    /// mail service, or not given to it: `Deferred` if it is tried again,
    /// `Failed` or `Suppressed` if not.
    pub fn mail_not_sent(
        &self,
        change: &mut Change<'_>,
        generation: u32,
        state: DeliveryState,
        reason: &str,
    ) {
        let now = change.moment.now;
        if generation == self.generation
            && let Some(delivery) = self.delivery.not_taken(state, reason, now)
        {
            self.learn(change, delivery);
        }
    }

    /// Notes what the mail service tells of the mail with the link of
    /// `generation`, if it is news. What it tells of an earlier link's mail says
    /// nothing of this one.
    pub fn mail_reported(&self, change: &mut Change<'_>, generation: u32, report: &MailReport) {
        if generation == self.generation
            && let Some(delivery) = self.delivery.after(report)
        {
            self.learn(change, delivery);
        }
    }

    fn learn(&self, change: &mut Change<'_>, delivery: Delivery) {
        let mut after = self.clone();
        after.delivery = delivery;
        let told = match after.delivery.state {
            state if state == self.delivery.state => None,
            DeliveryState::Delivered => Some(EventType::InvitationDelivered),
            DeliveryState::Bounced => Some(EventType::InvitationBounced),
            DeliveryState::Complained => Some(EventType::InvitationComplained),
            DeliveryState::Suppressed | DeliveryState::Failed => Some(EventType::InvitationFailed),
            DeliveryState::NotSent
            | DeliveryState::Queued
            | DeliveryState::Sent
            | DeliveryState::Deferred => None,
        };
        if let Some(told) = told {
            after.record(change, told);
        }
        change.save_invitation(Some(self), after);
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

    /// Notes in the audit log that somebody copied the link; nothing else
    /// changes.
    pub fn copy_link(&self, change: &mut Change<'_>) -> Result<(), InviteRefusal> {
        self.refuse_unless_pending(change.moment.now)?;
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
