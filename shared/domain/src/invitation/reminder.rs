//! Reminders: an invitation that waits is mailed once more before its end.

use super::{DeliveryState, Invitation, InvitationStatus};
use crate::{Change, Client, Letter, Time};
use std::time::Duration;

/// How long before its end an invitation is reminded of.
pub(super) const REMINDER_LEAD: Duration = Duration::from_hours(2 * 24);
/// How long an invitation has to be good to be reminded of: a shorter one would
/// bring two mails within two days.
const REMINDED_OF: Duration = Duration::from_hours(4 * 24);

impl Invitation {
    /// Whether a reminder is due. One that is late until the end is none.
    pub fn is_due_to_remind(&self, now: Time) -> bool {
        let is_time = self.reminds_at().is_some_and(|at| now >= at);
        is_time && self.status_at(now) == InvitationStatus::Pending
    }

    /// Reminds of it: once for each link, with the same link, and only where
    /// its mail got somewhere. The caller has checked that it is due. Nobody is
    /// reminded of an invitation into a company that is not active.
    pub fn remind(&self, change: &mut Change<'_>, client: Option<&Client>) -> Self {
        let mut after = self.clone();
        after.reminded_of = Some(self.generation);
        let companies = client.into_iter().flat_map(|client| &client.company_ids);
        change.required_companies.extend(companies);
        change.note(after.audited("invitation.reminded"));
        change.letters.push(Letter::reminder(change.moment, &after));
        change.save_invitation(Some(self), after)
    }

    /// Lets the reminder that is due pass.
    pub fn forgo_reminder(&self, change: &mut Change<'_>) -> Self {
        let mut after = self.clone();
        after.reminded_of = Some(self.generation);
        change.save_invitation(Some(self), after)
    }

    /// Whether its mail went out and nothing is known against it.
    pub fn is_reached(&self) -> bool {
        matches!(
            self.delivery.state,
            DeliveryState::Sent | DeliveryState::Delivered
        )
    }

    pub(super) fn reminds_at(&self) -> Option<Time> {
        let mailed_at = self.resends.last().copied().unwrap_or(self.created_at);
        let is_long = self.expires_at.since(mailed_at) >= REMINDED_OF;
        let is_owed = self.reminded_of != Some(self.generation);
        (is_long && is_owed && self.is_reached()).then(|| self.expires_at - REMINDER_LEAD)
    }
}
