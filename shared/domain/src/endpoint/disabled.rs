//! Why an endpoint gets nothing.

use crate::{Actor, Origin, Time};
use serde::{Deserialize, Serialize};

/// Since when an endpoint gets nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", from = "Stored")]
#[schemars(!from)]
pub struct Disabled {
    /// Since when.
    pub at: Time,
    /// Why, for programs.
    pub code: DisabledCode,
    /// Why, for the person who reads it.
    pub reason: String,
}

/// Why an endpoint gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DisabledCode {
    /// It answered that it is gone.
    Gone,
    /// Every attempt has failed for five days, or for as many as the
    /// installation's operator has set.
    Failing,
    /// Somebody disabled it, or registered it so.
    Requested,
}

/// What an endpoint is given up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It answered that it is gone.
    Gone,
    /// Every attempt has failed since then.
    FailingSince(Time),
}

/// As it is stored; earlier versions wrote the reason alone.
#[derive(Deserialize)]
struct Stored {
    at: Time,
    #[serde(default)]
    code: Option<DisabledCode>,
    reason: String,
}

const GONE: &str = "the endpoint answered that it is gone";
const FAILING: &str = "every attempt has failed since";

impl From<Stored> for Disabled {
    fn from(Stored { at, code, reason }: Stored) -> Self {
        let of_reason = || match &*reason {
            GONE => DisabledCode::Gone,
            text if text.starts_with(FAILING) => DisabledCode::Failing,
            _ => DisabledCode::Requested,
        };
        let code = code.unwrap_or_else(of_reason);
        Self { at, code, reason }
    }
}

impl Disabled {
    /// Given up at `at`.
    pub(super) fn given_up(at: Time, why: GivenUp) -> Self {
        let (code, reason) = match why {
            GivenUp::Gone => (DisabledCode::Gone, GONE.to_owned()),
            GivenUp::FailingSince(since) => {
                let reason = format!("{FAILING} {}", since.for_people());
                (DisabledCode::Failing, reason)
            }
        };
        Self { at, code, reason }
    }

    /// Disabled at `at` by whoever asked for it.
    pub(super) fn requested(at: Time, origin: &Origin) -> Self {
        let reason = match (origin.api_key_id, &origin.actor) {
            (Some(_), _) => "disabled with an API key",
            (None, Actor::System) => "disabled by Portico",
            (None, Actor::InternalUser { .. } | Actor::Client { .. }) => {
                "disabled by a team member"
            }
        };
        Self::by_hand(at, reason)
    }

    /// Disabled at `at` from the beginning.
    pub(super) fn registered(at: Time) -> Self {
        Self::by_hand(at, "registered so")
    }

    fn by_hand(at: Time, reason: &str) -> Self {
        Self {
            at,
            code: DisabledCode::Requested,
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_earlier_versions_wrote_has_its_code_too() {
        let since = Time::from_unix_millis(1_795_300_000_000);
        for (reason, code) in [
            (GONE.to_owned(), DisabledCode::Gone),
            (
                Disabled::given_up(since, GivenUp::FailingSince(since)).reason,
                DisabledCode::Failing,
            ),
            (
                "disabled by a team member".to_owned(),
                DisabledCode::Requested,
            ),
        ] {
            let stored = json!({ "at": since, "reason": reason });
            let read: Disabled = serde_json::from_value(stored).expect("it reads");
            assert_eq!((read.code, read.reason), (code, reason));
        }
    }
}
