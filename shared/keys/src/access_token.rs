//! Access tokens: JSON Web Tokens (RFC 7519), signed with Ed25519 (RFC 8037).
//!
//! A token names an account, its session and its epoch. It saves the table
//! from strangers; who is still in is read from the table on every request.
//! Whoever is handed one can verify it with the published keys (RFC 7517).

use crate::{Keyring, Secret};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, dangerous::insecure_decode_claims,
    decode, decode_header, encode,
};
use portico_domain::{
    ACCESS_TOKEN_LIFETIME, Account, ClientId, InternalUserId, Session, SessionId, SigningKeys,
    Time, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// What a verified access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Who is signed in.
    pub account: Account,
    /// The only workspace that the account reaches.
    pub workspace_id: WorkspaceId,
    /// The session that it was given out for.
    pub session_id: SessionId,
    /// The account's epoch then.
    pub epoch: u32,
}

/// An access token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The derived key was refused.
    #[error("failed to make a signing key")]
    Key,
    /// The token could not be written.
    #[error("failed to sign an access token")]
    Token(#[source] jsonwebtoken::errors::Error),
}

/// The audiences: a client's token says nothing to what team members use.
const CLIENTS: &str = "portal";
const TEAM: &str = "team";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The workspace.
    wid: WorkspaceId,
    sid: SessionId,
    epoch: u32,
    iat: i64,
    exp: i64,
}

impl AccessToken {
    fn of(claims: &Claims) -> Option<Self> {
        let account = match claims.aud.as_str() {
            CLIENTS => Account::Client {
                id: claims.sub.parse::<ClientId>().ok()?,
            },
            TEAM => Account::InternalUser {
                id: claims.sub.parse::<InternalUserId>().ok()?,
            },
            _ => return None,
        };
        Some(Self {
            account,
            workspace_id: claims.wid,
            session_id: claims.sid,
            epoch: claims.epoch,
        })
    }
}

impl Keyring {
    /// The access token of a session, good for ten minutes from `now`.
    pub fn access_token(
        &self,
        keys: &SigningKeys,
        issuer: &str,
        session: &Session,
        now: Time,
    ) -> Result<Secret, SignError> {
        let number = keys.signer(now);
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(number.to_string());
        let claims = Claims {
            iss: issuer.to_owned(),
            aud: audience(session.account).to_owned(),
            sub: session.account.uuid().to_string(),
            wid: session.workspace_id,
            sid: session.id,
            epoch: session.epoch,
            iat: now.unix_seconds(),
            exp: (now + ACCESS_TOKEN_LIFETIME).unix_seconds(),
        };
        let der = pkcs8(&*self.signing_seed(number)?);
        let key = EncodingKey::from_ed_der(&der);
        let token = encode(&header, &claims, &key).map_err(SignError::Token)?;
        Ok(Secret::new(token))
    }

    /// Reads an access token; `None` unless one of the published keys signed
    /// it, for this installation, and its time is not over.
    pub fn read_access_token(
        &self,
        keys: &SigningKeys,
        issuer: &str,
        token: &str,
        now: Time,
    ) -> Option<AccessToken> {
        let number = decode_header(token).ok()?.kid?.parse().ok()?;
        if !keys.verifies(number, now) {
            return None;
        }
        let public = self.public_key(number).ok()?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[CLIENTS, TEAM]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The clock is an argument here; see below.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &DecodingKey::from_ed_der(&public), &validation)
            .ok()?
            .claims;
        if claims.exp <= now.unix_seconds() {
            return None;
        }
        AccessToken::of(&claims)
    }

    /// The published keys as a JSON Web Key Set.
    pub fn key_set(&self, keys: &SigningKeys, now: Time) -> Result<Value, SignError> {
        let keys: Result<Vec<Value>, SignError> = keys
            .published(now)
            .map(|number| {
                let public = URL_SAFE_NO_PAD.encode(self.public_key(number)?);
                Ok(json!({
                    "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
                    "kid": number.to_string(), "x": public,
                }))
            })
            .collect();
        Ok(json!({ "keys": keys? }))
    }

    fn public_key(&self, number: u32) -> Result<Vec<u8>, SignError> {
        let seed = self.signing_seed(number)?;
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| SignError::Key)?;
        Ok(pair.public_key().as_ref().to_vec())
    }

    fn signing_seed(&self, number: u32) -> Result<Zeroizing<[u8; 32]>, SignError> {
        let purpose = format!("access tokens v1, key {number}");
        self.derive(purpose.as_bytes()).map_err(|_| SignError::Key)
    }
}

/// What a token claims, whoever wrote it: which items to read before it can be
/// checked.
pub fn claimed_access_token(token: &str) -> Option<AccessToken> {
    let claims = insecure_decode_claims::<Claims>(token).ok()?;
    AccessToken::of(&claims)
}

fn audience(account: Account) -> &'static str {
    match account {
        Account::Client { .. } => CLIENTS,
        Account::InternalUser { .. } => TEAM,
    }
}

/// An Ed25519 key in the form of RFC 8410, section 7: a fixed head and the seed.
fn pkcs8(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const HEAD: [u8; 16] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    Zeroizing::new([HEAD.as_slice(), seed.as_slice()].concat())
}

#[cfg(test)]
mod tests;
