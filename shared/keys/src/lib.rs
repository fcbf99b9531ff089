//! Keys, seals, hashes and tokens: everything that is secret.
//!
//! One root key of 32 bytes is all that an installation keeps; every other key
//! is derived from it (HKDF-SHA256, RFC 5869) under a name of its own, so no
//! two purposes share one. Whatever cannot be verified is answered with
//! `None`, never with a reason: a forger learns nothing.

mod access_token;
mod api_key;
mod form;
mod keyring;
mod link;
pub mod password;
mod secret;
mod session;

pub use access_token::{AccessToken, SignError, claimed_access_token};
pub use api_key::{NewApiKey, PresentedKey, new_api_key, parse_api_key};
pub use keyring::{Keyring, RootKey, RootKeyError};
pub use link::{InvitationLink, TicketLink};
pub use secret::Secret;
pub use session::{PresentedSession, new_session_seed, parse_session_token};

use aws_lc_rs::{
    constant_time, digest, rand,
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The system has no randomness to give; nothing safe can be made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("failed to read random bytes from the system")]
pub struct NoRandomness;

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    let source: &dyn rand::SecureRandom = &SystemRandom::new();
    SecureRandom::fill(source, &mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Whether two texts are the same; takes the same time wherever they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// SHA-256 in base64, as content security policies name what they allow.
pub fn sha256_base64(text: &str) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
