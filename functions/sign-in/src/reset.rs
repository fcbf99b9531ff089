//! `POST /reset/{token}`: a new password, which ends every session, and a new
//! session.

use crate::{mailed, page::ResetPage};
use portico_app::{App, Grant};
use portico_domain::{Invalid, Person, Session, SignInMethod, Ticket, TicketPurpose, Workspace};
use portico_keys::password::Password;
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, Tokens, begin_session,
    change_by, form_token, refuse_forged_form, retry_stale, schema, signed_in,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("reset-create", "/reset/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Choose a new password with a link",
    description: "Uses the link up, ends every session of the account, signs its owner in, and tells it by mail.",
    query: &[],
    body: Some(schema::<NewPassword>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// The new password: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct NewPassword {
    /// 12 to 128 characters, and not easy to guess.
    password: String,
}

/// Sets the password.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    mailed::or_dead(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    let is_meant = |purpose: &TicketPurpose| *purpose == TicketPurpose::ResetPassword;
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    let owner = mailed::owner(app, &ticket).await?;
    let hash = match hash_password(app, request, &owner, &workspace).await {
        Err(problem) if request.wants_page() => {
            let form = form_token(app, request)?;
            let page = ResetPage {
                workspace: &workspace,
                email: owner.email().as_str(),
                token: request.path("token"),
                csrf: &form.field.clone(),
                error: Some(&problem.sentence()),
                wrong: problem.field().unwrap_or_default(),
            };
            return Ok(problem.with_page(page.answer(form)?));
        }
        hashed => hashed?,
    };
    let session = reset(app, request, (&workspace, &ticket), &hash).await?;
    signed_in(app, request, &session).await
}

async fn hash_password(
    app: &App,
    request: &Request,
    owner: &Person,
    workspace: &Workspace,
) -> Result<String, Problem> {
    refuse_forged_form(app, request)?;
    let password = request
        .field("password")?
        .ok_or_else(|| Invalid::missing("password"))?;
    let about = owner.guessed_first(&workspace.name);
    Ok(Password::parse(&password, &about)?.hash().await?)
}

/// Decides and stores, in competition with everybody who has the same link.
async fn reset(
    app: &App,
    request: &Request,
    (workspace, ticket): (&Workspace, &Ticket),
    hash: &str,
) -> Result<Session, Problem> {
    let store = app.store.workspace(ticket.workspace_id);
    retry_stale(|| async {
        let ticket = store.ticket(ticket.id).await?;
        let ticket = ticket.ok_or_else(Problem::unknown_link)?;
        let before = mailed::owner(app, &ticket).await?;
        let mut change = change_by(app, request, ticket.account.actor());
        ticket.use_up(&mut change)?;
        let mut after = before.clone();
        after.end_sessions();
        after.note_proof();
        after.note_sign_in(change.moment.now);
        change.set_password(ticket.account, hash.to_owned());
        let proven = Proven::new(&after, SignInMethod::Reset, workspace);
        let session = begin_session(app, request, proven)?;
        change.begin_session(&session);
        before.save(&mut change, after);
        store.commit(&change).await?;
        Ok(session)
    })
    .await
}
