//! Tokens of links: what a link is about, and a code (HMAC-SHA256) that only
//! this installation can make.
//!
//! A token is derived, so it need not be stored anywhere and a lost mail can be
//! written again. Whatever this installation did not make reads as `None`; the
//! comparison takes the same time wherever it fails.

use crate::{Keyring, Secret};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_domain::{InvitationId, TicketId, WorkspaceId};

/// What the token of an invitation's link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationLink {
    /// Whose invitation.
    pub workspace_id: WorkspaceId,
    /// Which one.
    pub invitation_id: InvitationId,
    /// Which of its links.
    pub generation: u32,
}

/// What the token of a ticket's link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketLink {
    /// Whose ticket.
    pub workspace_id: WorkspaceId,
    /// Which one.
    pub ticket_id: TicketId,
}

impl Keyring {
    /// The token of an invitation's link.
    pub fn invitation_token(&self, link: InvitationLink) -> Secret {
        sign(&self.invitation_links, &link.to_bytes())
    }

    /// Reads the token of an invitation's link.
    pub fn read_invitation_token(&self, token: &str) -> Option<InvitationLink> {
        verify(&self.invitation_links, token).map(InvitationLink::from_bytes)
    }

    /// The token of a ticket's link.
    pub fn ticket_token(&self, link: TicketLink) -> Secret {
        sign(&self.ticket_links, &link.to_bytes())
    }

    /// Reads the token of a ticket's link.
    pub fn read_ticket_token(&self, token: &str) -> Option<TicketLink> {
        verify(&self.ticket_links, token).map(TicketLink::from_bytes)
    }
}

fn sign(key: &hmac::Key, link: &[u8]) -> Secret {
    let mut token = link.to_vec();
    token.extend_from_slice(hmac::sign(key, link).as_ref());
    Secret::new(URL_SAFE_NO_PAD.encode(token))
}

fn verify<const N: usize>(key: &hmac::Key, token: &str) -> Option<[u8; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (link, tag) = bytes.split_first_chunk::<N>()?;
    hmac::verify(key, link, tag).ok()?;
    Some(*link)
}

/// The part of `bytes` that begins at `start`; callers know that there are
/// enough.
fn part<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[start..start + N]);
    part
}

impl InvitationLink {
    const LENGTH: usize = 16 + 16 + 4;

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..16].copy_from_slice(self.workspace_id.uuid().as_bytes());
        bytes[16..32].copy_from_slice(self.invitation_id.uuid().as_bytes());
        bytes[32..].copy_from_slice(&self.generation.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self {
            workspace_id: WorkspaceId::from_bytes(part(&bytes, 0)),
            invitation_id: InvitationId::from_bytes(part(&bytes, 16)),
            generation: u32::from_be_bytes(part(&bytes, 32)),
        }
    }
}

impl TicketLink {
    const LENGTH: usize = 16 + 16;

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..16].copy_from_slice(self.workspace_id.uuid().as_bytes());
        bytes[16..].copy_from_slice(self.ticket_id.uuid().as_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self {
            workspace_id: WorkspaceId::from_bytes(part(&bytes, 0)),
            ticket_id: TicketId::from_bytes(part(&bytes, 16)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RootKey;
    use portico_domain::{IdSource, Time};
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        let root = RootKey::generate().expect("randomness");
        Keyring::new(&root).expect("a root key is always good")
    }

    fn link() -> InvitationLink {
        let (ids, now) = (IdSource::new(), Time::from_unix_millis(0));
        InvitationLink {
            workspace_id: ids.next(now),
            invitation_id: ids.next(now),
            generation: 3,
        }
    }

    fn ticket() -> TicketLink {
        let (ids, now) = (IdSource::new(), Time::from_unix_millis(0));
        TicketLink {
            workspace_id: ids.next(now),
            ticket_id: ids.next(now),
        }
    }

    #[test]
    fn a_token_says_what_its_link_is() {
        let (keyring, link, ticket) = (keyring(), link(), ticket());

        let token = keyring.invitation_token(link);
        let other = keyring.ticket_token(ticket);

        assert_eq!(keyring.read_invitation_token(token.expose()), Some(link));
        assert_eq!(keyring.read_ticket_token(other.expose()), Some(ticket));
    }

    #[test]
    fn a_token_of_one_kind_is_none_of_the_other() {
        let (keyring, link, ticket) = (keyring(), link(), ticket());

        let token = keyring.invitation_token(link);
        let other = keyring.ticket_token(ticket);

        assert_eq!(keyring.read_ticket_token(token.expose()), None);
        assert_eq!(keyring.read_invitation_token(other.expose()), None);
    }

    #[test]
    fn a_token_of_another_installation_is_not_read() {
        let link = link();
        let foreign = keyring().invitation_token(link);

        assert_eq!(keyring().read_invitation_token(foreign.expose()), None);
    }

    proptest! {
        /// Whatever one character is changed to, left out or put in: what is
        /// not the token to the letter is no token.
        #[test]
        fn a_token_that_differs_in_one_character_is_not_read(
            place in 0_usize..91,
            change in prop_oneof![
                any::<char>().prop_map(|c| (1, c.to_string())),
                "[A-Za-z0-9_=+/-]".prop_map(|c| (1, c)),
                Just((1, String::new())),
                any::<char>().prop_map(|c| (0, c.to_string())),
            ],
        ) {
            let keyring = keyring();
            let token = keyring.invitation_token(link()).expose().to_owned();
            let place = place.min(token.len() - 1);
            let (width, put) = change;
            let changed = format!("{}{put}{}", &token[..place], &token[place + width..]);

            let read = keyring.read_invitation_token(&changed);

            prop_assert_eq!(read.is_some(), changed == token);
        }

        /// No text that somebody makes up is a token, and none makes the reader
        /// panic.
        #[test]
        fn what_was_not_signed_is_not_read(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let keyring = keyring();
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                prop_assert_eq!(keyring.read_invitation_token(&text), None);
                prop_assert_eq!(keyring.read_ticket_token(&text), None);
            }
        }
    }
}
