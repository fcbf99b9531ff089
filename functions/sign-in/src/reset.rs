//! `POST /reset/{token}`: a new password, which ends every session, and a new
//! session.

use crate::{
    mailed,
    page::{JoinedPage, ResetPage},
};
use portico_app::{App, Grant};
use portico_domain::{Account, Credential, InternalUserId, Invalid, Session, SignInMethod, Ticket};
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
    description: "Uses the link up, ends every session of the client, signs it in, and tells it by mail.",
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
    refuse_forged_form(app, &request)?;
    let (ticket, workspace) = mailed::find(app, &request, mailed::is_for_password).await?;
    let (email, hashed) = match ticket.account {
        Account::Client { .. } => {
            let client = mailed::owner(app, &ticket).await?.client;
            let about = client.guessed_first(&workspace.name);
            let hashed = hash_password(&request, &about).await;
            (client.email.clone(), hashed)
        }
        Account::InternalUser { id } => {
            let user = mailed::member(app, &ticket, id).await?;
            let about = user.guessed_first(&workspace.name);
            let hashed = hash_password(&request, &about).await;
            (user.email.clone(), hashed)
        }
    };
    let hash = match hashed {
        Err(problem) if request.wants_page() => {
            let form = form_token(app, &request)?;
            let page = ResetPage {
                workspace: &workspace,
                email: email.as_str(),
                token: request.path("token"),
                csrf: &form.field.clone(),
                error: Some(&problem.sentence()),
            };
            return Ok(problem.with_page(page.answer(form)?));
        }
        hashed => hashed?,
    };
    let Account::InternalUser { id } = ticket.account else {
        let session = reset(app, &request, &ticket, &hash).await?;
        return signed_in(app, &session).await;
    };
    let session = reset_member(app, &request, (&ticket, id), &hash).await?;
    if request.wants_page() {
        return JoinedPage::answer(&workspace, email.as_str());
    }
    signed_in(app, &session).await
}

async fn hash_password(request: &Request, about: &[&str]) -> Result<String, Problem> {
    let password = request
        .field("password")?
        .ok_or_else(|| Invalid::missing("password"))?;
    Ok(Password::parse(&password, about)?.hash().await?)
}

/// The same for a team member.
async fn reset_member(
    app: &App,
    request: &Request,
    (ticket, id): (&Ticket, InternalUserId),
    hash: &str,
) -> Result<Session, Problem> {
    let store = app.store.workspace(ticket.workspace_id);
    retry_stale(|| async {
        let ticket = store.ticket(ticket.id).await?;
        let ticket = ticket.ok_or_else(Problem::unknown_link)?;
        let before = mailed::member(app, &ticket, id).await?;
        let mut change = change_by(app, request, ticket.account.actor());
        ticket.use_up(&mut change)?;
        let mut after = before.clone();
        after.end_sessions();
        after.note_sign_in(change.moment.now);
        change.credential = Some(Credential {
            account: ticket.account,
            hash: hash.to_owned(),
            changed_at: change.moment.now,
        });
        let session = begin_session(app, request, Proven::member(&after, SignInMethod::Reset))?;
        change.session = Some(session.clone());
        change.save_internal_user(Some(&before), after);
        store.commit(&change).await?;
        Ok(session)
    })
    .await
}

/// Decides and stores, in competition with everybody who has the same link.
async fn reset(
    app: &App,
    request: &Request,
    ticket: &Ticket,
    hash: &str,
) -> Result<Session, Problem> {
    let store = app.store.workspace(ticket.workspace_id);
    retry_stale(|| async {
        let ticket = store.ticket(ticket.id).await?;
        let ticket = ticket.ok_or_else(Problem::unknown_link)?;
        let before = mailed::owner(app, &ticket).await?.client;
        let mut change = change_by(app, request, ticket.account.actor());
        ticket.use_up(&mut change)?;
        let mut after = before.clone();
        after.end_sessions();
        after.note_proof();
        after.note_sign_in(change.moment.now);
        change.credential = Some(Credential {
            account: Account::Client { id: after.id },
            hash: hash.to_owned(),
            changed_at: change.moment.now,
        });
        let proven = Proven::client(&after, SignInMethod::Reset);
        let session = begin_session(app, request, proven)?;
        change.session = Some(session.clone());
        change.save_client(Some(&before), after);
        store.commit(&change).await?;
        Ok(session)
    })
    .await
}
