//! `POST /i/{token}/accept`: the invited client chooses a password, is active
//! and signed in.

use crate::{
    page::{InvitationPage, WelcomePage},
    show,
};
use portico_app::{App, Grant};
use portico_domain::{
    Actor, Change, ChangeSource, Client, ClientStatus, ClientView, Credential, Invalid, Session,
    Time,
};
use portico_keys::{InvitationLink, NewSession, new_session, password::Password};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, ok, page, retry_stale, schema,
    session_cookie,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-accept", "/i/{token}/accept");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Accept an invitation",
    description: "Sets the client's password and signs the client in. Of several at once exactly one succeeds.",
    query: &[],
    body: Some(schema::<Acceptance>),
    answer: Body::Json(schema::<Accepted>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// For how long a client stays signed in.
const SESSION_LIFETIME: Duration = Duration::from_hours(12);

/// What the invited client gives: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Acceptance {
    /// 12 to 128 characters.
    password: String,
}

/// The client, now active, and its session.
#[derive(Debug, Serialize, JsonSchema)]
struct Accepted {
    #[serde(flatten)]
    client: ClientView,
    session: SessionView,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    /// The session's token; browsers get it as a cookie too.
    token: String,
    /// When the client has to sign in again.
    expires_at: Time,
}

/// Accepts an invitation.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let (link, invitation, workspace) = show::find(app, &request).await?;
    if let Err(dead) = invitation.check_link(link.generation, app.now()) {
        return show::say_dead(dead, &request);
    }
    let hash = match hash_password(&request).await {
        Err(problem) if request.wants_page() => {
            let offer = InvitationPage::new(&workspace, &invitation, request.path("token"));
            return problem.on_page(&offer.title(), &offer.with_error(problem.message()));
        }
        hashed => hashed?,
    };
    let new = new_session()?;
    let (client, session) = accept(app, &request, link, &hash, &new).await?;

    let token = new.token.expose();
    let response = if request.wants_page() {
        let welcome = WelcomePage {
            workspace: &workspace.name,
            given_name: &client.name.given_name,
        };
        page(&workspace.name, &welcome)?
    } else {
        let session = SessionView {
            token: token.to_owned(),
            expires_at: session.expires_at,
        };
        ok(&Accepted {
            client: client.view(ClientStatus::Active),
            session,
        })
    };
    Ok(response.with_cookie(session_cookie(token, SESSION_LIFETIME)))
}

/// Decides and stores, in competition with everybody who has the same link.
async fn accept(
    app: &App,
    request: &Request,
    link: InvitationLink,
    hash: &str,
    new: &NewSession,
) -> Result<(Client, Session), Problem> {
    let workspace = app.store.workspace(link.workspace_id);
    retry_stale(|| async {
        let invitation = workspace.invitation(link.invitation_id).await?;
        let invitation = invitation.ok_or_else(Problem::unknown_link)?;
        let before = crate::client_of(&workspace, &invitation).await?;
        let actor = Actor::Client { id: before.id };
        let origin = request.origin(actor, ChangeSource::Web);
        let mut change = Change::new(app.moment(), origin);
        let mut after = before.clone();
        invitation.accept(&mut change, &mut after, link.generation)?;
        let session = Session {
            hash: new.hash.clone(),
            workspace_id: link.workspace_id,
            client_id: after.id,
            created_at: change.moment.now,
            expires_at: change.moment.now + SESSION_LIFETIME,
        };
        change.credential = Some(Credential {
            client_id: after.id,
            hash: hash.to_owned(),
        });
        change.session = Some(session.clone());
        let client = change.save_client(Some(&before), after);
        workspace.commit(&change).await?;
        Ok((client, session))
    })
    .await
}

async fn hash_password(request: &Request) -> Result<String, Problem> {
    let password = request
        .field("password")?
        .ok_or_else(|| Invalid::missing("password"))?;
    Ok(Password::parse(&password)?.hash().await?)
}
