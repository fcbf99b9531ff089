//! How an invitation is made and sent again, with a new link.

use super::{
    DeadLink, Delivery, DeliveryState, Invitation, InvitationStatus, InviteRefusal, Lifetime,
    RESEND_WINDOW,
};
use crate::{Actor, Change, Client, Letter, Time, Told};

/// What an invitation begins with.
#[derive(Clone, Copy, Debug)]
struct Offer {
    lifetime: Lifetime,
    created_by: Actor,
    mail: DeliveryState,
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
        lifetime: impl Into<Lifetime>,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        let lifetime = lifetime.into();
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
        lifetime: impl Into<Lifetime>,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        let mail = DeliveryState::NotSent;
        let offer = Offer {
            lifetime: lifetime.into(),
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
            lifetime_days: offer.lifetime.days,
            expires_at: now + offer.lifetime.duration(),
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

    /// Sends the invitation again, with a new link that is good for as long as
    /// this one was, unless something else is asked for. One that was never
    /// mailed keeps its link: somebody may have it already.
    pub fn resend(
        &self,
        change: &mut Change<'_>,
        client: &mut Client,
        lifetime: impl Into<Lifetime>,
    ) -> Result<Self, InviteRefusal> {
        let (now, lifetime) = (change.moment.now, lifetime.into().of(self));
        self.refuse_unless_pending(now)?;
        if self.delivery.state == DeliveryState::NotSent {
            return Ok(self.mail_first(change, client, lifetime));
        }
        if let Some(wait) = self.resend_wait(now) {
            return Err(InviteRefusal::TooSoon(wait));
        }
        let mut after = self.clone();
        after.generation += 1;
        after.last_for(lifetime, now);
        Ok(self.mail_again(change, client, after))
    }

    /// Mails an invitation whose link was only handed over so far.
    fn mail_first(&self, change: &mut Change<'_>, client: &mut Client, lifetime: Lifetime) -> Self {
        let mut after = self.clone();
        after.last_for(lifetime.of(self), change.moment.now);
        self.mail_again(change, client, after)
    }

    fn last_for(&mut self, lifetime: Lifetime, now: Time) {
        self.lifetime_days = lifetime.days;
        self.expires_at = now + lifetime.duration();
    }

    /// Has `after`, which this is to become, mailed.
    fn mail_again(&self, change: &mut Change<'_>, client: &mut Client, mut after: Self) -> Self {
        let now = change.moment.now;
        after.delivery = Delivery::begun(DeliveryState::Queued, now);
        after
            .resends
            .retain(|sent| now.since(*sent) < RESEND_WINDOW);
        after.resends.push(now);
        change.required_companies.extend(&client.company_ids);
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
        lifetime: impl Into<Lifetime>,
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
            over => {
                let lifetime = lifetime.into().of(self);
                Self::open(change, client, over, lifetime, self.created_by).ok()
            }
        }
    }

    /// Sends the open invitation again, or a new one if none is open.
    pub fn send(
        change: &mut Change<'_>,
        client: &mut Client,
        open: Option<Self>,
        lifetime: impl Into<Lifetime>,
        created_by: Actor,
    ) -> Result<Self, InviteRefusal> {
        match open {
            Some(open) if open.status_at(change.moment.now) == InvitationStatus::Pending => {
                open.resend(change, client, lifetime)
            }
            over => Self::open(change, client, over, lifetime, created_by),
        }
    }
}
