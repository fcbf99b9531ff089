//! `GET /google/callback`: a browser comes back from Google, and is signed in.
//!
//! What Google says counts for the browser that was sent there and no other:
//! its cookie holds the state, the nonce and the verifier. The cookie is
//! forgotten whatever comes of it, and Google takes a code once.

use crate::{
    google::{self, Begun},
    page::GooglePage,
};
use portico_app::{App, Grant};
use portico_domain::{Account, Client, InvitationId, Session, SignInMethod};
use portico_google::Identity;
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Brand, Function, Operation, Parameter, Problem, Proven, Request, Response, Route,
    begin_session, branded_page, change_by, retry_stale, signed_in,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("google-callback", "/google/callback");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Come back from Google",
    description: "Signs a client in, or accepts its invitation, if Google has verified the same address. It works only in the browser that began.",
    query: &[
        Parameter::text("state", "What the browser was sent off with."),
        Parameter::text("code", "What Google vouches with, once."),
        Parameter::text("error", "Why Google vouches for nobody."),
    ],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    google::google(app)?;
    let begun = google::begun(app, &request).ok_or_else(Problem::google_over)?;
    let store = app.store.workspace(begun.workspace_id);
    let answer = match sign_in(app, &request, &store, begun).await {
        Ok(session) => signed_in(app, &session).await?,
        Err(problem) if request.wants_page() => refuse(&store, &problem).await?,
        Err(problem) => return Err(problem),
    };
    Ok(answer.with_cookie(google::forget()))
}

async fn refuse(store: &WorkspaceStore<'_>, problem: &Problem) -> Result<Response, Problem> {
    let workspace = store.get().await?;
    let page = GooglePage {
        workspace: &workspace,
        heading: problem.heading(),
        message: &problem.sentence(),
        code: problem.code(),
    };
    let page = branded_page(&Brand::of(&workspace), problem.heading(), &page)?;
    Ok(problem.with_page(page))
}

async fn sign_in(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    begun: Begun,
) -> Result<Session, Problem> {
    let state = request.query("state").unwrap_or_default();
    if !begun.attempt.is_answered_by(state) {
        return Err(Problem::google_over());
    }
    let code = request.query("code").ok_or_else(Problem::google_declined)?;
    let redirect = google::redirect(app);
    let identity = google::google(app)?
        .finish(&app.sender, &redirect, begun.attempt, code)
        .await?;
    retry_stale(|| async {
        match begun.invitation {
            Some(link) => accept(app, request, store, link, &identity).await,
            None => enter(app, request, store, &identity).await,
        }
    })
    .await
}

/// Lets in the client who has the address that Google has verified.
async fn enter(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    identity: &Identity,
) -> Result<Session, Problem> {
    let client = match store.client_id_of(&identity.email).await? {
        Some(id) => store.client(id).await?,
        None => None,
    };
    let before = client.filter(Client::can_sign_in);
    let before = before.ok_or_else(Problem::google_unknown)?;
    let account = Account::Client { id: before.id };
    let mut change = change_by(app, request, account.actor());
    let mut after = before.clone();
    after.enter_with_google(&identity.subject)?;
    after.note_sign_in(change.moment.now);
    let session = begin_session(app, request, Proven::client(&after, SignInMethod::Google))?;
    change.session = Some(session.clone());
    if after != before {
        change.save_client(Some(&before), after);
    }
    store.commit(&change).await?;
    Ok(session)
}

/// Accepts an invitation on behalf of whoever has the address that it was sent
/// to: no password is set.
async fn accept(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    (id, generation): (InvitationId, u32),
    identity: &Identity,
) -> Result<Session, Problem> {
    let invitation = store.invitation(id).await?;
    let invitation = invitation.ok_or_else(Problem::unknown_link)?;
    invitation.check_link(generation, app.now())?;
    if identity.email.key() != invitation.email.key() {
        return Err(Problem::google_other_address());
    }
    let before = store.client(invitation.client_id).await?;
    let before = before.ok_or_else(Problem::unknown_link)?;
    if before.is_archived() {
        // Its invitation has ended by now; read again.
        return Err(Problem::stale());
    }
    let account = Account::Client { id: before.id };
    let mut change = change_by(app, request, account.actor());
    let mut after = before.clone();
    invitation.accept(&mut change, &mut after, generation)?;
    after.note_proof();
    after.enter_with_google(&identity.subject)?;
    let session = begin_session(app, request, Proven::client(&after, SignInMethod::Google))?;
    change.session = Some(session.clone());
    change.save_client(Some(&before), after);
    store.commit(&change).await?;
    Ok(session)
}
