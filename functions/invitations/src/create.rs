//! `POST /v1/invitations`: invites a client by e-mail, or makes a link to hand
//! over.

use crate::{invite, view};
use portico_app::{App, Grant};
use portico_domain::{ClientId, Invalid, Invitation, InvitationView, Lifetime, Permission};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invitations-create", "/v1/invitations").needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Invite a client",
    description: "Sends the client an e-mail with a link that is good for as long as the workspace says, or for `expiresInDays`. With `send` false there is no e-mail: `POST /v1/invitations/{id}/link` gives the link to hand over, and the client counts as not invited. A client has at most one open invitation. Nobody is invited into a company that is not active.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewInvitation>),
    answer: Body::Created(schema::<InvitationView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Whom to invite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewInvitation {
    /// The client.
    client_id: Option<String>,
    /// Whether to send the e-mail; true unless given.
    send: Option<bool>,
    /// For how many days the link is good, 1 to 30.
    expires_in_days: Option<i64>,
}

/// Invites a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let new: NewInvitation = body(&request)?;
    let client_id = client_id(&new)?;
    let lifetime = Lifetime::asked(&caller.workspace, new.expires_in_days)?;
    let is_mailed = new.send.unwrap_or(true);
    retry_stale(|| async {
        let whom = (client_id, is_mailed);
        let (change, invitation) = invite(app, &caller, whom, |change, client, open| {
            if is_mailed {
                Invitation::open(change, client, open, lifetime, caller.actor)
            } else {
                Invitation::open_by_hand(change, client, open, lifetime, caller.actor)
            }
        })
        .await?;
        let answer = created(&view(app, &caller, &invitation));
        caller.commit(app, &change, answer).await
    })
    .await
}

fn client_id(new: &NewInvitation) -> Result<ClientId, Problem> {
    let text = new
        .client_id
        .as_deref()
        .ok_or_else(|| Invalid::missing("clientId"))?;
    text.parse().map_err(|_| crate::unknown_client())
}
