//! Requests that were answered, by their idempotency keys.
//!
//! A record is written in the same transaction as the change that the request
//! asked for, under the condition that there is none: of two requests with one
//! key, one changes something.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, expire_after, item},
};
use portico_domain::{Time, WorkspaceId};
use serde::{Deserialize, Serialize};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "the answer to the request with this idempotency key",
    Index::Table,
    "WS#<workspace>#IK#<caller>#<key hash>",
    "ANSWER",
);

const ENTITY: &str = "answer";

/// The answer to a request with an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// Whose key it is: callers cannot meet each other's.
    pub caller: String,
    /// A hash of the key.
    pub key_hash: String,
    /// A hash of the request.
    pub request_hash: String,
    /// The answer, sealed: it may hold a secret that is shown once.
    pub sealed: String,
    /// Until when the request is not done again. The table deletes late, so
    /// reads and writes check it.
    pub expires_at: Time,
}

impl WorkspaceStore<'_> {
    /// The answer to this caller's request with this key, unless it has
    /// expired at `now`.
    pub async fn answered(
        &self,
        caller: &str,
        key_hash: &str,
        now: Time,
    ) -> Result<Option<Answered>, Error> {
        let key = THIS.key(&[&self.id, &caller, &key_hash]);
        let found: Option<Answered> = self.store.get_for_admission(ENTITY, key).await?;
        Ok(found.filter(|answered| now < answered.expires_at))
    }
}

pub(crate) fn answered_item(
    workspace: WorkspaceId,
    answered: &Answered,
) -> Result<Attributes, Error> {
    let key = THIS.key(&[&workspace, &answered.caller, &answered.key_hash]);
    let mut item = item(ENTITY, answered, &[key])?;
    expire_after(&mut item, answered.expires_at);
    Ok(item)
}
