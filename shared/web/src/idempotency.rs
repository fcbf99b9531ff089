//! `Idempotency-Key`: a request that is sent again is answered again, and not
//! done again.
//!
//! The answer is written in the transaction of the change that it tells of, so
//! there is never one without the other. A request that is refused or fails
//! changes nothing and leaves nothing: sent again, it is tried again. Of two at
//! the same time one is done; the other learns that its key is in use and,
//! sent once more, gets the first one's answer.

use crate::{Problem, Request, Response};
use portico_app::App;
use portico_domain::{Invalid, Time};
use portico_keys::Secret;
use portico_store::{Answered, WorkspaceStore};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The request header.
pub(crate) const HEADER: &str = "idempotency-key";
/// The header that tells an answer that was given before.
const REPLAYED: &str = "idempotent-replayed";

/// For how long an answer is kept.
const LIFETIME: Duration = Duration::from_hours(24);
/// How many characters a key has at most.
pub(crate) const MAX_KEY: usize = 255;
/// The longest sealed answer that is kept: an item of the table has 400 KB.
const MAX_SEALED: usize = 350 * 1024;

/// The idempotency key of a request.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey {
    caller: String,
    key_hash: String,
    request_hash: String,
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl IdempotencyKey {
    /// The key of a `POST`, if it has one; `caller` keeps one caller's keys
    /// from those of others.
    pub(crate) fn of(app: &App, request: &Request, caller: &str) -> Result<Option<Self>, Problem> {
        let Some(key) = request.header(HEADER) else {
            return Ok(None);
        };
        if request.method != "POST" {
            return Ok(None);
        }
        if key.is_empty() || key.len() > MAX_KEY {
            let message = format!("an idempotency key has 1 to {MAX_KEY} characters");
            return Err(Invalid::new("Idempotency-Key", "idempotency_key_invalid", message).into());
        }
        let request_hash = app.keys.fingerprint(&[
            request.method.as_bytes(),
            request.raw_path.as_bytes(),
            request.raw_query.as_bytes(),
            &request.body,
        ]);
        Ok(Some(Self {
            caller: caller.to_owned(),
            key_hash: app.keys.fingerprint(&[key.as_bytes()]),
            request_hash,
        }))
    }

    /// The key of one item of the request. Items are done one by one, each with
    /// its own record, so a request that was cut off goes on where it stopped.
    pub(crate) fn of_item(&self, app: &App, place: usize) -> Self {
        let key_hash = app
            .keys
            .fingerprint(&[self.key_hash.as_bytes(), &place.to_be_bytes()]);
        Self {
            key_hash,
            ..self.clone()
        }
    }

    /// Refuses to go on if the request was answered before: the refusal is
    /// that answer, or that the key was used for another request.
    pub(crate) async fn refuse_answered(
        &self,
        app: &App,
        workspace: &WorkspaceStore<'_>,
    ) -> Result<(), Problem> {
        let found = workspace
            .answered(&self.caller, &self.key_hash, app.now())
            .await?;
        match found {
            None => Ok(()),
            Some(answered) if answered.request_hash != self.request_hash => {
                Err(Problem::idempotency_key_reused())
            }
            Some(answered) => {
                let kept = app
                    .keys
                    .open(&self.context(), &answered.sealed)
                    .and_then(|text| serde_json::from_str(text.expose()).ok())
                    .map(|kept: Kept| Response::of_parts(kept.status, kept.headers, kept.body));
                let answer = kept.ok_or_else(|| {
                    tracing::error!("an answer that was kept cannot be read");
                    Problem::internal()
                })?;
                Err(Problem::answered_before(
                    answer.with_header(REPLAYED, "true"),
                ))
            }
        }
    }

    /// The record of this answer.
    pub(crate) fn record(
        &self,
        app: &App,
        answer: &Response,
        now: Time,
    ) -> Result<Answered, Problem> {
        let (status, headers, body) = answer.parts();
        let kept = Kept {
            status,
            headers,
            body: body.to_owned(),
        };
        let text = serde_json::to_string(&kept).map_err(|_| Problem::internal())?;
        let sealed = app.keys.seal(&self.context(), &Secret::new(text))?;
        if sealed.len() > MAX_SEALED {
            return Err(Problem::answer_too_large());
        }
        Ok(Answered {
            caller: self.caller.clone(),
            key_hash: self.key_hash.clone(),
            request_hash: self.request_hash.clone(),
            sealed,
            expires_at: now + LIFETIME,
        })
    }

    fn context(&self) -> String {
        format!("answer to {} {}", self.caller, self.key_hash)
    }
}
