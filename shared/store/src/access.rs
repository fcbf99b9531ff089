//! API keys in the table.
//!
//! They are looked up before the tenant is known, so their keys do not begin
//! with one; they are what says which tenant a caller belongs to.

use crate::{Error, Index, Pattern, Store, item::item};
use portico_domain::{ApiKey, ApiKeyId};

pub(crate) const PATTERNS: &[Pattern] = &[KEY, KEYS];

const KEY: Pattern = Pattern::new("this API key", Index::Table, "KEY#<key>", "KEY");
const KEYS: Pattern = Pattern::new(
    "API keys of a workspace",
    Index::Gsi1,
    "WS#<workspace>#KEY",
    "<key>",
);

const API_KEY_ENTITY: &str = "apiKey";

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
}
