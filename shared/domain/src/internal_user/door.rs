//! How team members come in: setting up the account, with Google, and changing
//! the address that they sign in with.

use super::InternalUser;
use crate::{Account, Change, Email, GoogleRefusal, Ticket, TicketPurpose, Time};
use std::time::Duration;

/// How exact [`InternalUser::last_login_at`] is.
const SIGN_IN_NOTE: Duration = Duration::from_mins(1);

impl InternalUser {
    /// Who it is where it signs in.
    pub const fn account(&self) -> Account {
        Account::InternalUser { id: self.id }
    }

    /// Whether there is an account to sign in to.
    pub const fn can_sign_in(&self) -> bool {
        self.joined_at.is_some() && self.is_member()
    }

    /// Puts it out wherever it is signed in.
    pub const fn end_sessions(&mut self) {
        self.session_epoch += 1;
    }

    /// Notes that it signed in. Answers whether that is worth writing: a note of
    /// the last minute says the same.
    pub fn note_sign_in(&mut self, now: Time) -> bool {
        let is_news = self
            .last_login_at
            .is_none_or(|last| now.since(last) >= SIGN_IN_NOTE);
        if is_news {
            self.last_login_at = Some(now);
        }
        is_news
    }

    /// When it last signed in, set up its account, or was added.
    pub fn was_last_here(&self) -> Time {
        let came = self.last_login_at.max(self.joined_at);
        came.unwrap_or(self.created_at)
    }

    /// Notes that a link was used that went to its address and nowhere else, or
    /// that Google has verified it.
    pub const fn note_proof(&mut self) {
        self.is_address_proven = true;
    }

    /// Lets the Google account in that has verified its own address, as
    /// [`crate::Client::enter_with_google`] does for clients.
    pub fn enter_with_google(&mut self, subject: &str) -> Result<(), GoogleRefusal> {
        GoogleRefusal::check(
            self.google_subject.as_deref(),
            self.is_address_proven,
            subject,
        )?;
        self.google_subject = Some(subject.to_owned());
        Ok(())
    }

    /// What somebody who guesses its password tries first.
    pub fn guessed_first<'a>(&'a self, workspace: &'a str) -> [&'a str; 4] {
        self.name.guessed_first(&self.email, workspace)
    }

    /// Has a link mailed to a new address. The old one stays in use until the
    /// link is used; whether the new one is taken is decided then.
    pub fn ask_to_change_email(&self, change: &mut Change<'_>, to: Email) -> Ticket {
        let from = self.email.clone();
        let purpose = TicketPurpose::ChangeEmail { from, to };
        let owner = (self.account(), self.session_epoch);
        Ticket::issue_under(change, self.workspace_id, owner, purpose)
    }

    /// Uses another address from now on, which is known to be its owner's.
    pub fn change_email(&self, change: &mut Change<'_>, to: Email) -> Self {
        let mut after = self.clone();
        if to.key() != self.email.key() {
            after.google_subject = None;
        }
        after.email = to;
        after.note_proof();
        self.save_updated(change, after)
    }
}
