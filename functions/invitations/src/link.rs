//! `POST /v1/invitations/{id}/link`: the link of an open invitation, to be
//! handed over in another way.
//!
//! It changes nothing about the invitation: whoever was not invited by mail
//! still is not. The audit log says who copied it.

use crate::{client_of, get, view};
use portico_app::{App, Grant};
use portico_domain::{InvitationId, Permission, Time};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invitations-link", "/v1/invitations/{id}/link").needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Copy the link of an invitation",
    description: "The link that stands in the invitation's mail, or would. Whoever has it can set up the client's account. The invitation and the client stay as they are. While a company of the client is not active, nobody is given the link.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvitationLink>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A link to hand over.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationLink {
    /// Always `invitationLink`.
    object: &'static str,
    /// The invitation.
    invitation_id: InvitationId,
    /// The link.
    url: String,
    /// Until when it is good.
    expires_at: Time,
}

/// Answers with the link.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invitation")?;
    let workspace = caller.store(app);
    let invitation = get::find(&workspace, &caller, id).await?;
    request.if_match(&view(app, &caller, &invitation))?;
    let mut change = caller.change(app);
    let client = client_of(&workspace, &invitation).await?;
    invitation.copy_link(&mut change, &client)?;
    let answer = ok(&InvitationLink {
        object: "invitationLink",
        invitation_id: invitation.id,
        url: app.invite_url(caller.workspace_id, invitation.as_open()),
        expires_at: invitation.expires_at,
    });
    caller.commit(app, &change, answer).await
}
