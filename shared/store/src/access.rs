//! API keys and sessions in the table.
//!
//! They are looked up before the tenant is known, so their keys do not begin
//! with one; they are what says which tenant a caller belongs to.

use crate::{
    Error, Index, Pattern, Store,
    item::{Attributes, expire_after, item},
};
use portico_domain::{ApiKey, ApiKeyId, Session};

pub(crate) const PATTERNS: &[Pattern] = &[KEY, KEYS, SESSION];

const KEY: Pattern = Pattern::new("this API key", Index::Table, "KEY#<key>", "KEY");
const KEYS: Pattern = Pattern::new(
    "API keys of a workspace",
    Index::Gsi1,
    "WS#<workspace>#KEY",
    "<key>",
);
const SESSION: Pattern = Pattern::new(
    "this session",
    Index::Table,
    "SESSION#<token hash>",
    "SESSION",
);

const API_KEY_ENTITY: &str = "apiKey";
const SESSION_ENTITY: &str = "session";

impl Store {
    /// Writes a key, or its revocation.
    pub async fn put_api_key(&self, key: &ApiKey) -> Result<(), Error> {
        let keys = [KEY.key(&[&key.id]), KEYS.key(&[&key.workspace_id, &key.id])];
        self.put(item(API_KEY_ENTITY, key, &keys)?).await
    }

    /// The key with this id, whoever's it is.
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        self.get(API_KEY_ENTITY, &KEY.key(&[&id])).await
    }

    /// The session whose token has this hash, whoever's it is.
    pub async fn session(&self, hash: &str) -> Result<Option<Session>, Error> {
        self.get(SESSION_ENTITY, &SESSION.key(&[&hash])).await
    }
}

pub(crate) fn session_item(session: &Session) -> Result<Attributes, Error> {
    let mut item = item(SESSION_ENTITY, session, &[SESSION.key(&[&session.hash])])?;
    expire_after(&mut item, session.expires_at);
    Ok(item)
}
