//! Problems (RFC 9457): what goes wrong, for the person and the program who
//! read it.

mod door;
mod permission;
mod refusals;
mod words;

use crate::{Response, response::json};
use portico_domain::{Feature, MAX_ROLES, Quota, RateLimit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{error::Error as StdError, time::Duration};

/// What went wrong. Its `code` is for programs and does not change; its
/// message is for people.
#[derive(Clone, Debug)]
pub struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    members: Vec<(&'static str, Value)>,
    retry_after: Option<Duration>,
    answered: Option<Box<Response>>,
}

/// A problem as callers see it: `application/problem+json`.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemView {
    /// A URN that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// A stable word for programs, such as `email_taken`.
    pub code: String,
    /// What is wrong and what would be right, for the person who reads it.
    pub message: String,
    /// The same as `message`, under the name of RFC 9457.
    pub detail: String,
    /// More, such as `field`, `permission` or `limit`.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            members: Vec::new(),
            retry_after: None,
            answered: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// The body cannot be read at all.
    pub fn malformed(message: &str) -> Self {
        Self::new(400, "body_malformed", message)
    }

    /// The body is larger than any that is read.
    pub fn body_too_large(length: usize, limit: usize) -> Self {
        let message = format!("the body has {length} bytes; the limit is {limit}");
        Self::new(413, "body_too_large", message).with("limit", limit)
    }

    /// The picture is larger than anything that is read.
    pub fn picture_too_long(length: usize, limit: usize) -> Self {
        let message =
            format!("the picture has {length} bytes; the limit is {limit}, a JPG or PNG of 4.5 MB");
        Self::new(413, "body_too_large", message).with("limit", limit)
    }

    /// There is no such thing, or the caller may not know of it.
    pub fn not_found(object: &str) -> Self {
        Self::new(
            404,
            "not_found",
            format!("there is no {object} with this id"),
        )
    }

    /// There is no such route.
    pub fn no_route(method: &str, path: &str) -> Self {
        Self::new(
            404,
            "route_not_found",
            format!("there is no route {method} {path}; see /openapi.json"),
        )
    }

    /// The link's token was never given out.
    pub fn unknown_link() -> Self {
        Self::new(
            404,
            "invitation_unknown",
            "this link is not valid; check that it was copied whole",
        )
    }

    /// The compatible API has this and Portico has not yet.
    pub fn not_implemented(message: &str) -> Self {
        Self::new(501, "not_implemented", message)
    }

    /// The caller has shown no key.
    pub fn key_missing() -> Self {
        Self::new(
            401,
            "key_missing",
            "the request needs an API key in the header X-API-KEY, or as Authorization: Bearer",
        )
    }

    /// The caller's key is none of ours.
    pub fn key_invalid() -> Self {
        Self::new(
            401,
            "key_invalid",
            "the API key is not valid for this workspace",
        )
    }

    /// The caller's key has been revoked or has expired.
    pub fn key_ended() -> Self {
        Self::new(
            401,
            "key_ended",
            "the API key has been revoked or has expired, or its owner has left the workspace",
        )
    }

    /// The plan of the workspace has not got this.
    pub(crate) fn feature_missing(feature: Feature) -> Self {
        let name = feature.name();
        let message =
            format!("this needs the feature {name}, which the plan of this workspace lacks");
        Self::new(403, "feature_missing", message).with("feature", name)
    }

    /// The key has made as many requests as it may.
    pub(crate) fn rate_limited(quota: Quota) -> Self {
        let RateLimit { requests, seconds } = quota.limit;
        let message = format!("this key may make {requests} requests in {seconds} seconds");
        Self {
            retry_after: Some(quota.wait()),
            ..Self::new(429, "rate_limited", message).with("limit", requests)
        }
    }

    /// The resource is not what the caller last saw.
    pub(crate) fn precondition_failed() -> Self {
        Self::new(
            412,
            "precondition_failed",
            "this has changed since you read it; read it again and decide anew",
        )
        .with("field", "If-Match")
    }

    /// The request was answered before: a handler goes no further, and the
    /// caller gets that answer again instead of a problem.
    pub(crate) fn answered_before(answer: Response) -> Self {
        Self {
            answered: Some(Box::new(answer)),
            ..Self::new(200, "answered_before", "the request was answered before")
        }
    }

    /// The idempotency key came before, with another request.
    pub(crate) fn idempotency_key_reused() -> Self {
        Self::new(
            422,
            "idempotency_key_reused",
            "this idempotency key came with another request before; give each request a key of its own",
        )
        .with("field", "Idempotency-Key")
    }

    /// A request with the same key is being done, or has just been.
    fn idempotency_key_in_use() -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            ..Self::new(
                409,
                "idempotency_key_in_use",
                "a request with this idempotency key is under way; send it again to get its answer",
            )
            .with("field", "Idempotency-Key")
        }
    }

    /// The answer is longer than what can be kept to be given again.
    pub(crate) fn answer_too_large() -> Self {
        Self::new(
            400,
            "answer_too_large",
            "the answer would be too large to be kept for its idempotency key; ask for less at once, or without a key",
        )
        .with("field", "Idempotency-Key")
    }

    /// The answer that was given before, if that is what it is.
    pub(crate) fn answered(&self) -> Option<&Response> {
        self.answered.as_deref()
    }

    /// A key was to allow more than the caller.
    pub fn key_exceeds_caller() -> Self {
        Self::new(
            403,
            "key_exceeds_caller",
            "a key cannot allow more than the key that makes or changes it: not longer, not more requests, and everything (`*`) only with a key that allows everything, for its owner",
        )
    }

    /// A key belongs to an internal user, and this caller is none.
    pub fn member_required() -> Self {
        Self::new(
            403,
            "member_required",
            "a key belongs to an internal user, and the key that asks for one has no owner",
        )
    }

    /// The caller sees only some companies, and this concerns others too.
    pub fn company_access_limited() -> Self {
        Self::new(
            403,
            "company_access_limited",
            "you see only some companies: you can neither add another nor change what holds for all",
        )
    }

    /// The workspace has as many roles of its own as it can have.
    pub fn too_many_roles() -> Self {
        let message = format!("a workspace has at most {MAX_ROLES} roles of its own");
        Self::new(403, "role_limit_reached", message).with("limit", MAX_ROLES)
    }

    /// Another role of the workspace has the name, or a role that every
    /// workspace has.
    pub fn role_name_taken() -> Self {
        let message = "there is a role with this name already";
        Self::new(409, "role_name_taken", message).with("field", "name")
    }

    /// Another field of the same things has the name.
    pub fn custom_field_name_taken(field: &str, name: &str) -> Self {
        let message = format!("there is a custom field {name:?} already");
        Self::new(409, "custom_field_name_taken", message).with("field", field)
    }

    /// A page token is not one of ours, or belongs to another list.
    pub fn page_token_invalid() -> Self {
        Self::new(
            400,
            "page_token_invalid",
            "nextToken is not valid for this list; start again without it",
        )
        .with("field", "nextToken")
    }

    /// A page token is too old.
    pub fn page_token_expired() -> Self {
        Self::new(
            400,
            "page_token_expired",
            "nextToken is older than 24 hours; start again without it",
        )
        .with("field", "nextToken")
    }

    /// Something broke; the caller learns nothing about it but where to look.
    pub fn internal() -> Self {
        Self::new(
            500,
            "internal_error",
            "something went wrong on our side; it has been logged",
        )
    }

    /// Others keep changing the same thing.
    pub fn stale() -> Self {
        Self::new(
            409,
            STALE,
            "somebody else keeps changing this at the same time; try again",
        )
    }

    /// Deciding took too long for the decision to be written.
    fn late() -> Self {
        let message = "this took too long, and nothing was changed; try again";
        let mut problem = Self::new(503, LATE, message);
        problem.retry_after = Some(Duration::from_secs(1));
        problem
    }

    /// Whether it has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.code == code
    }

    /// Whether it is [`Problem::session_missing`].
    pub(crate) fn is_session_missing(&self) -> bool {
        self.code == SESSION_MISSING
    }

    /// Whether deciding again may help.
    pub fn is_stale(&self) -> bool {
        self.code == STALE || self.code == LATE
    }

    /// Whether something broke on our side, so that trying again may help.
    pub fn is_ours(&self) -> bool {
        self.status >= 500
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The problem as a part of an answer.
    pub fn view(&self) -> ProblemView {
        let members = self.members.iter();
        ProblemView {
            kind: format!("urn:portico:problem:{}", self.code),
            title: title(self.status).to_owned(),
            status: self.status,
            code: self.code.to_owned(),
            detail: self.message.clone(),
            message: self.message.clone(),
            members: members
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        }
    }

    /// The problem in the form that programs read.
    pub fn into_response(self, request_id: &str) -> Response {
        let mut response = json(self.status, "application/problem+json", &self.view());
        if let Some(wait) = self.retry_after {
            response = response.with_header("retry-after", &seconds(wait).to_string());
        }
        if self.status == 401 {
            response = response.with_header("www-authenticate", "Bearer realm=\"portico\"");
        }
        response.with_header("x-request-id", request_id)
    }

    /// The problem on a page that is written already.
    pub fn with_page(&self, page: Response) -> Response {
        let page = page.with_status(self.status);
        match self.retry_after {
            Some(wait) => page.with_header("retry-after", &seconds(wait).to_string()),
            None => page,
        }
    }

    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong in a few words, as a page says it.
    pub fn heading(&self) -> &'static str {
        words::heading(self.code)
    }

    /// What is wrong, for the person who reads it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field that is wrong, if it is one.
    pub fn field(&self) -> Option<&str> {
        let field = self.members.iter().find(|(name, _)| *name == "field");
        field.and_then(|(_, field)| field.as_str())
    }

    /// The same as a sentence, as a page says it: there, fields have the names
    /// that stand beside them.
    pub fn sentence(&self) -> String {
        if let Some(sentence) = words::sentence(self.code) {
            return sentence.to_owned();
        }
        let label = LABELS.iter().find(|(name, _)| self.field() == Some(name));
        let message = label
            .and_then(|(name, label)| Some((label, self.message.strip_prefix(name)?)))
            .map_or_else(
                || self.message.clone(),
                |(label, rest)| format!("{label}{rest}"),
            );
        let mut letters = message.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        format!("{first}{}.", letters.as_str())
    }

    /// Breaks down: logs the cause, tells the caller nothing of it.
    fn broken(
        status: u16,
        code: &'static str,
        message: &str,
        error: &(dyn StdError + 'static),
    ) -> Self {
        tracing::error!(code, error = ?error, "a request failed");
        Self::new(status, code, message)
    }
}

/// What fields are called on pages.
const LABELS: [(&str, &str); 4] = [
    ("givenName", "the first name"),
    ("familyName", "the last name"),
    ("email", "the e-mail address"),
    ("password", "the password"),
];

const STALE: &str = "concurrent_change";
const LATE: &str = "decided_too_late";
const SESSION_MISSING: &str = "session_missing";

fn seconds(wait: Duration) -> u64 {
    // A second too early would be refused again.
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}
