//! `POST /portal/sign-out`: ends this session, or all of its owner's.

use portico_app::{App, Grant};
use portico_domain::{AuditNote, SessionEnd};
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, SignedInCaller,
    admit_person, body, forget_session, ok, retry_stale, schema, see_other, sign_in_instead,
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

/// Where to sign out: JSON, the form of the start page, or nothing.
#[derive(Debug, Deserialize, JsonSchema)]
struct Where {
    /// True for everywhere; otherwise only here.
    everywhere: Option<Everywhere>,
}

/// The form of a page has texts only, so a text is understood in JSON too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Everywhere {
    Flag(bool),
    Text(String),
}

/// Signs out.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = match admit_person(app, &request).await {
        Err(problem) => return sign_in_instead(&request, problem),
        Ok(caller) => caller,
    };
    let session = &caller.session;
    if is_everywhere(&request)? {
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

/// Whether to sign out everywhere. No body at all means only here: whoever wants
/// to be out has to get out.
fn is_everywhere(request: &Request) -> Result<bool, Problem> {
    if request.body.is_empty() {
        return Ok(false);
    }
    if request.is_form() {
        let ticked = request.field("everywhere")?;
        return Ok(ticked.is_some_and(|text| text == "true"));
    }
    let wanted: Where = body(request)?;
    Ok(match wanted.everywhere {
        None | Some(Everywhere::Flag(false)) => false,
        Some(Everywhere::Flag(true)) => true,
        Some(Everywhere::Text(text)) => text == "true",
    })
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
