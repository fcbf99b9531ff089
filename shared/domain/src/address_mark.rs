//! What is known against an e-mail address in a workspace.
//!
//! An address that does not exist is marked, and is unmarked when mail gets
//! there after all. An address whose owner called our mail spam is not mailed
//! again, whatever the mail: the mark stays.

use crate::{Change, Email, Fate, MailReport, Time, WorkspaceId};
use serde::{Deserialize, Serialize};

/// What is known against an address, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressMark {
    /// The workspace whose mail this is about.
    pub workspace_id: WorkspaceId,
    /// The address.
    pub email: Email,
    /// What is wrong with it; nothing any more if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<AddressFault>,
    /// When the mail service saw that.
    pub at: Time,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AddressFault {
    /// There is no such address.
    Bounced,
    /// The mail service does not send there.
    Suppressed,
    /// Its owner called our mail spam. It is not mailed again.
    Complained,
}

impl AddressMark {
    /// Whether no mail goes there any more.
    pub fn forbids_mail(&self) -> bool {
        self.fault == Some(AddressFault::Complained)
    }

    /// Notes what a report says of an address; answers with what is known from
    /// now on, if that is news.
    pub fn learn(
        change: &mut Change<'_>,
        before: Option<&Self>,
        workspace_id: WorkspaceId,
        email: &Email,
        report: &MailReport,
    ) -> Option<Self> {
        let fault = match report.fate {
            Fate::HardBounced(_) => Some(AddressFault::Bounced),
            Fate::Suppressed(_) => Some(AddressFault::Suppressed),
            Fate::Complained(_) => Some(AddressFault::Complained),
            Fate::Delivered => None,
            Fate::Sent | Fate::Delayed(_) | Fate::SoftBounced(_) | Fate::Rejected(_) => {
                return None;
            }
        };
        let known = before.and_then(|mark| mark.fault);
        let is_final = known == Some(AddressFault::Complained);
        let is_late = before.is_some_and(|mark| report.at < mark.at)
            && fault != Some(AddressFault::Complained);
        if known == fault || is_final || is_late {
            return None;
        }
        let mark = Self {
            workspace_id,
            email: email.clone(),
            fault,
            at: report.at,
            version: before.map_or(0, |mark| mark.version),
        };
        Some(change.save_mark(before, mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Moment};
    use proptest::prelude::*;

    /// What is known after these reports, each with its second.
    fn known(reports: &[(u8, Fate)]) -> Option<AddressFault> {
        let ids = IdSource::new();
        let start = 1_795_300_000_000;
        let mut change = Change::by_system(Moment::new(Time::from_unix_millis(start), &ids));
        let (workspace, email) = (change.moment.id(), Email::parse("email", "a@example.com"));
        let email = email.expect("an address");
        let mut mark = None;
        for (second, fate) in reports {
            let report = MailReport {
                fate: fate.clone(),
                message_id: "m".into(),
                at: Time::from_unix_millis(start + i64::from(*second) * 1_000),
            };
            let learnt = AddressMark::learn(&mut change, mark.as_ref(), workspace, &email, &report);
            mark = learnt.or(mark);
        }
        mark.and_then(|mark| mark.fault)
    }

    fn bounced() -> Fate {
        Fate::HardBounced("Permanent/General".into())
    }

    fn complained() -> Fate {
        Fate::Complained("abuse".into())
    }

    #[test]
    fn an_address_that_bounced_is_marked_until_mail_gets_there() {
        assert_eq!(known(&[(1, bounced())]), Some(AddressFault::Bounced));
        assert_eq!(known(&[(1, bounced()), (2, Fate::Delivered)]), None);
    }

    #[test]
    fn a_late_report_does_not_undo_a_newer_one() {
        let late = [(2, bounced()), (1, Fate::Delivered)];
        assert_eq!(known(&late), Some(AddressFault::Bounced));
        let late = [(1, bounced()), (3, Fate::Delivered), (2, bounced())];
        assert_eq!(known(&late), None);
    }

    proptest! {
        #[test]
        fn whoever_complained_is_never_mailed_again(
            before in prop::collection::vec((0_u8..9, prop_oneof![Just(bounced()), Just(Fate::Delivered)]), 0..6),
            after in prop::collection::vec((0_u8..9, prop_oneof![Just(bounced()), Just(Fate::Delivered)]), 0..6),
        ) {
            let mut reports = before;
            reports.push((4, complained()));
            reports.extend(after);

            prop_assert_eq!(known(&reports), Some(AddressFault::Complained));
        }
    }
}
