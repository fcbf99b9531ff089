//! How often somebody may guess.
//!
//! Tries are counted for the account and for the address that they come from:
//! many passwords for one account and one password for many accounts are both
//! slow. A window ends, so nobody is locked out for good, and a link by mail
//! lets the owner in while somebody else uses up the tries. Whoever comes with a
//! browser in which it signed in before has tries of its own there.

use crate::Time;
use std::time::Duration;

/// How many tries are allowed in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is tried, and by whom it is counted.
    pub name: &'static str,
    /// How many tries there may be.
    pub most: u64,
    /// In which time.
    pub window: Duration,
}

/// A stretch of time in which tries are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub begin: Time,
    /// When it ends.
    pub end: Time,
}

impl Limit {
    /// Passwords tried for one account. A list of the 10 000 most used ones
    /// takes ten days, and none of them is a password of ours.
    pub const PASSWORDS_OF_ACCOUNT: Self = Self {
        name: "password-account",
        most: 10,
        window: Duration::from_mins(15),
    };
    /// Passwords tried from one address, whoever's they are. Offices share
    /// one; what turns out right does not count.
    pub const PASSWORDS_FROM_SOURCE: Self = Self {
        name: "password-source",
        most: 100,
        window: Duration::from_mins(15),
    };
    /// Passwords tried for one account in a browser in which it was signed in to
    /// before, where they count for nothing else.
    pub const PASSWORDS_OF_DEVICE: Self = Self {
        name: "password-device",
        ..Self::PASSWORDS_OF_ACCOUNT
    };
    /// Passwords tried by somebody who is signed in already, where no such browser
    /// is known: a session of a program has as many, and takes none from others.
    pub const PASSWORDS_OF_SESSION: Self = Self {
        name: "password-session",
        ..Self::PASSWORDS_OF_ACCOUNT
    };
    /// Mails with a link that are asked for in such a browser for its account.
    pub const MAILS_OF_DEVICE: Self = Self {
        name: "mail-device",
        ..Self::MAILS_TO_ADDRESS
    };
    /// Mails with a link that are asked for one address.
    pub const MAILS_TO_ADDRESS: Self = Self {
        name: "mail-address",
        most: 5,
        window: Duration::from_hours(1),
    };
    /// Mails with a link that are asked for from one address.
    pub const MAILS_FROM_SOURCE: Self = Self {
        name: "mail-source",
        most: 50,
        window: Duration::from_hours(1),
    };

    /// Requests that one client makes; each is mailed to its account managers.
    pub const REQUESTS_OF_CLIENT: Self = Self {
        name: "request-client",
        most: 30,
        window: Duration::from_hours(1),
    };

    /// The window that `now` falls into.
    pub fn window(&self, now: Time) -> Window {
        let length = i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX);
        let begin = now.unix_millis().div_euclid(length) * length;
        let begin = Time::from_unix_millis(begin);
        Window {
            begin,
            end: begin + self.window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let limit = Limit::PASSWORDS_OF_ACCOUNT;
        let now = Time::from_unix_millis(1_800_000_123_456);

        let one = limit.window(now);
        let next = limit.window(one.end);

        assert!(one.begin <= now && now < one.end);
        assert_eq!(one.end, next.begin);
        assert_eq!(one.end.since(one.begin), limit.window);
    }
}
