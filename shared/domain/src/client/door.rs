//! How clients come in by themselves: signing up, and changing the address that
//! they sign in with.

use super::{Client, ClientDraft, CreationMethod};
use crate::{
    Account, Actor, Change, Email, EventType, Invitation, Moment, Ticket, TicketPurpose,
    WorkspaceId,
};

impl Client {
    /// A client who has signed up and proved its address. It is saved with
    /// [`Change::save_signed_up`].
    pub fn sign_up(moment: Moment<'_>, workspace_id: WorkspaceId, draft: ClientDraft) -> Self {
        let mut client = Self::create(moment, workspace_id, draft, Actor::System);
        client.created_by = Actor::Client { id: client.id };
        client.creation_method = CreationMethod::DirectSignUp;
        client
    }

    /// Activates a client whom the team has added, and who has proved its
    /// address by signing up. Its open invitation has nothing left to offer.
    pub fn prove_address(&mut self, change: &mut Change<'_>, open: Option<&Invitation>) {
        if let Some(open) = open {
            open.close(change, self);
        }
        self.activate(change);
    }

    /// Gives the client another address. Whoever can sign in has to prove it
    /// first. Whoever cannot has it at once, and a link that was mailed to the
    /// old address is dead, because it would let somebody else in. Answers with
    /// the invitation that is still open.
    pub fn readdress(
        &mut self,
        change: &mut Change<'_>,
        to: Email,
        open: Option<Invitation>,
    ) -> Option<Invitation> {
        if self.can_sign_in() {
            self.ask_to_change_email(change, to);
            return open;
        }
        if let Some(open) = &open {
            open.close(change, self);
        }
        self.change_email(change, to);
        None
    }

    /// Has a link mailed to a new address, which is kept from others until the
    /// link runs out. The old address stays in use until the link is used.
    pub fn ask_to_change_email(&self, change: &mut Change<'_>, to: Email) -> Ticket {
        let from = self.email.clone();
        let purpose = TicketPurpose::ChangeEmail {
            from,
            to: to.clone(),
        };
        let account = Account::Client { id: self.id };
        let ticket = Ticket::issue(change, self.workspace_id, account, purpose);
        if to.key() != self.email.key() {
            change.reservations.push(crate::EmailReservation {
                client_id: self.id,
                email: to,
                until: ticket.expires_at,
            });
        }
        ticket
    }

    /// Uses another address from now on, which is known to be its owner's.
    pub fn change_email(&mut self, change: &mut Change<'_>, to: Email) {
        let before = self.clone();
        self.email = to;
        if *self == before {
            return;
        }
        self.updated_at = change.moment.now;
        let before_view = before.view(before.recorded_status());
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::ClientUpdated, &before_view, view)
        });
    }
}
