//! What becomes of a mail.
//!
//! The mail service tells in events that come twice, late, out of order and
//! before its own answer was recorded. So what is known of a mail is not the
//! last thing that was heard but the most *certain* one: what is heard later
//! and says less changes nothing. Whatever the order, the end is the same.

use crate::Time;
use serde::{Deserialize, Serialize};

/// What became of the mail of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// How far it came.
    pub state: DeliveryState,
    /// Why it came no further.
    pub reason: Option<String>,
    /// The mail service's id of the message.
    pub message_id: Option<String>,
    /// When this was learnt.
    pub updated_at: Time,
}

/// How far a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// Nobody asked for a mail: the link is handed over in another way. Or the
    /// invitation ended before its mail went out.
    NotSent,
    /// Waiting to be handed to the mail service.
    Queued,
    /// The mail service took it.
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// The mail service could not take it, or the recipient's server not yet.
    Deferred,
    /// The recipient's server refused it.
    Bounced,
    /// The recipient called it spam.
    Complained,
    /// It was not sent because of what is known against the address.
    Suppressed,
    /// The mail service refused it for good.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::NotSent,
        Self::Queued,
        Self::Sent,
        Self::Delivered,
        Self::Deferred,
        Self::Bounced,
        Self::Complained,
        Self::Suppressed,
        Self::Failed,
    ];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "notSent",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Suppressed => "suppressed",
            Self::Failed => "failed",
        }
    }
}

/// What the mail service tells of a mail that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReport {
    /// What happened.
    pub fate: Fate,
    /// Its id of the message.
    pub message_id: String,
    /// When it happened.
    pub at: Time,
}

/// What happened to a mail after the mail service took it; with the reason
/// where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was taken.
    Sent,
    /// It is tried again.
    Delayed(String),
    /// The recipient's server refused it, or gave up on it, or answered by
    /// itself, as servers of people on holiday do.
    SoftBounced(String),
    /// The recipient's server took it.
    Delivered,
    /// The mail service found that it cannot send this.
    Rejected(String),
    /// The mail service does not send to this address.
    Suppressed(String),
    /// There is no such address.
    HardBounced(String),
    /// The recipient called it spam.
    Complained(String),
}

/// What the reason of a bounce begins with if the address is no good.
const PERMANENT: &str = "Permanent";

impl MailReport {
    /// That the mail service took it just now, under this id.
    pub(crate) fn sent(message_id: &str, now: Time) -> Self {
        Self {
            fate: Fate::Sent,
            message_id: message_id.to_owned(),
            at: now,
        }
    }
}

impl Fate {
    /// Whether it says something of the address, too.
    pub const fn concerns_address(&self) -> bool {
        match self {
            Self::Delivered | Self::Suppressed(_) | Self::HardBounced(_) | Self::Complained(_) => {
                true
            }
            Self::Sent | Self::Delayed(_) | Self::SoftBounced(_) | Self::Rejected(_) => false,
        }
    }

    /// What this says of the mail, and why.
    fn state(&self) -> (DeliveryState, Option<&String>) {
        match self {
            Self::Sent => (DeliveryState::Sent, None),
            Self::Delayed(reason) => (DeliveryState::Deferred, Some(reason)),
            Self::SoftBounced(reason) | Self::HardBounced(reason) => {
                (DeliveryState::Bounced, Some(reason))
            }
            Self::Delivered => (DeliveryState::Delivered, None),
            Self::Rejected(reason) => (DeliveryState::Failed, Some(reason)),
            Self::Suppressed(reason) => (DeliveryState::Suppressed, Some(reason)),
            Self::Complained(reason) => (DeliveryState::Complained, Some(reason)),
        }
    }
}

impl Delivery {
    pub(crate) const fn begun(state: DeliveryState, now: Time) -> Self {
        Self {
            state,
            reason: None,
            message_id: None,
            updated_at: now,
        }
    }

    /// What is known once the invitation has ended: a mail that has not gone out
    /// by then is thrown away. What is told of one that goes out in this moment
    /// says more.
    pub(crate) fn after_the_end(&self) -> Self {
        let waits = matches!(self.state, DeliveryState::Queued | DeliveryState::Deferred);
        if waits && self.message_id.is_none() {
            Self {
                state: DeliveryState::NotSent,
                ..self.clone()
            }
        } else {
            self.clone()
        }
    }

    /// What is known after the mail service told this, if it is news.
    pub(crate) fn after(&self, report: &MailReport) -> Option<Self> {
        let (state, reason) = report.fate.state();
        let told = Self {
            state,
            reason: reason.cloned(),
            message_id: Some(report.message_id.clone()),
            updated_at: report.at,
        };
        (told.certainty() > self.certainty()).then_some(told)
    }

    /// What is known after the mail service did not take it, if it is news: it
    /// may have taken it before, and its answer got lost.
    pub(crate) fn not_taken(&self, state: DeliveryState, reason: &str, now: Time) -> Option<Self> {
        let told = Self {
            reason: Some(reason.to_owned()),
            ..Self::begun(state, now)
        };
        (told.certainty() >= self.certainty()).then_some(told)
    }

    /// How much this says. A complaint says that the mail was delivered, a
    /// delivery that it was sent. A hard bounce may follow a delivery, when the
    /// server finds out later; a soft one then is only an automatic answer.
    fn certainty(&self) -> u8 {
        let was_taken = self.message_id.is_some();
        match self.state {
            DeliveryState::NotSent => 0,
            DeliveryState::Queued => 1,
            DeliveryState::Deferred if !was_taken => 2,
            DeliveryState::Failed if !was_taken => 3,
            DeliveryState::Sent => 4,
            DeliveryState::Deferred => 5,
            DeliveryState::Bounced if !self.is_permanent() => 6,
            DeliveryState::Delivered => 7,
            DeliveryState::Failed => 8,
            DeliveryState::Suppressed => 9,
            DeliveryState::Bounced => 10,
            DeliveryState::Complained => 11,
        }
    }

    fn is_permanent(&self) -> bool {
        self.reason
            .as_ref()
            .is_some_and(|reason| reason.starts_with(PERMANENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            Just(Fate::Sent),
            Just(Fate::Delayed("MailboxFull".into())),
            Just(Fate::SoftBounced("Transient/General".into())),
            Just(Fate::Delivered),
            Just(Fate::Rejected("Bad content".into())),
            Just(Fate::Suppressed("Permanent/Suppressed".into())),
            Just(Fate::HardBounced("Permanent/General".into())),
            Just(Fate::Complained("abuse".into())),
        ]
    }

    fn report(fate: Fate) -> MailReport {
        MailReport {
            fate,
            message_id: "m".into(),
            at: Time::from_unix_millis(0),
        }
    }

    fn learn(fates: &[Fate]) -> Vec<DeliveryState> {
        let mut known = Delivery::begun(DeliveryState::Queued, Time::from_unix_millis(0));
        let mut states = vec![known.state];
        for fate in fates {
            if let Some(after) = known.after(&report(fate.clone())) {
                if after.state != known.state {
                    states.push(after.state);
                }
                known = after;
            }
        }
        states
    }

    proptest! {
        /// Whatever comes twice, late or out of order: the end is the same, and
        /// no delivery is told twice.
        #[test]
        fn the_order_of_reports_does_not_matter(
            (fates, shuffled) in prop::collection::vec(fate(), 0..12)
                .prop_flat_map(|fates| (Just(fates.clone()), Just(fates).prop_shuffle())),
            again in 0_usize..12,
        ) {
            let mut doubled = shuffled.clone();
            doubled.extend(fates.iter().skip(again).cloned());

            let (states, others) = (learn(&fates), learn(&doubled));

            prop_assert_eq!(states.last(), others.last());
            for states in [states, others] {
                let delivered = states.iter().filter(|state| **state == DeliveryState::Delivered);
                prop_assert!(delivered.count() <= 1);
            }
        }

        /// That the mail service did not take it says nothing against what it
        /// told of a mail that it had taken.
        #[test]
        fn what_was_taken_is_not_untaken(fates in prop::collection::vec(fate(), 1..6)) {
            let mut known = Delivery::begun(DeliveryState::Queued, Time::from_unix_millis(0));
            for fate in fates {
                known = known.after(&report(fate)).unwrap_or(known);
            }
            for state in [DeliveryState::Deferred, DeliveryState::Failed] {
                prop_assert_eq!(known.not_taken(state, "Throttled", known.updated_at), None);
            }
        }
    }

    #[test]
    fn an_automatic_answer_does_not_undo_a_delivery() {
        let away = Fate::SoftBounced("Transient/General".into());

        assert_eq!(
            learn(&[Fate::Sent, Fate::Delivered, away.clone()]).last(),
            Some(&DeliveryState::Delivered)
        );
        assert_eq!(
            learn(&[away.clone(), Fate::Delivered, Fate::Sent]).last(),
            Some(&DeliveryState::Delivered)
        );
        assert_eq!(
            learn(&[Fate::Sent, away]).last(),
            Some(&DeliveryState::Bounced)
        );
    }

    #[test]
    fn every_state_has_the_name_that_it_is_stored_under() {
        for state in DeliveryState::ALL {
            assert_eq!(
                serde_json::to_value(state).ok(),
                Some(serde_json::Value::from(state.name()))
            );
        }
    }
}
