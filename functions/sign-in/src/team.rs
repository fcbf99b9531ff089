//! `POST /w/{workspace}/team/sign-in`: signs a team member in with its password.
//!
//! An address that nobody in the team has, one whose owner has no password, and
//! a wrong password are told by the same answer after the same calls and one
//! hash.

use crate::create::required;
use portico_app::{App, Grant};
use portico_domain::{Email, SignInMethod};
use portico_keys::password::{self, Verdict};
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, Tokens, begin_session,
    change_by, count_password_try, retry_stale, schema, signed_in,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("team-sign-in", "/w/{workspace}/team/sign-in");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Sign a team member in",
    description: "The access token is shown as `Authorization: Bearer` on every route below `/v1`, and allows what the role allows at that moment. It is good for ten minutes; `POST /sessions/refresh` gives the next. Guesses are slowed down as for clients.",
    query: &[],
    body: Some(schema::<crate::create::Credentials>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, &request).await?;
    let email = Email::parse("email", &required(&request, "email")?)?;
    let presented = required(&request, "password")?;
    let store = app.store.workspace(workspace.id);

    // A client may have the same address; its tries are not these.
    let subject = format!("team {}", email.key());
    let tries = count_password_try(app, &store, &request, &subject).await?;
    let login = store.member_login(&email, app.moment()).await?;
    let stored = login.as_ref().and_then(|login| login.password.as_ref());
    let verdict = password::verify(&presented, stored.map(|stored| stored.hash.as_str())).await?;
    let login = login.filter(|login| verdict != Verdict::Wrong && login.user.is_member());
    let known = login.ok_or_else(Problem::sign_in_refused)?.user;
    tries.forgive(&store).await?;

    let session = retry_stale(|| async {
        let before = store.internal_user(known.id).await?;
        // Whoever was put out since the password was read stays out.
        let before = before.filter(|user| user.session_epoch == known.session_epoch);
        let before = before.ok_or_else(Problem::sign_in_refused)?;
        let session = begin_session(
            app,
            &request,
            Proven::member(&before, SignInMethod::Password),
        )?;
        let mut change = change_by(app, &request, session.account.actor());
        change.session = Some(session.clone());
        let mut after = before.clone();
        if after.note_sign_in(change.moment.now) {
            change.save_internal_user(Some(&before), after);
        }
        store.commit(&change).await?;
        Ok(session)
    })
    .await?;
    signed_in(app, &session).await
}
