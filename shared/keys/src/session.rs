//! Session tokens: what a browser's cookie and a program's refresh token are.
//!
//! A token names its session and one of its generations, and proves with 256
//! bits that it was given out. The proof is derived from a key of this
//! installation and a random seed in the session's item, so neither the table
//! alone nor the root key alone makes a token; no token is stored, not even as
//! a hash; and the successor of a token can be given out once more if the
//! first answer was lost.

use crate::{Keyring, NoRandomness, Secret, random};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_domain::{Account, ClientId, Holder, InternalUserId, Session, SessionId, WorkspaceId};

const PREFIX: &str = "ps_";
const NAMES: usize = 1 + 16 + 16 + 16 + 4;

/// A session token that somebody presents. What it says is not to be believed
/// before [`Keyring::is_session_token`] has compared it with the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedSession {
    /// Whose session it is.
    pub account: Account,
    /// The workspace that it reaches.
    pub workspace_id: WorkspaceId,
    /// The session.
    pub session_id: SessionId,
    /// Which of its tokens.
    pub generation: u32,
    proof: Vec<u8>,
}

impl Keyring {
    /// The valid token of a session.
    pub fn session_token(&self, session: &Session) -> Secret {
        let mut token = names(session, session.generation).to_vec();
        token.extend_from_slice(self.prove(session, session.generation).as_ref());
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(token)))
    }

    /// Whether a token was given out for this session; takes the same time
    /// wherever they differ. An old generation is one that was.
    pub fn is_session_token(&self, presented: &PresentedSession, session: &Session) -> bool {
        let proof = message(session, presented.generation);
        let is_its = presented.session_id == session.id
            && presented.account == session.account
            && presented.workspace_id == session.workspace_id;
        is_its && hmac::verify(&self.sessions, &proof, &presented.proof).is_ok()
    }

    fn prove(&self, session: &Session, generation: u32) -> hmac::Tag {
        hmac::sign(&self.sessions, &message(session, generation))
    }
}

/// What the tokens of a new session are derived from, beside our own key: 256
/// random bits in hexadecimal.
pub fn new_session_seed() -> Result<String, NoRandomness> {
    Ok(hex::encode(random::<32>()?))
}

/// Reads a token; `None` if it has not the form of one.
pub fn parse_session_token(text: &str) -> Option<PresentedSession> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    let (names, proof) = bytes.split_at_checked(NAMES)?;
    let (kind, rest) = names.split_first()?;
    let (workspace, rest) = rest.split_first_chunk::<16>()?;
    let (account, rest) = rest.split_first_chunk::<16>()?;
    let (session, generation) = rest.split_first_chunk::<16>()?;
    let account = match kind {
        0 => Account::Client {
            id: ClientId::from_bytes(*account),
        },
        1 => Account::InternalUser {
            id: InternalUserId::from_bytes(*account),
        },
        _ => return None,
    };
    Some(PresentedSession {
        account,
        workspace_id: WorkspaceId::from_bytes(*workspace),
        session_id: SessionId::from_bytes(*session),
        generation: u32::from_be_bytes(generation.try_into().ok()?),
        proof: (proof.len() == 32).then(|| proof.to_vec())?,
    })
}

fn names(session: &Session, generation: u32) -> [u8; NAMES] {
    let mut names = [0; NAMES];
    names[0] = match session.account {
        Account::Client { .. } => 0,
        Account::InternalUser { .. } => 1,
    };
    names[1..17].copy_from_slice(session.workspace_id.uuid().as_bytes());
    names[17..33].copy_from_slice(session.account.uuid().as_bytes());
    names[33..49].copy_from_slice(session.id.uuid().as_bytes());
    names[49..].copy_from_slice(&generation.to_be_bytes());
    names
}

/// What is proved: the names, the seed, and that a cookie is no refresh token.
fn message(session: &Session, generation: u32) -> Vec<u8> {
    let mut message = names(session, generation).to_vec();
    message.push(match session.holder {
        Holder::Browser => b'b',
        Holder::Program => b'p',
    });
    message.extend_from_slice(session.seed.as_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RootKey;
    use portico_domain::{IdSource, SessionDraft, SessionLimits, SignInMethod, Time};
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        let root = RootKey::generate().expect("randomness");
        Keyring::new(&root).expect("a root key is always good")
    }

    fn session(holder: Holder) -> Session {
        let (ids, now) = (IdSource::new(), Time::from_unix_millis(0));
        let draft = SessionDraft {
            workspace_id: ids.next(now),
            account: Account::Client { id: ids.next(now) },
            epoch: 0,
            holder,
            method: SignInMethod::Password,
            limits: SessionLimits::CLIENT,
            seed: new_session_seed().expect("randomness"),
            user_agent: None,
        };
        Session::begin(ids.next(now), draft, now)
    }

    #[test]
    fn a_token_belongs_to_its_session_alone() {
        let (keyring, one, two) = (
            keyring(),
            session(Holder::Program),
            session(Holder::Program),
        );
        let token = keyring.session_token(&one);
        let presented = parse_session_token(token.expose()).expect("a token");

        assert!(keyring.is_session_token(&presented, &one));
        assert!(!keyring.is_session_token(&presented, &two));
        assert!(
            !self::keyring().is_session_token(&presented, &one),
            "another installation"
        );
        let as_browser = Session {
            holder: Holder::Browser,
            ..one.clone()
        };
        assert!(
            !keyring.is_session_token(&presented, &as_browser),
            "another holder"
        );
        let other_seed = Session {
            seed: two.seed,
            ..one
        };
        assert!(
            !keyring.is_session_token(&presented, &other_seed),
            "another seed"
        );
    }

    proptest! {
        #[test]
        fn no_text_but_a_whole_token_is_read(text in "(ps_)?[A-Za-z0-9_-]{0,140}") {
            if let Some(presented) = parse_session_token(&text) {
                prop_assert!(!keyring().is_session_token(&presented, &session(Holder::Program)));
            }
        }

        #[test]
        fn any_changed_byte_makes_a_token_worthless(place in 0_usize..85, bit in 0_u8..8) {
            let (keyring, session) = (keyring(), session(Holder::Browser));
            let token = keyring.session_token(&session);
            let mut bytes = URL_SAFE_NO_PAD.decode(&token.expose()[3..]).expect("base64");
            prop_assert_eq!(bytes.len(), 85);
            bytes[place] ^= 1 << bit;
            let forged = format!("ps_{}", URL_SAFE_NO_PAD.encode(bytes));
            let is_good = parse_session_token(&forged)
                .is_some_and(|presented| keyring.is_session_token(&presented, &session));
            prop_assert!(!is_good);
        }
    }
}
