//! API keys in the table.
//!
//! They are looked up before the tenant is known, so their keys do not begin
//! with one; they are what says which tenant a caller belongs to.

use crate::{
    Error, Index, Named, Page, PageRequest, Pattern, ReadAhead, Store, WorkspaceStore,
    error::unless_condition_fails,
    internal_user,
    item::{Attributes, item, read},
    list::{Order, Question},
    pattern::Key,
    text, workspace,
};
use portico_domain::{
    ApiKey, ApiKeyId, InternalUser, InternalUserId, Time, Workspace, WorkspaceId,
};

pub(crate) const PATTERNS: &[Pattern] = &[KEY, KEYS];

const KEY: Pattern = Pattern::new("this API key", Index::Table, "KEY#<key>", "KEY");
const KEYS: Pattern = Pattern::new(
    "API keys of a workspace",
    Index::Gsi1,
    "WS#<workspace>#KEY",
    "<key>",
);

pub(crate) const API_KEY_ENTITY: &str = "apiKey";

/// The attribute that says when a key was last used.
pub(crate) const LAST_USED: &str = "lastUsedAt";

/// What the table knows of somebody who wants to be let in.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The workspace.
    pub workspace: Option<Workspace>,
    /// The internal user, removed or not.
    pub user: Option<InternalUser>,
    /// The key that was presented.
    pub key: Option<ApiKey>,
    /// What the route names, for whoever is let in.
    pub ahead: ReadAhead,
}

impl Store {
    /// The workspace, the internal user and, if one was presented, the key
    /// with these ids, and beside them what the route names, in one consistent
    /// read. The ids are what the caller claims: whoever asks must see to it that the key, or a signature, holds
    /// the same ones.
    pub async fn credentials(
        &self,
        workspace: WorkspaceId,
        user: InternalUserId,
        key: Option<ApiKeyId>,
        named: Option<Named>,
    ) -> Result<Credentials, Error> {
        let who = [
            Some(workspace::this_key(workspace)),
            Some(internal_user::this_key(workspace, user)),
            key.map(this_key),
        ];
        let named = named.map(|named| named.keys(workspace)).unwrap_or_default();
        // A key stands in a request once, though somebody looks at themselves.
        let mut keys: Vec<Key> = who.iter().flatten().cloned().collect();
        keys.extend(
            named
                .iter()
                .filter(|key| !who.contains(&Some((*key).clone())))
                .cloned(),
        );
        let items = self.get_many(keys).await?;
        let item = |key: &Key| items.iter().find(|item| key.is_of(item)).cloned();
        let [workspace, user, key] = who.map(|key| item(key.as_ref()?));
        Ok(Credentials {
            workspace: workspace
                .map(|item| read(workspace::ENTITY, item))
                .transpose()?,
            user: user
                .map(|item| read(internal_user::ENTITY, item))
                .transpose()?,
            key: key.map(|item| read(API_KEY_ENTITY, item)).transpose()?,
            ahead: ReadAhead::new(
                named
                    .into_iter()
                    .map(|key| {
                        let item = item(&key);
                        (key, item)
                    })
                    .collect(),
            ),
        })
    }

    /// Writes a key, or its revocation.
    pub async fn put_api_key(&self, key: &ApiKey) -> Result<(), Error> {
        self.put(api_key_item(key)?).await
    }

    /// The key with this id, whoever's it is.
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        self.get_for_admission(API_KEY_ENTITY, this_key(id)).await
    }

    /// Notes that a key was used. Of requests at the same time one notes it; a
    /// key that is changed at the same moment may forget it again.
    pub async fn note_use(&self, key: &ApiKey, now: Time) -> Result<(), Error> {
        let request = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(KEY.key(&[&key.id]).attributes()))
            .update_expression("SET #last = :now")
            .expression_attribute_names("#last", LAST_USED)
            .expression_attribute_values(":now", text(&now));
        let request = match key.last_used_at {
            None => {
                request.condition_expression("attribute_exists(pk) AND attribute_not_exists(#last)")
            }
            Some(last) => request
                .condition_expression("#last = :last")
                .expression_attribute_values(":last", text(&last)),
        };
        unless_condition_fails(request.send().await)?;
        Ok(())
    }
}

impl WorkspaceStore<'_> {
    /// The key with this id, unless it is another workspace's; revoked or not.
    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
        let key: Option<ApiKey> = self.fetch(API_KEY_ENTITY, &this_key(id)).await?;
        Ok(key.filter(|key| key.workspace_id == self.id))
    }

    /// Keys that are not revoked, oldest first.
    pub async fn api_keys(&self, page: &PageRequest) -> Result<Page<ApiKey>, Error> {
        let question = Question::new(KEYS.index, KEYS.partition(&[&self.id]), Order::OldestFirst);
        self.store.list(API_KEY_ENTITY, question, page).await
    }
}

pub(crate) fn this_key(id: ApiKeyId) -> Key {
    KEY.key(&[&id])
}

/// A revoked key is in no list, and stays to be refused.
pub(crate) fn api_key_item(key: &ApiKey) -> Result<Attributes, Error> {
    let mut keys = vec![KEY.key(&[&key.id])];
    if key.revoked_at.is_none() {
        keys.push(KEYS.key(&[&key.workspace_id, &key.id]));
    }
    item(API_KEY_ENTITY, key, &keys)
}
