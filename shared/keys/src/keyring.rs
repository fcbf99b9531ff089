//! The keys derived from an installation's root key, and what they are for.

use crate::{NoRandomness, Secret, random};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, RandomizedNonceKey},
    hkdf, hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_domain::{InvitationId, WorkspaceId};
use std::fmt;
use zeroize::Zeroizing;

/// The one key that an installation keeps.
pub struct RootKey(Zeroizing<[u8; 32]>);

/// A text is not a root key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a root key is 64 hexadecimal digits")]
pub struct RootKeyError;

impl RootKey {
    /// A new root key.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// Reads a key of 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, RootKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice()).map_err(|_| RootKeyError)?;
        Ok(Self(key))
    }

    /// The key as 64 hexadecimal digits, to be kept in a safe place.
    pub fn to_text(&self) -> Secret {
        Secret::new(hex::encode(self.0.as_slice()))
    }
}

/// Everything that is derived from the root key.
pub struct Keyring {
    pseudo_random: hkdf::Prk,
    invitation_links: hmac::Key,
    pub(crate) sessions: hmac::Key,
    pub(crate) forms: hmac::Key,
    pub(crate) fingerprints: hmac::Key,
    seals: RandomizedNonceKey,
    page_tokens: RandomizedNonceKey,
}

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

impl Keyring {
    /// Derives every key.
    pub fn new(root: &RootKey) -> Result<Self, RootKeyError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portico").extract(root.0.as_slice());
        let aead = |purpose: &[u8]| {
            let key = derive(&root, purpose)?;
            RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| RootKeyError)
        };
        let hmac = |purpose: &[u8]| {
            let key = derive(&root, purpose)?;
            Ok(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
        };
        Ok(Self {
            invitation_links: hmac(b"invitation links v1")?,
            sessions: hmac(b"session tokens v1")?,
            forms: hmac(b"form tokens v1")?,
            fingerprints: hmac(b"fingerprints v1")?,
            seals: aead(b"sealed secrets v1")?,
            page_tokens: aead(b"page tokens v1")?,
            pseudo_random: root,
        })
    }

    /// One more key, for a purpose of which there can be many.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, RootKeyError> {
        derive(&self.pseudo_random, purpose)
    }

    /// The token of an invitation's link. It is derived, so it need not be
    /// stored anywhere and a lost mail can be written again.
    pub fn invitation_token(&self, link: InvitationLink) -> Secret {
        let mut token = link.to_bytes().to_vec();
        token.extend_from_slice(hmac::sign(&self.invitation_links, &link.to_bytes()).as_ref());
        Secret::new(URL_SAFE_NO_PAD.encode(token))
    }

    /// Reads the token of a link; `None` unless this keyring made it. The
    /// comparison takes the same time wherever it fails.
    pub fn read_invitation_token(&self, token: &str) -> Option<InvitationLink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (link, tag) = bytes.split_at_checked(InvitationLink::LENGTH)?;
        hmac::verify(&self.invitation_links, link, tag).ok()?;
        InvitationLink::from_bytes(link)
    }

    /// Seals a secret for storage; it opens only in the same `context`, such
    /// as the id of the thing that it belongs to.
    pub fn seal(&self, context: &str, secret: &Secret) -> Result<String, NoRandomness> {
        encrypt(&self.seals, context, secret.expose().as_bytes())
    }

    /// Opens what [`Keyring::seal`] sealed in the same context.
    pub fn open(&self, context: &str, sealed: &str) -> Option<Secret> {
        let bytes = decrypt(&self.seals, context, sealed)?;
        String::from_utf8(bytes).ok().map(Secret::new)
    }

    /// Encrypts where a list goes on, for the same `context` alone: the
    /// tenant and the query.
    pub fn page_token(&self, context: &str, position: &[u8]) -> Result<String, NoRandomness> {
        encrypt(&self.page_tokens, context, position)
    }

    /// Reads what [`Keyring::page_token`] made for the same context.
    pub fn read_page_token(&self, context: &str, token: &str) -> Option<Vec<u8>> {
        decrypt(&self.page_tokens, context, token)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(…)")
    }
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

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (workspace, rest) = bytes.split_first_chunk::<16>()?;
        let (invitation, generation) = rest.split_first_chunk::<16>()?;
        Some(Self {
            workspace_id: WorkspaceId::from_bytes(*workspace),
            invitation_id: InvitationId::from_bytes(*invitation),
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}

fn derive(root: &hkdf::Prk, purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, RootKeyError> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| RootKeyError)?;
    Ok(key)
}

fn encrypt(key: &RandomizedNonceKey, context: &str, text: &[u8]) -> Result<String, NoRandomness> {
    let mut sealed = text.to_vec();
    let nonce = key
        .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed)
        .map_err(|_| NoRandomness)?;
    let mut whole = nonce.as_ref().to_vec();
    whole.append(&mut sealed);
    Ok(URL_SAFE_NO_PAD.encode(whole))
}

fn decrypt(key: &RandomizedNonceKey, context: &str, sealed: &str) -> Option<Vec<u8>> {
    let mut whole = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = whole.split_first_chunk_mut::<12>()?;
    let nonce = (&*nonce).into();
    let text = key
        .open_in_place(nonce, Aad::from(context.as_bytes()), sealed)
        .ok()?;
    Some(text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_domain::{IdSource, Time};

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

    #[test]
    fn a_token_says_what_its_link_is() {
        let (keyring, link) = (keyring(), link());

        let token = keyring.invitation_token(link);

        assert_eq!(keyring.read_invitation_token(token.expose()), Some(link));
    }

    #[test]
    fn no_other_token_is_read() {
        let (keyring, link) = (keyring(), link());
        let token = keyring.invitation_token(link).expose().to_owned();
        let foreign = self::keyring().invitation_token(link).expose().to_owned();
        let mut newer = URL_SAFE_NO_PAD.decode(&token).expect("base64");
        newer[35] += 1;

        for text in [
            "",
            "x",
            &token[1..],
            &token[..token.len() - 2],
            &foreign,
            &URL_SAFE_NO_PAD.encode(newer),
        ] {
            assert_eq!(keyring.read_invitation_token(text), None, "{text}");
        }
    }

    #[test]
    fn a_seal_opens_only_in_its_context() {
        let keyring = keyring();
        let sealed = keyring
            .seal("endpoint 1", &Secret::new("whsec_1".into()))
            .expect("randomness");

        let opened = keyring.open("endpoint 1", &sealed);

        assert_eq!(opened.as_ref().map(Secret::expose), Some("whsec_1"));
        assert!(keyring.open("endpoint 2", &sealed).is_none());
        assert!(keyring.read_page_token("endpoint 1", &sealed).is_none());
    }
}
