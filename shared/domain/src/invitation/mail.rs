//! What becomes of the mails of an invitation.

use super::{Delivery, DeliveryState, Invitation, MailReport};
use crate::{Change, EventType};

impl Invitation {
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
}
