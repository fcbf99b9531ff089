//! API keys and sessions in the table.
//!
//! They are looked up before the tenant is known, so their keys do not begin
//! with one; they are what says which tenant a caller belongs to.

use crate::{
    Error, Index, Pattern, Store, internal_user,
    item::{self, Attributes, expire_after, item, read},
    workspace,
};
use portico_domain::{
    ApiKey, ApiKeyId, InternalUser, InternalUserId, Session, Workspace, WorkspaceId,
};

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

/// What the table knows of somebody who wants to be let in.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The workspace.
    pub workspace: Option<Workspace>,
    /// The internal user, removed or not.
    pub user: Option<InternalUser>,
    /// The key that was presented.
    pub key: Option<ApiKey>,
}

impl Store {
    /// The workspace, the internal user and, if one was presented, the key
    /// with these ids, in one consistent read. The ids are what the caller
    /// claims: whoever asks must see to it that the key, or a signature, holds
    /// the same ones.
    pub async fn credentials(
        &self,
        workspace: WorkspaceId,
        user: InternalUserId,
        key: Option<ApiKeyId>,
    ) -> Result<Credentials, Error> {
        let mut keys = vec![
            workspace::this_key(workspace),
            internal_user::this_key(workspace, user),
        ];
        keys.extend(key.map(|id| KEY.key(&[&id])));
        let mut found = Credentials::default();
        for item in self.get_many(keys).await? {
            let entity = item.get(item::ENTITY).and_then(|entity| entity.as_s().ok());
            match entity.map(String::as_str) {
                Some(workspace::ENTITY) => {
                    found.workspace = Some(read(workspace::ENTITY, item)?);
                }
                Some(internal_user::ENTITY) => {
                    found.user = Some(read(internal_user::ENTITY, item)?);
                }
                _ => found.key = Some(read(API_KEY_ENTITY, item)?),
            }
        }
        Ok(found)
    }

    /// Writes a key, or its revocation.
    pub async fn put_api_key(&self, key: &ApiKey) -> Result<(), Error> {
        let keys = [KEY.key(&[&key.id]), KEYS.key(&[&key.workspace_id, &key.id])];
        self.put(item(API_KEY_ENTITY, key, &keys)?).await
    }

    /// The key with this id, whoever's it is.
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        self.get_for_admission(API_KEY_ENTITY, KEY.key(&[&id]))
            .await
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
