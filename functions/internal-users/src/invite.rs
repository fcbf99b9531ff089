//! `POST /v1/internal-users/{id}/invitation`: invites a team member by mail, or
//! sends its open invitation again.

use crate::get::find_member;
use portico_app::{App, Grant};
use portico_domain::{InternalUserView, Permission, lifetime_of_days};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body_or_default, ok,
    refuse_if_complained, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "internal-users-invite",
    "/v1/internal-users/{id}/invitation",
)
.needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Invite an internal user",
    description: "Mails a link with which it chooses a password or takes its Google account, and signs in with the role that it has. An invitation that is open is sent again, with a new link and a new lifetime; the old link is dead. At most once a minute and five times a day. Nobody can invite whoever may do more than they.",
    query: &[],
    body: Some(schema::<Invite>),
    answer: Body::Json(schema::<InternalUserView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// How to invite.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "TeamInvite")]
struct Invite {
    /// For how many days the link is good, 1 to 30; as the workspace's setting
    /// says unless given.
    expires_in_days: Option<i64>,
}

/// Invites.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let invite: Invite = body_or_default(&request)?;
    let days = invite.expires_in_days;
    let lifetime = days.map(|days| lifetime_of_days("expiresInDays", days));
    let lifetime = lifetime.transpose()?;
    let lifetime = lifetime.unwrap_or_else(|| caller.workspace.invitation_lifetime());
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_member(&workspace, id).await?;
        request.if_match(&before.view(app.now()))?;
        caller.require_role(app, before.role).await?;
        refuse_if_complained(&workspace, &before.email).await?;
        let mut change = caller.change(app);
        let after = before.invite(&mut change, lifetime, caller.actor)?;
        let answer = ok(&after.view(app.now()));
        caller.commit(app, &change, answer).await
    })
    .await
}
