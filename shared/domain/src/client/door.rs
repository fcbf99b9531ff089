//! How clients come in by themselves: signing up, with Google, and changing the
//! address that they sign in with.

use super::{Client, ClientDraft, CreationMethod, PendingEmail};
use crate::{
    Account, Actor, AddressMark, AuditNote, Change, Email, EventType, Invitation, Moment, Ticket,
    TicketPurpose, Time, WorkspaceId,
};

/// Why a Google account does not let in to the account that has its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoogleRefusal {
    /// Whoever chose the client's password may be somebody else.
    #[error(
        "nobody has shown yet that this address is yours: have a link mailed to you and sign in with it once, then Google works too"
    )]
    Unproven,
    /// It signs in with another one, which had the same address before.
    #[error("another Google account is in use here for this address")]
    OtherAccount,
}

impl GoogleRefusal {
    /// Refuses a Google account other than the one that is known, and the first
    /// one where the address that it has verified is not proven here.
    pub(crate) fn check(known: Option<&str>, is_proven: bool, subject: &str) -> Result<(), Self> {
        match known {
            Some(known) if known == subject => Ok(()),
            Some(_) => Err(Self::OtherAccount),
            None if is_proven => Ok(()),
            None => Err(Self::Unproven),
        }
    }
}

impl Client {
    /// Lets the Google account in that has verified the client's own address.
    /// The first one is remembered, because an address can get another owner.
    /// An account with a password whose address nobody has proved is never
    /// joined to one: the password may be that of somebody who waits for its
    /// owner to come.
    pub fn enter_with_google(&mut self, subject: &str) -> Result<(), GoogleRefusal> {
        let known = self.google_subject.as_deref();
        GoogleRefusal::check(known, self.is_address_proven, subject)?;
        self.google_subject = Some(subject.to_owned());
        Ok(())
    }

    /// Notes that a link was used that went to the client's address and nowhere
    /// else, or that Google has verified it.
    pub const fn note_proof(&mut self) {
        self.is_address_proven = true;
    }

    /// A client who has signed up and proved its address. It is saved with
    /// [`Change::save_signed_up`].
    pub fn sign_up(moment: Moment<'_>, workspace_id: WorkspaceId, draft: ClientDraft) -> Self {
        let mut client = Self::create(moment, workspace_id, draft, Actor::System);
        client.created_by = Actor::Client { id: client.id };
        client.creation_method = CreationMethod::DirectSignUp;
        client.note_proof();
        client
    }

    /// Activates a client whom the team has added, and who has proved its
    /// address by signing up. Its open invitation has done what it was for.
    pub fn prove_address(&mut self, change: &mut Change<'_>, open: Option<&Invitation>) {
        self.note_proof();
        match open {
            Some(open) => open.overtake(change, self),
            None => self.activate(change),
        }
    }

    /// Gives the client another address. Whoever can sign in has to prove it
    /// first. Whoever cannot has it at once, with what is known against it, and a
    /// link that was mailed to the old address is dead, because it would let
    /// somebody else in. Answers with the invitation that is still open.
    pub fn readdress(
        &mut self,
        change: &mut Change<'_>,
        (to, mark): (Email, Option<&AddressMark>),
        open: Option<Invitation>,
    ) -> Option<Invitation> {
        if to.key() == self.email.key() {
            // The same address in another spelling is proved already.
            self.change_email(change, to, mark);
            return open;
        }
        if self.can_sign_in() {
            self.ask_to_change_email(change, to);
            return open;
        }
        if let Some(open) = &open {
            open.close(change, self);
        }
        self.change_email(change, to, mark);
        None
    }

    /// Has a link mailed to a new address that no other client has. The old
    /// address stays in use until the link is used, and of several links only the
    /// last one works. The new one is kept from nobody meanwhile: whoever proves
    /// it first has it.
    pub fn ask_to_change_email(&mut self, change: &mut Change<'_>, to: Email) -> Ticket {
        let from = self.email.clone();
        let purpose = TicketPurpose::ChangeEmail {
            from,
            to: to.clone(),
        };
        let account = Account::Client { id: self.id };
        let ticket = Ticket::issue(change, self.workspace_id, account, purpose);
        if to.key() != self.email.key() {
            change.wanted_emails.push(crate::WantedEmail {
                client_id: self.id,
                email: to.clone(),
            });
        }
        self.pending_email = Some(PendingEmail {
            email: to,
            until: ticket.expires_at,
        });
        change.note(AuditNote::new(
            "client.emailChangeRequested",
            "client",
            &self.id,
        ));
        ticket
    }

    /// The address that waits to be proved at `now`.
    pub fn pending_email(&self, now: Time) -> Option<&Email> {
        let pending = self.pending_email.as_ref();
        let pending = pending.filter(|pending| now < pending.until);
        pending.map(|pending| &pending.email)
    }

    /// Keeps the address that is in use: the link that was mailed to another one
    /// does nothing any more.
    pub fn keep_email(&mut self, change: &mut Change<'_>) {
        if self.pending_email.take().is_some() {
            change.note(AuditNote::new(
                "client.emailChangeCancelled",
                "client",
                &self.id,
            ));
        }
    }

    /// Uses another address from now on, which is known to be its owner's, and
    /// against which this is known.
    pub fn change_email(&mut self, change: &mut Change<'_>, to: Email, mark: Option<&AddressMark>) {
        self.pending_email = None;
        let before = self.clone();
        self.email = to;
        if *self == before {
            return;
        }
        if self.email.key() != before.email.key() {
            self.is_address_proven = false;
            self.google_subject = None;
            self.know_address(mark);
        }
        self.updated_at = change.moment.now;
        let before_view = before.view(before.recorded_status());
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientUpdated, &before_view, view)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, PersonName};

    fn email(text: &str) -> Email {
        Email::parse("email", text).expect("an address")
    }

    fn client(change: &mut Change<'_>) -> Client {
        let name = PersonName::from_fields(Some("Ada"), Some("Lovelace"), None);
        let draft = ClientDraft::new(name.expect("a name"), email("ada@example.com"));
        Client::create(change.moment, change.moment.id(), draft, Actor::System)
    }

    #[test]
    fn a_google_account_is_joined_to_a_proven_address_alone_and_to_one_account() {
        let ids = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let mut change = Change::by_system(Moment::new(now, &ids));
        let mut ada = client(&mut change);
        assert_eq!(ada.enter_with_google("1"), Err(GoogleRefusal::Unproven));

        ada.note_proof();
        assert_eq!(ada.enter_with_google("1"), Ok(()));

        assert_eq!(ada.enter_with_google("1"), Ok(()));
        assert_eq!(ada.enter_with_google("2"), Err(GoogleRefusal::OtherAccount));
        // Another address is another question.
        ada.change_email(&mut change, email("ADA@example.com"), None);
        assert_eq!(ada.enter_with_google("1"), Ok(()));
        ada.change_email(&mut change, email("countess@example.com"), None);
        assert_eq!(ada.enter_with_google("1"), Err(GoogleRefusal::Unproven));
    }
}
