//! API keys: `pk_live_<id>_<secret>`.
//!
//! The fixed beginning lets secret scanners find a leaked key. The id says
//! where the key's item, its owner's and its workspace's are, so that all are
//! read at once. Only a hash of the secret is stored. The secret has 256
//! random bits, so SHA-256 is enough; a slow hash would protect nothing more.
//!
//! The id of an older key is that of its item alone.

use crate::{NoRandomness, Secret, random, sha256_hex};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_domain::{ApiKey, ApiKeyId, Id, InternalUserId, WorkspaceId};

const PREFIX: &str = "pk_live_";

/// Three ids of 16 bytes in base64. An older id has 32 characters.
const ID_LENGTH: usize = 64;
const SECRET_LENGTH: usize = 43;

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
    /// Whose key it claims to be; an older one does not say.
    pub holder: Option<(WorkspaceId, InternalUserId)>,
    secret: Secret,
}

/// Makes the secret of the key `id` of this internal user.
pub fn new_api_key(
    workspace: WorkspaceId,
    owner: InternalUserId,
    id: ApiKeyId,
) -> Result<NewApiKey, NoRandomness> {
    let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let ids = [
        workspace.uuid().into_bytes(),
        owner.uuid().into_bytes(),
        id.uuid().into_bytes(),
    ];
    let id = URL_SAFE_NO_PAD.encode(ids.concat());
    Ok(NewApiKey {
        hash: sha256_hex(secret.as_bytes()),
        text: Secret::new(format!("{PREFIX}{id}_{secret}")),
    })
}

/// Reads a key; `None` if it has not the form of one.
pub fn parse_api_key(text: &str) -> Option<PresentedKey> {
    let text = text.strip_prefix(PREFIX)?;
    if text.len() != ID_LENGTH + 1 + SECRET_LENGTH {
        let (id, secret) = text.split_once('_')?;
        return Some(PresentedKey {
            id: id.parse().ok()?,
            holder: None,
            secret: Secret::new(secret.to_owned()),
        });
    }
    let (ids, secret) = text.split_at_checked(ID_LENGTH)?;
    let ids = URL_SAFE_NO_PAD.decode(ids).ok()?;
    let (workspace, rest) = ids.split_first_chunk()?;
    let (owner, rest) = rest.split_first_chunk()?;
    Some(PresentedKey {
        id: Id::from_bytes(rest.try_into().ok()?),
        holder: Some((Id::from_bytes(*workspace), Id::from_bytes(*owner))),
        secret: Secret::new(secret.strip_prefix('_')?.to_owned()),
    })
}

impl PresentedKey {
    /// Whether it is this stored key; takes the same time whatever differs.
    pub fn is(&self, key: &ApiKey) -> bool {
        let hash = sha256_hex(self.secret.expose().as_bytes());
        let same = constant_time::verify_slices_are_equal(hash.as_bytes(), key.hash.as_bytes());
        let is_held = self
            .holder
            .is_none_or(|holder| holder == (key.workspace_id, key.owner));
        self.id == key.id && is_held && same.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_domain::{IdSource, Time};

    fn made() -> (ApiKey, String) {
        let ids = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let (workspace, owner, id) = (ids.next(now), ids.next(now), ids.next(now));
        let new = new_api_key(workspace, owner, id).expect("there is randomness");
        let key = ApiKey::new(id, workspace, owner, new.hash, now);
        (key, new.text.expose().to_owned())
    }

    #[test]
    fn a_key_says_where_it_is_and_whose_it_is() {
        let (key, text) = made();

        let presented = parse_api_key(&text).expect("it has the form of one");

        assert_eq!(presented.holder, Some((key.workspace_id, key.owner)));
        assert!(presented.is(&key));
    }

    #[test]
    fn a_key_that_names_another_holder_is_not_the_key() {
        let ((key, text), (_, other)) = (made(), made());
        let (_, secret) = text.split_at(PREFIX.len() + ID_LENGTH);
        let forged = format!("{}{secret}", &other[..PREFIX.len() + ID_LENGTH]);

        assert!(!parse_api_key(&forged).is_some_and(|presented| presented.is(&key)));
    }

    #[test]
    fn an_older_key_is_known_by_its_id_alone() {
        let (key, text) = made();
        let (_, secret) = text.split_at(PREFIX.len() + ID_LENGTH + 1);
        let older = format!("{PREFIX}{}_{secret}", key.id.uuid().simple());

        let presented = parse_api_key(&older).expect("it has the form of one");

        assert_eq!(presented.holder, None);
        assert!(presented.is(&key));
    }

    #[test]
    fn what_has_not_the_form_of_a_key_is_none() {
        let (_, text) = made();
        let split = "ä".repeat((ID_LENGTH + 1 + SECRET_LENGTH) / 2);
        let cut = &text[..text.len() - 1];
        let moved = text.replacen('_', "-", 3);
        for text in [
            "",
            PREFIX,
            "pk_live_x_y",
            cut,
            &moved,
            &format!("{PREFIX}{split}"),
        ] {
            assert!(parse_api_key(text).is_none(), "{text}");
        }
    }
}
