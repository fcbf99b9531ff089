//! `POST /magic/{token}`: signs somebody in with the link from a mail.

use crate::{magic_show, mailed};
use portico_app::{App, Grant};
use portico_domain::SignInMethod;
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, Tokens, begin_session,
    change_by, refuse_forged_form, retry_stale, schema, signed_in,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("magic-create", "/magic/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Sign in with a link",
    description: "Uses the link up. Of several at once exactly one succeeds.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    mailed::or_dead(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    if let Err(problem) = refuse_forged_form(app, request) {
        let page = magic_show::page(app, request, Some(&problem)).await?;
        return Ok(problem.with_page(page));
    }
    let session = retry_stale(|| async {
        let (ticket, workspace) = mailed::find(app, request, magic_show::is_meant).await?;
        let before = mailed::owner(app, &ticket).await?;
        let mut change = change_by(app, request, ticket.account.actor());
        ticket.use_up(&mut change)?;
        let proven = Proven::new(&before, SignInMethod::MagicLink, &workspace);
        let session = begin_session(app, request, proven)?;
        change.begin_session(&session);
        let mut after = before.clone();
        after.note_proof();
        after.note_sign_in(change.moment.now);
        if after != before {
            before.save(&mut change, after);
        }
        app.store.workspace(workspace.id).commit(&change).await?;
        Ok(session)
    })
    .await?;
    signed_in(app, request, &session).await
}
