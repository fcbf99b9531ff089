//! Session tokens: opaque, random, stored as a hash.

use crate::{NoRandomness, Secret, random, sha256_hex};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

const PREFIX: &str = "ps_";

/// A session that was just begun: the client keeps the token, the table the hash.
#[derive(Debug)]
pub struct NewSession {
    /// What the client presents.
    pub token: Secret,
    /// What finds the session.
    pub hash: String,
}

/// Makes a session token of 256 random bits.
pub fn new_session() -> Result<NewSession, NoRandomness> {
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
    Ok(NewSession {
        hash: sha256_hex(token.as_bytes()),
        token: Secret::new(token),
    })
}

/// What finds the session of this token; `None` if it has not the form of one.
pub fn hash_session_token(token: &str) -> Option<String> {
    token
        .starts_with(PREFIX)
        .then(|| sha256_hex(token.as_bytes()))
}
