//! `POST /v1/internal-users/{id}/invitation/link`: the link of an open
//! invitation, to be handed over in another way.
//!
//! It changes nothing about the invitation. The audit log says who copied it.

use crate::get::find_member;
use portico_app::{App, Grant};
use portico_domain::{AuditNote, InviteRefusal, Permission, Time};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "internal-users-link",
    "/v1/internal-users/{id}/invitation/link",
)
.needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Copy the link of an internal user's invitation",
    description: "The link that stands in its mail. Whoever has it can set up the account, so nobody gets that of whoever may do more than they. The invitation stays as it is.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<TeamInvitationLink>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A link to hand over.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TeamInvitationLink {
    /// Always `teamInvitationLink`.
    object: &'static str,
    /// The link.
    url: String,
    /// Until when it is good.
    expires_at: Time,
}

/// Answers with the link.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("internal user")?;
    let workspace = caller.store(app);
    let user = find_member(&workspace, id).await?;
    request.if_match(&user.view(app.now()))?;
    caller.require_role(app, user.role).await?;
    let open = user
        .open_invitation(app.now())
        .filter(|_| !user.can_sign_in());
    let open = open.ok_or(InviteRefusal::NoneOpen)?;
    let mut change = caller.change(app);
    let note = "internalUser.invitationLinkCopied";
    change.note(AuditNote::new(note, "internalUser", &user.id));
    let answer = ok(&TeamInvitationLink {
        object: "teamInvitationLink",
        url: app.join_url(caller.workspace_id, open.ticket_id),
        expires_at: open.expires_at,
    });
    caller.commit(app, &change, answer).await
}
