//! For how long the link of an invitation is good.

use super::Invitation;
use crate::{Invalid, Workspace};
use std::time::Duration;

/// How long a link is good that is given out now.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// For how many days, if that is asked for.
    pub(super) days: Option<u64>,
    pub(super) usual: Duration,
}

impl Lifetime {
    /// As long as the invitation was asked to last when it was made or last
    /// sent, and otherwise as its workspace says; or from now on as many days as
    /// the field `expiresInDays` holds.
    pub fn asked(workspace: &Workspace, days: Option<i64>) -> Result<Self, Invalid> {
        let asked = days.map(|days| lifetime_of_days("expiresInDays", days));
        let days = asked.transpose()?.map(|asked| asked.as_secs() / DAY);
        Ok(Self {
            days,
            usual: workspace.invitation_lifetime(),
        })
    }

    /// The same for an invitation that may have been asked to last otherwise.
    pub(super) fn of(self, invitation: &Invitation) -> Self {
        Self {
            days: self.days.or(invitation.lifetime_days),
            ..self
        }
    }

    pub(super) fn duration(self) -> Duration {
        self.days
            .map_or(self.usual, |days| Duration::from_secs(days * DAY))
    }
}

impl From<Duration> for Lifetime {
    /// As long as the workspace says.
    fn from(usual: Duration) -> Self {
        Self { days: None, usual }
    }
}

const DAY: u64 = 24 * 60 * 60;

/// How long an invitation is good that says so itself, from the number of days
/// in `field`.
pub fn lifetime_of_days(field: &str, days: i64) -> Result<Duration, Invalid> {
    if let Ok(days @ 1..=30) = u64::try_from(days) {
        return Ok(Duration::from_hours(days * 24));
    }
    let message = format!("{field} is a number of days from 1 to 30");
    Err(Invalid::new(field, "field_invalid", message))
}
