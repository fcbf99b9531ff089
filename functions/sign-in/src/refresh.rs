//! `POST /sessions/refresh`: the next tokens of a session.

use portico_app::{App, Grant};
use portico_domain::{Account, Holder, Invalid, Person, Refresh, Session, SessionEnd};
use portico_keys::parse_session_token;
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, Tokens, change_by, ok, schema,
    tokens,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("sessions-refresh", "/sessions/refresh");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Get the next tokens of a session",
    description: "A refresh token is good once. If the answer was lost, the same token gets the same answer for ten seconds. Later than that, a token that was used already ends the session, because two parties hold it.",
    query: &[],
    body: Some(schema::<Presented>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What a program shows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it documents what the body holds")]
struct Presented {
    /// The latest refresh token of the session.
    refresh_token: String,
}

/// Refreshes a session.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let text = request
        .field("refreshToken")?
        .ok_or_else(|| Invalid::missing("refreshToken"))?;
    let session = refresh(app, &request, &text).await?;
    Ok(ok(&tokens(app, &session).await?))
}

async fn refresh(app: &App, request: &Request, text: &str) -> Result<Session, Problem> {
    let refused = Problem::refresh_refused;
    let presented = parse_session_token(text).ok_or_else(refused)?;
    let workspace = app.store.workspace(presented.workspace_id);
    // Somebody else may use the same token at the same moment. Whoever comes
    // second finds the session moved on, just now, and gets the same tokens.
    for _ in 0..2 {
        let (session, epoch) = find(&workspace, presented.account, presented.session_id)
            .await?
            .ok_or_else(refused)?;
        if session.holder != Holder::Program || !app.keys.is_session_token(&presented, &session) {
            return Err(refused());
        }
        match session.refresh(presented.generation, epoch, app.now()) {
            Refresh::Rotated(next) => {
                if workspace.rotate_session(&session, &next).await? {
                    return Ok(next);
                }
            }
            Refresh::Repeated => return Ok(session),
            Refresh::Reused => {
                let mut change = change_by(app, request, session.account.actor());
                change.end_session(&session, SessionEnd::TokenReused);
                workspace.commit(&change).await?;
                tracing::warn!(session = %session.id, "a used refresh token came again; the session has ended");
                return Err(refused());
            }
            Refresh::Ended => return Err(refused()),
        }
    }
    Err(refused())
}

/// The session and the epoch of its account; `None` if either is gone.
async fn find(
    workspace: &WorkspaceStore<'_>,
    account: Account,
    id: portico_domain::SessionId,
) -> Result<Option<(Session, u32)>, Problem> {
    let found = workspace.signed_in(account, id).await?;
    let owner = found.person.filter(Person::is_here);
    Ok(found.session.zip(owner.map(|owner| owner.session_epoch())))
}
