//! Keys, seals, hashes and tokens: everything that is secret.
//!
//! One root key of 32 bytes is all that an installation keeps; every other key
//! is derived from it (HKDF-SHA256, RFC 5869) under a name of its own, so no
//! two purposes share one. Whatever cannot be verified is answered with
//! `None`, never with a reason: a forger learns nothing.

mod api_key;
mod keyring;
mod link;
pub mod password;
mod secret;
mod session;

pub use api_key::{NewApiKey, PresentedKey, new_api_key, parse_api_key};
pub use keyring::{Keyring, RootKey, RootKeyError};
pub use link::{InvitationLink, TicketLink};
pub use secret::Secret;
pub use session::{NewSession, hash_session_token, new_session};

use aws_lc_rs::{
    digest, rand,
    rand::{SecureRandom, SystemRandom},
};

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

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
