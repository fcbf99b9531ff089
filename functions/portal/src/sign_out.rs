//! `POST /portal/sign-out`: ends this session, or all of its owner's.

use portico_app::{App, Grant};
use portico_domain::{AuditNote, SessionEnd};
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, SignedInCaller,
    admit_person, forget_session, ok, retry_stale, schema, see_other, sign_in_instead,
    sign_in_page,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-sign-out", "/portal/sign-out").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Sign out",
    description: "Ends this session, or with `everywhere` all of them, from the next request on.",
    query: &[],
    body: Some(schema::<Where>),
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Where to sign out: JSON, or the form of the start page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Where {
    /// `true` for everywhere; otherwise only here.
    everywhere: Option<String>,
}

/// Signs out.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = match admit_person(app, &request).await {
        Err(problem) => return sign_in_instead(&request, problem),
        Ok(caller) => caller,
    };
    let session = &caller.session;
    if request
        .field("everywhere")?
        .is_some_and(|text| text == "true")
    {
        end_all(app, &request, &caller).await?;
    } else {
        let workspace = app.store.workspace(session.workspace_id);
        let mut change = caller.change(app, &request);
        change.end_session(session, SessionEnd::SignedOut);
        workspace.commit(&change).await?;
    }
    let response = if request.wants_page() {
        see_other(&sign_in_page(session.workspace_id, session.account.door()))
    } else {
        ok(&Deletion::new("session", &session.id))
    };
    Ok(response.with_cookie(forget_session()))
}

async fn end_all(app: &App, request: &Request, caller: &SignedInCaller) -> Result<(), Problem> {
    let workspace = app.store.workspace(caller.session.workspace_id);
    retry_stale(|| async {
        let before = workspace.person(caller.session.account).await?;
        let before = before.ok_or_else(Problem::session_missing)?;
        let mut change = caller.change(app, request);
        let mut after = before.clone();
        after.end_sessions();
        before.save(&mut change, after);
        let account = caller.session.account;
        change.note(AuditNote::new(
            "session.allEnded",
            "account",
            &account.uuid(),
        ));
        Ok(workspace.commit(&change).await?)
    })
    .await
}
