//! Which keys sign access tokens, and when.
//!
//! A key is only a number here: the key itself is derived from the root key,
//! so the table holds nothing that signs. A new key is published before it
//! signs, and an old one verifies until the last token that it signed has run
//! out, so nobody is put out by a rotation.

use crate::{Time, session::ACCESS_TOKEN_LIFETIME};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// For how long a new key is published before it signs. Others may keep our
/// keys for five minutes, and every function keeps them for one.
pub const SIGNING_LEAD: Duration = Duration::from_hours(1);
/// How far clocks may differ.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// The keys that sign or still verify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeys {
    /// Every key that is published, the newest last; never empty.
    keys: Vec<SigningKey>,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// Which one: what `kid` says.
    pub number: u32,
    /// When it begins to sign.
    pub signs_from: Time,
    /// When it stops to verify, once another has taken its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<Time>,
}

/// A key cannot be rotated while the one before is only being published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a new key is published already and signs from {0}; rotate again after that")]
pub struct RotationPending(pub Time);

impl Default for SigningKeys {
    /// What an installation begins with.
    fn default() -> Self {
        let first = SigningKey {
            number: 1,
            signs_from: Time::from_unix_millis(0),
            retires_at: None,
        };
        Self {
            keys: vec![first],
            version: 0,
        }
    }
}

impl SigningKeys {
    /// The number of the key that signs at `now`.
    pub fn signer(&self, now: Time) -> u32 {
        let signs = self.keys.iter().rev().find(|key| key.signs_from <= now);
        signs.or(self.keys.first()).map_or(1, |key| key.number)
    }

    /// The keys that verify at `now`, those that do not sign yet among them.
    pub fn published(&self, now: Time) -> impl Iterator<Item = u32> {
        let is_good = move |key: &&SigningKey| key.retires_at.is_none_or(|end| now < end);
        self.keys.iter().filter(is_good).map(|key| key.number)
    }

    /// Whether what the key of this number signed is to be believed at `now`.
    pub fn verifies(&self, number: u32, now: Time) -> bool {
        self.published(now).any(|published| published == number)
    }

    /// When the newest key begins to sign.
    pub fn newest_signs_from(&self) -> Time {
        let newest = self.keys.last();
        newest.map_or(Time::from_unix_millis(0), |key| key.signs_from)
    }

    /// Publishes a new key that takes over in an hour.
    pub fn rotate(&self, now: Time) -> Result<Self, RotationPending> {
        if let Some(pending) = self.keys.iter().find(|key| key.signs_from > now) {
            return Err(RotationPending(pending.signs_from));
        }
        let signs_from = now + SIGNING_LEAD;
        let end = signs_from + ACCESS_TOKEN_LIFETIME + CLOCK_SKEW;
        let mut after = self.clone();
        after
            .keys
            .retain(|key| key.retires_at.is_none_or(|end| now < end));
        for key in &mut after.keys {
            key.retires_at = Some(key.retires_at.map_or(end, |earlier| earlier.min(end)));
        }
        after.keys.push(self.next(signs_from));
        after.version += 1;
        Ok(after)
    }

    /// Replaces every key at once, because one of them is in wrong hands. What
    /// they signed is refused from now on; sessions go on with their next
    /// refresh.
    pub fn replace(&self, now: Time) -> Self {
        Self {
            keys: vec![self.next(now)],
            version: self.version + 1,
        }
    }

    fn next(&self, signs_from: Time) -> SigningKey {
        let latest = self.keys.iter().map(|key| key.number).max().unwrap_or(0);
        SigningKey {
            number: latest + 1,
            signs_from,
            retires_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Time {
        Time::from_unix_millis(1_800_000_000_000 + minutes * 60_000)
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_the_old_one_outlives_its_tokens() {
        let keys = SigningKeys::default();
        assert_eq!(keys.signer(at(0)), 1);

        let keys = keys.rotate(at(0)).expect("nothing is pending");

        assert_eq!(keys.published(at(0)).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((keys.signer(at(59)), keys.signer(at(60))), (1, 2));
        // A token of the last minute of the old key is good for ten more.
        assert!(keys.verifies(1, at(70)) && !keys.verifies(1, at(71)));
        assert!(keys.verifies(2, at(10_000)));
    }

    #[test]
    fn a_rotation_waits_for_the_one_before() {
        let keys = SigningKeys::default().rotate(at(0)).expect("the first");

        assert_eq!(keys.rotate(at(59)), Err(RotationPending(at(60))));
        let keys = keys.rotate(at(60)).expect("the first one is over");

        assert_eq!(keys.published(at(60)).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(keys.published(at(80)).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn keys_in_wrong_hands_verify_nothing_any_more() {
        let keys = SigningKeys::default().rotate(at(0)).expect("the first");

        let keys = keys.replace(at(1));

        assert_eq!(keys.published(at(1)).collect::<Vec<_>>(), [3]);
        assert_eq!(keys.signer(at(1)), 3);
    }
}
