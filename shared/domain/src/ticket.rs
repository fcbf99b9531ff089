//! Tickets: links that are mailed to one person and are good once.
//!
//! A ticket says who may do what until when. Its token is derived from its id,
//! so it is stored nowhere and a lost mail can be written again. A ticket is
//! used up in the transaction that does what it allows, under the version that
//! was read, so of two who have the same link one succeeds.

use crate::{
    Account, Change, Email, InternalUser, Letter, Moment, PersonName, TicketId, Time, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A ticket as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The workspace whose account it is about.
    pub workspace_id: WorkspaceId,
    /// Whose account it is about.
    pub account: Account,
    /// The account's epoch when it was asked for, where it ends with the account's
    /// sessions. Tickets of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// What it allows.
    #[serde(flatten)]
    pub purpose: TicketPurpose,
    /// When it was asked for.
    pub created_at: Time,
    /// When it runs out.
    pub expires_at: Time,
    /// When it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Time>,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What a ticket allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "purpose",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TicketPurpose {
    /// To set a new password.
    ResetPassword,
    /// To set up the account of a team member who is invited.
    Join,
    /// To sign in.
    SignIn,
    /// To prove that an address is its owner's.
    VerifyEmail {
        /// The address; the link goes there.
        email: Email,
    },
    /// To be added as a client, with an address that is proved by that.
    SignUp {
        /// The name that was typed.
        #[serde(flatten)]
        name: PersonName,
        /// The address; the link goes there.
        email: Email,
    },
    /// To prove that a new address is its owner's, which is then used instead
    /// of the old one.
    ChangeEmail {
        /// The address until then.
        from: Email,
        /// The new address; the link goes there.
        to: Email,
    },
}

/// Which mail of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TicketMail {
    /// The one with the link.
    Link,
    /// The one that tells that it was used: of a new password, or, to the old
    /// address, of a new one.
    Used,
}

/// Why a ticket is not good any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadTicket {
    /// It has done what it allows.
    #[error("this link was used already; ask for a new one")]
    Used,
    /// Its time ran out.
    #[error("this link has expired; ask for a new one")]
    Expired,
}

impl TicketPurpose {
    /// For how long a ticket of this purpose is good.
    pub const fn lifetime(&self) -> Duration {
        match self {
            Self::SignIn => Duration::from_mins(10),
            Self::ResetPassword => Duration::from_mins(30),
            // Unless its workspace or whoever invites says otherwise.
            Self::Join => Duration::from_hours(7 * 24),
            Self::VerifyEmail { .. } | Self::SignUp { .. } | Self::ChangeEmail { .. } => {
                Duration::from_hours(24)
            }
        }
    }

    /// Whether a mail tells that it was used.
    const fn tells_when_used(&self) -> bool {
        match self {
            Self::ResetPassword | Self::ChangeEmail { .. } => true,
            Self::Join | Self::SignIn | Self::VerifyEmail { .. } | Self::SignUp { .. } => false,
        }
    }
}

impl Ticket {
    /// For how long a ticket is kept after it ran out: a mail that tells of
    /// its use may be owed for a day.
    pub const KEPT: Duration = Duration::from_hours(7 * 24);

    /// A new ticket, and the letter with its link.
    pub fn issue(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        account: Account,
        purpose: TicketPurpose,
    ) -> Self {
        let lifetime = purpose.lifetime();
        let owner = (account, None);
        let ticket = Self::make(change, workspace_id, owner, (purpose, lifetime));
        ticket.mail(change, TicketMail::Link);
        ticket
    }

    /// The same, good only as long as the account has this epoch: whoever archives
    /// it or signs it out everywhere ends its links, too.
    pub fn issue_under(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        (account, epoch): (Account, u32),
        purpose: TicketPurpose,
    ) -> Self {
        let lifetime = purpose.lifetime();
        let owner = (account, Some(epoch));
        let ticket = Self::make(change, workspace_id, owner, (purpose, lifetime));
        ticket.mail(change, TicketMail::Link);
        ticket
    }

    /// The ticket of an invitation to the team, good for as long as the
    /// invitation, and the letter with its link if it is to be mailed.
    pub(crate) fn offer(
        change: &mut Change<'_>,
        user: &InternalUser,
        lifetime: Duration,
        is_mailed: bool,
    ) -> Self {
        let purpose = (TicketPurpose::Join, lifetime);
        let owner = (user.account(), None);
        let ticket = Self::make(change, user.workspace_id, owner, purpose);
        if is_mailed {
            ticket.mail(change, TicketMail::Link);
        }
        ticket
    }

    fn make(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        (account, epoch): (Account, Option<u32>),
        (purpose, lifetime): (TicketPurpose, Duration),
    ) -> Self {
        let Moment { now, .. } = change.moment;
        let ticket = Self {
            id: change.moment.id(),
            workspace_id,
            account,
            epoch,
            created_at: now,
            expires_at: now + lifetime,
            purpose,
            used_at: None,
            version: 0,
        };
        change.save_ticket(None, ticket)
    }

    fn mail(&self, change: &mut Change<'_>, mail: TicketMail) {
        let letter = Letter::ticket(change.moment, self.workspace_id, self.id, mail);
        change.letters.push(letter);
    }

    /// Whether it is good for an account that has this epoch now.
    pub fn is_under(&self, epoch: u32) -> bool {
        self.epoch.is_none_or(|own| own == epoch)
    }

    /// Whether it is good at `now`.
    pub fn check(&self, now: Time) -> Result<(), DeadTicket> {
        match self.used_at {
            Some(_) => Err(DeadTicket::Used),
            None if now >= self.expires_at => Err(DeadTicket::Expired),
            None => Ok(()),
        }
    }

    /// Uses it up; whatever it allows belongs into the same change.
    pub fn use_up(&self, change: &mut Change<'_>) -> Result<Self, DeadTicket> {
        self.check(change.moment.now)?;
        let mut after = self.clone();
        after.used_at = Some(change.moment.now);
        let after = change.save_ticket(Some(self), after);
        if after.purpose.tells_when_used() {
            after.mail(change, TicketMail::Used);
        }
        Ok(after)
    }

    /// Whether this mail of it is still to be sent.
    pub fn owes(&self, mail: TicketMail, now: Time) -> bool {
        match mail {
            TicketMail::Link => self.check(now).is_ok(),
            TicketMail::Used => self.used_at.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, Matter};

    fn issued(purpose: TicketPurpose) -> (IdSource, Time, Ticket) {
        let ids = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let mut change = Change::by_system(Moment::new(now, &ids));
        let account = Account::Client { id: ids.next(now) };
        let ticket = Ticket::issue(&mut change, ids.next(now), account, purpose);
        assert_eq!(change.letters.len(), 1);
        (ids, now, ticket)
    }

    #[test]
    fn a_ticket_is_good_once() {
        let (ids, now, ticket) = issued(TicketPurpose::SignIn);
        let mut change = Change::by_system(Moment::new(now, &ids));

        let used = ticket.use_up(&mut change).expect("it is good");

        assert_eq!(used.use_up(&mut change), Err(DeadTicket::Used));
        assert!(change.letters.is_empty(), "signing in is not told by mail");
    }

    #[test]
    fn a_ticket_ends_with_the_epoch_and_one_of_an_earlier_version_has_none() {
        let (_, _, ticket) = issued(TicketPurpose::SignIn);
        let mut item = serde_json::to_value(&ticket).expect("it is written");
        assert!(item.get("epoch").is_none(), "as earlier versions wrote it");
        let earlier: Ticket = serde_json::from_value(item.clone()).expect("it is read");
        assert!(earlier.is_under(0) && earlier.is_under(7));

        item["epoch"] = 3.into();

        let ticket: Ticket = serde_json::from_value(item).expect("it is read");
        assert!(ticket.is_under(3) && !ticket.is_under(4));
    }

    #[test]
    fn a_ticket_ends_at_its_second() {
        let (_, now, ticket) = issued(TicketPurpose::ResetPassword);
        let end = now + Duration::from_mins(30);

        assert_eq!(ticket.expires_at, end);
        assert_eq!(ticket.check(now + Duration::from_millis(1_799_999)), Ok(()));
        assert_eq!(ticket.check(end), Err(DeadTicket::Expired));
        assert!(!ticket.owes(TicketMail::Link, end), "its mail is pointless");
    }

    #[test]
    fn the_old_address_is_told_of_the_new_one() {
        let email = |text| Email::parse("email", text).expect("an address");
        let (ids, now, ticket) = issued(TicketPurpose::ChangeEmail {
            from: email("old@example.com"),
            to: email("new@example.com"),
        });
        let mut change = Change::by_system(Moment::new(now, &ids));

        ticket.use_up(&mut change).expect("it is good");

        let told = Matter::Ticket {
            ticket_id: ticket.id,
            mail: TicketMail::Used,
        };
        assert_eq!(change.letters[0].matter, told);
    }
}
