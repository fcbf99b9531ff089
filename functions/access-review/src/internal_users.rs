//! `GET /v1/access-review/internal-users`: team members who have not come for
//! long, or never.

use crate::{DAYS, long_ago};
use portico_app::{App, Grant};
use portico_domain::{InternalUserView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get(
    "access-review-internal-users",
    "/v1/access-review/internal-users",
)
.needs(Permission::ViewAuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List stale internal users",
    description: "Team members who have not signed in for the given number of days, or never since they were added, that long ago; oldest first. `status` and `invitation` tell whose invitation was never accepted. What a member does with API keys counts for the keys: see those that nobody uses. A page can have fewer internal users than `limit` and go on all the same.",
    query: &[DAYS, Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<InternalUserView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of stale team members.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["days"])?;
    let long_ago = long_ago(&request, app.now())?;
    let workspace = caller.store(app);
    let mut page = workspace.internal_users(&paging.request).await?;
    page.items.retain(|user| user.was_last_here() < long_ago);
    Ok(ok(&paging.answer(app, page, |user| user.view(app.now()))?))
}
