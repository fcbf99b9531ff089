//! `POST /v1/invitations/{id}/resend`: sends an open invitation again.

use crate::{decide, get};
use portico_app::{App, Grant};
use portico_domain::{InvitationView, Lifetime, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body_or_default,
    refuse_if_complained, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-resend", "/v1/invitations/{id}/resend")
    .needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Send an invitation again",
    description: "The invitation keeps its id and gets a new link; the old link is dead. The new one is good for as many days as the invitation was asked to last, or as the workspace says, from now on. At most once a minute and five times a day. Nobody is invited into a company that is not active, this way neither.",
    query: &[],
    body: Some(schema::<Resend>),
    answer: Body::Json(schema::<InvitationView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// How to send it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ResendInvitation")]
struct Resend {
    /// For how many days the new link is good, 1 to 30; as many as were asked
    /// for before unless given.
    expires_in_days: Option<i64>,
}

/// Sends an invitation again.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invitation")?;
    let workspace = caller.store(app);
    let resend: Resend = body_or_default(&request)?;
    let email = get::find(&workspace, &caller, id).await?.email;
    refuse_if_complained(&workspace, &email).await?;
    let lifetime = Lifetime::asked(&caller.workspace, resend.expires_in_days)?;
    decide(app, &caller, &request, id, |invitation, change, client| {
        invitation.resend(change, client, lifetime)
    })
    .await
}
