//! How often an invitation can be sent again.

use crate::Time;
use std::time::Duration;

/// The least time between two mails of one invitation.
pub const RESEND_PAUSE: Duration = Duration::from_mins(1);
/// How often an invitation can be sent again within [`RESEND_WINDOW`].
pub const RESENDS_PER_WINDOW: usize = 5;
/// The time that resends are counted in.
pub const RESEND_WINDOW: Duration = Duration::from_hours(24);

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
