//! `POST /v1/invitations`: invites a client by e-mail.

use portico_app::{App, Grant};
use portico_domain::{ClientId, Invalid, Invitation, InvitationView, Permission};
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
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Invite a client",
    description: "Sends the client an e-mail with a link that is good for as long as the workspace says. A client has at most one open invitation. Nobody is invited into a company that is not active.",
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
}

/// Invites a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?.or_dry_run(&request)?;
    let client_id = client_id(&body(&request)?)?;
    let workspace = app.store.workspace(caller.workspace_id);
    retry_stale(|| async {
        let client = workspace.client(client_id).await?;
        let before = client
            .filter(|client| client.archived_at.is_none())
            .ok_or_else(unknown)?;
        let open = workspace.open_invitation(&before).await?;
        let lifetime = workspace.get().await?.invitation_lifetime();
        let mut change = caller.change(app);
        let mut after = before.clone();
        let invitation = Invitation::open(&mut change, &mut after, open, lifetime, caller.actor)?;
        change.save_client(Some(&before), after);
        let answer = created(&invitation.view(app.now()));
        caller.commit(app, &change, answer).await
    })
    .await
}

fn client_id(new: &NewInvitation) -> Result<ClientId, Problem> {
    let text = new
        .client_id
        .as_deref()
        .ok_or_else(|| Invalid::missing("clientId"))?;
    text.parse().map_err(|_| unknown())
}

fn unknown() -> Problem {
    Invalid::new(
        "clientId",
        "client_unknown",
        "there is no client with this id in this workspace",
    )
    .into()
}
