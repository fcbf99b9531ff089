//! `POST /v1/invitations/bulk`: invites many clients, and says of each what
//! became of it.
//!
//! Each client is decided about and stored by itself, so one that cannot be
//! invited keeps nobody else. A request that died half-way, or that the table
//! did not answer, can be sent again: who was invited by it a moment ago is said
//! to have been.

use crate::{invite, unknown_client};
use futures_util::{StreamExt, TryStreamExt, stream};
use portico_app::{App, Grant};
use portico_domain::{ClientId, Invalid, Invitation, InvitationView, Lifetime, Permission, Time};
use portico_store::CALLS_AT_ONCE;
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    ok, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invitations-bulk", "/v1/invitations/bulk").needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Invite many clients",
    description: "Invites up to 100 clients by e-mail; whoever has an open invitation is sent it again. Answers with a verdict for each, in the order of the ids: `created`, `resent`, or the `code` of what stood against it, such as `client_active`, `client_unknown`, `resend_too_soon` or `recipient_complained`. Safe to repeat.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<ManyInvitations>),
    answer: Body::Json(schema::<Verdicts>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// How many clients one request names at most.
const LIMIT: usize = 100;

/// Whom to invite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ManyInvitations {
    /// The clients, 1 to 100.
    client_ids: Option<Vec<String>>,
    /// For how many days the links are good, 1 to 30. If left out, an invitation
    /// that is sent again keeps what it was made with.
    expires_in_days: Option<i64>,
}

/// What became of each.
#[derive(Debug, Serialize, JsonSchema)]
struct Verdicts {
    data: Vec<Outcome>,
}

/// What became of one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    /// The client, as the request named it.
    client_id: String,
    /// `created`, `resent`, or the code of what stood against it.
    verdict: &'static str,
    /// The invitation, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationView>,
    /// What stood against it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Invites many clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let many: ManyInvitations = body(&request)?;
    let ids = client_ids(many.client_ids)?;
    let lifetime = Lifetime::asked(&caller.workspace, many.expires_in_days)?;
    let caller = &caller;
    let decided = stream::iter(ids).map(|client_id| async move {
        let sent = send(app, caller, &client_id, lifetime).await;
        verdict(client_id, sent, app.now())
    });
    let data = decided.buffered(CALLS_AT_ONCE).try_collect().await?;
    let answer = ok(&Verdicts { data });
    // Nothing is left to change; an idempotency key keeps the verdicts.
    caller.commit(app, &caller.change(app), answer).await
}

/// The clients, each once.
fn client_ids(given: Option<Vec<String>>) -> Result<Vec<String>, Invalid> {
    let given = given.ok_or_else(|| Invalid::missing("clientIds"))?;
    if given.is_empty() || given.len() > LIMIT {
        let message = format!("clientIds has 1 to {LIMIT} ids; it has {}", given.len());
        return Err(Invalid::new("clientIds", "field_invalid", message));
    }
    let mut seen = BTreeSet::new();
    Ok(given
        .into_iter()
        .filter(|id| seen.insert(id.clone()))
        .collect())
}

async fn send(
    app: &App,
    caller: &Caller,
    client_id: &str,
    lifetime: Lifetime,
) -> Result<Invitation, Problem> {
    let id: ClientId = client_id.parse().map_err(|_| unknown_client())?;
    retry_stale(|| async {
        let (change, invitation) = invite(app, caller, (id, true), |change, client, open| {
            Invitation::send(change, client, open, lifetime, caller.actor)
        })
        .await?;
        caller.write(app, &change).await?;
        Ok(invitation)
    })
    .await
}

/// What became of one. Where the table did not answer, nothing can be said of
/// it: the request breaks off, and goes on when it is sent again.
fn verdict(
    client_id: String,
    sent: Result<Invitation, Problem>,
    now: Time,
) -> Result<Outcome, Problem> {
    match sent {
        Ok(invitation) => Ok(Outcome {
            client_id,
            verdict: if invitation.resends.is_empty() {
                "created"
            } else {
                "resent"
            },
            invitation: Some(invitation.view(now)),
            message: None,
        }),
        Err(problem) if problem.is_ours() || problem.is_stale() => Err(problem),
        Err(problem) => Ok(Outcome {
            client_id,
            verdict: problem.code(),
            invitation: None,
            message: Some(problem.message().to_owned()),
        }),
    }
}
