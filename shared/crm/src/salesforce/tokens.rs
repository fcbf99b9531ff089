//! Access tokens of Salesforce orgs, by the OAuth 2.0 client credentials flow
//! (RFC 6749, section 4.4).
//!
//! A token is kept in memory for [`LIFE`], which is shorter than the shortest
//! session that an org can set. It belongs to the endpoint and to the
//! credentials that it was got with, so new settings get a new one. A worker
//! that starts anew has none and asks for one. When an org ends a session
//! early, the token is asked for once more.

use super::Settings;
use crate::{
    Judged,
    line::{Answer, Line},
};
use portico_domain::{EndpointId, Time};
use portico_keys::Secret;
use portico_webhook::Method;
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// For how long a token is used. Sessions last 15 minutes at least.
const LIFE: Duration = Duration::from_mins(10);

/// The longest token that is accepted, in bytes.
const MAX_TOKEN: usize = 4_096;

/// The tokens that are good for some minutes.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<EndpointId, Held>>);

struct Held {
    instance: String,
    client_id: String,
    client_secret: Secret,
    token: Secret,
    until: Time,
}

/// The way into an org during one delivery.
pub(crate) struct Door<'a> {
    pub(crate) line: &'a Line<'a>,
    pub(crate) settings: &'a Settings,
    tokens: &'a Tokens,
    endpoint: EndpointId,
    now: Time,
}

impl Tokens {
    pub(crate) fn door<'a>(
        &'a self,
        line: &'a Line<'a>,
        endpoint: EndpointId,
        settings: &'a Settings,
        now: Time,
    ) -> Door<'a> {
        Door {
            line,
            settings,
            tokens: self,
            endpoint,
            now,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EndpointId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Held {
    fn is_for(&self, settings: &Settings) -> bool {
        self.instance == settings.instance
            && self.client_id == settings.client_id
            && self.client_secret.expose() == settings.client_secret.expose()
    }
}

impl Door<'_> {
    /// One request with a token; once more if the org has ended the session.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: String,
        body: Option<Value>,
    ) -> Result<Answer, Judged> {
        let token = match self.held() {
            Some(token) => token,
            None => self.new_token().await?,
        };
        let answer = self
            .request(&method, url.clone(), body.as_ref(), &token)
            .await;
        if !is_session_over(&answer) {
            return Ok(answer);
        }
        let token = self.new_token().await?;
        Ok(self.request(&method, url, body.as_ref(), &token).await)
    }

    async fn request(
        &self,
        method: &Method,
        url: String,
        body: Option<&Value>,
        token: &Secret,
    ) -> Answer {
        let (method, token) = (method.clone(), token.expose());
        match body {
            Some(body) => self.line.send(method, url, Some(token), body).await,
            None => self.line.ask(method, url, token).await,
        }
    }

    fn held(&self) -> Option<Secret> {
        let held = self.tokens.lock();
        let held = held.get(&self.endpoint)?;
        let is_good = self.now < held.until && held.is_for(self.settings);
        is_good.then(|| held.token.clone())
    }

    async fn new_token(&self) -> Result<Secret, Judged> {
        let settings = self.settings;
        self.tokens.lock().remove(&self.endpoint);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &settings.client_id)
            .append_pair("client_secret", settings.client_secret.expose())
            .finish();
        let url = format!("{}/services/oauth2/token", settings.instance);
        let answer = self.line.post_form(url, form).await;
        if !answer.is_success() {
            let is_refusal = matches!(answer.status(), 400..=499) && answer.status() != 429;
            return Err(if is_refusal {
                self.line.failed_for(answer, "token_refused")
            } else {
                self.line.failed(answer)
            });
        }
        let token = answer.json()["access_token"]
            .as_str()
            .map(ToOwned::to_owned);
        let token = token.filter(|token| {
            (1..=MAX_TOKEN).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let Some(token) = token.map(Secret::new) else {
            let hushed = answer.hushed();
            return Err(self.line.failed_for(hushed, "answer_unreadable"));
        };
        self.hold(&token);
        Ok(token)
    }

    fn hold(&self, token: &Secret) {
        let mut held = self.tokens.lock();
        held.retain(|_, held| self.now < held.until);
        let new = Held {
            instance: self.settings.instance.clone(),
            client_id: self.settings.client_id.clone(),
            client_secret: self.settings.client_secret.clone(),
            token: token.clone(),
            until: self.now + LIFE,
        };
        held.insert(self.endpoint, new);
    }
}

fn is_session_over(answer: &Answer) -> bool {
    answer.status() == 401 && answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"
}
