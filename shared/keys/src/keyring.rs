//! The keys derived from an installation's root key, and what they are for.

use crate::{NoRandomness, Secret, random};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, RandomizedNonceKey},
    hkdf, hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
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
    pub(crate) invitation_links: hmac::Key,
    pub(crate) ticket_links: hmac::Key,
    pub(crate) sessions: hmac::Key,
    pub(crate) forms: hmac::Key,
    fingerprints: hmac::Key,
    seals: RandomizedNonceKey,
    page_tokens: RandomizedNonceKey,
}

impl Keyring {
    /// Derives every key.
    pub fn new(root: &RootKey) -> Result<Self, RootKeyError> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portico").extract(root.0.as_slice());
        let aead = |purpose: &[u8]| {
            let key = derive(&root, purpose)?;
            RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| RootKeyError)
        };
        let mac = |purpose: &[u8]| {
            let key = derive(&root, purpose)?;
            Ok(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
        };
        Ok(Self {
            invitation_links: mac(b"invitation links v1")?,
            ticket_links: mac(b"ticket links v1")?,
            seals: aead(b"sealed secrets v1")?,
            page_tokens: aead(b"page tokens v1")?,
            sessions: mac(b"session tokens v1")?,
            forms: mac(b"form tokens v1")?,
            fingerprints: mac(b"fingerprints v1")?,
            pseudo_random: root,
        })
    }

    /// One more key, for a purpose of which there can be many.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, RootKeyError> {
        derive(&self.pseudo_random, purpose)
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

    /// Recognizes a text again without keeping it, in hexadecimal. Nobody who
    /// lacks the root key can try out which text it was. The parts are kept
    /// apart, so `ab`, `c` is another text than `a`, `bc`.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> String {
        let mut context = hmac::Context::with_key(&self.fingerprints);
        for part in parts {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        hex::encode(context.sign())
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
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        let root = RootKey::generate().expect("randomness");
        Keyring::new(&root).expect("a root key is always good")
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

    proptest! {
        /// Whatever one character is changed to, left out or put in: what is
        /// not the seal to the letter does not open.
        #[test]
        fn a_seal_that_differs_in_one_character_does_not_open(
            secret in ".{0,60}",
            place in any::<prop::sample::Index>(),
            letter in prop_oneof![any::<char>().prop_map(|c| c.to_string()), "[A-Za-z0-9_=+/-]?"],
            is_replaced in any::<bool>(),
        ) {
            let keyring = keyring();
            let sealed = keyring
                .seal("a cookie", &Secret::new(secret))
                .expect("randomness");
            let (head, tail) = sealed.split_at(place.index(sealed.len()));
            let changed = format!("{head}{letter}{}", &tail[usize::from(is_replaced)..]);

            let opened = keyring.open("a cookie", &changed);

            prop_assert_eq!(opened.is_some(), changed == sealed);
        }

        /// No text that somebody makes up opens, and none makes it panic.
        #[test]
        fn what_was_not_sealed_does_not_open(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let keyring = keyring();
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                prop_assert!(keyring.open("a cookie", &text).is_none());
                prop_assert!(keyring.read_page_token("a cookie", &text).is_none());
            }
        }
    }

    #[test]
    fn a_fingerprint_tells_texts_apart_and_keyrings_too() {
        let keyring = keyring();
        let of = |parts: &[&[u8]]| keyring.fingerprint(parts);

        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"ab"]), self::keyring().fingerprint(&[b"ab"]));
    }
}
