//! API keys: `pk_live_<id>_<secret>`.
//!
//! The fixed beginning lets secret scanners find a leaked key, the id finds
//! the key's item, and only a hash of the secret is stored. The secret has 256
//! random bits, so SHA-256 is enough; a slow hash would protect nothing more.

use crate::{NoRandomness, Secret, random, sha256_hex};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_domain::{ApiKey, ApiKeyId};

const PREFIX: &str = "pk_live_";

/// A key that was just made: the text is shown once, the hash is stored.
#[derive(Debug)]
pub struct NewApiKey {
    /// The whole key.
    pub text: Secret,
    /// What [`ApiKey::hash`] holds.
    pub hash: String,
}

/// A key as a caller presents it.
#[derive(Debug)]
pub struct PresentedKey {
    /// Which key it claims to be.
    pub id: ApiKeyId,
    secret: Secret,
}

/// Makes the secret of the key `id`.
pub fn new_api_key(id: ApiKeyId) -> Result<NewApiKey, NoRandomness> {
    let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
    Ok(NewApiKey {
        hash: sha256_hex(secret.as_bytes()),
        text: Secret::new(format!("{PREFIX}{}_{secret}", id.uuid().simple())),
    })
}

/// Reads a key; `None` if it has not the form of one.
pub fn parse_api_key(text: &str) -> Option<PresentedKey> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    Some(PresentedKey {
        id: id.parse().ok()?,
        secret: Secret::new(secret.to_owned()),
    })
}

impl PresentedKey {
    /// Whether it is this stored key; takes the same time whatever differs.
    pub fn is(&self, key: &ApiKey) -> bool {
        let hash = sha256_hex(self.secret.expose().as_bytes());
        let same = constant_time::verify_slices_are_equal(hash.as_bytes(), key.hash.as_bytes());
        self.id == key.id && same.is_ok()
    }
}
