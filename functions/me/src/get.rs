//! `GET /v1/me`: who the caller is, and what it may do.

use portico_app::{App, Grant};
use portico_domain::{InternalUserId, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("me-get", "/v1/me").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Who am I",
    description: "The internal user whose key this is, and what the key allows.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Me>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Who the caller is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Me {
    /// The internal user.
    id: InternalUserId,
    /// Always `internalUser`.
    object: &'static str,
    /// First name.
    given_name: String,
    /// Last name.
    family_name: String,
    /// Its address.
    email: String,
    /// What this caller may do.
    permissions: Vec<Permission>,
}

/// Answers with the caller.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let user = caller.user.as_ref();
    let user = user.ok_or_else(|| Problem::not_found("internal user"))?;
    Ok(ok(&Me {
        id: user.id,
        object: "internalUser",
        given_name: user.name.given_name.clone(),
        family_name: user.name.family_name.clone(),
        email: user.email.to_string(),
        permissions: caller.permissions().iter().copied().collect(),
    }))
}
