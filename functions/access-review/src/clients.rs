//! `GET /v1/access-review/clients`: active clients who have not come for long.

use crate::{DAYS, long_ago};
use portico_app::{App, Grant};
use portico_domain::{ClientStatus, ClientView, Permission};
use portico_store::{ClientFilter, ClientsBy, Index, Sort};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("access-review-clients", "/v1/access-review/clients")
    .needs(Permission::ViewAuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi3)];

const OPERATION: Operation = Operation {
    summary: "List stale clients",
    description: "Clients who are active, so that they can sign in, and have done nothing for the given number of days; whoever was away for longest first. It follows a change within moments.",
    query: &[DAYS, Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<ClientView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of stale clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["days"])?;
    let long_ago = long_ago(&request, app.now())?;
    let filter = ClientFilter {
        status: Some(ClientStatus::Active),
        sort: Sort {
            by: ClientsBy::LastActivityAt,
            is_descending: false,
        },
        ..ClientFilter::default()
    };
    let workspace = caller.store(app);
    let mut page = workspace.clients(filter, &paging.request).await?;
    let found = page.items.len();
    page.items.retain(|client| {
        let last = client.last_activity_at.or(client.activated_at);
        last.is_some_and(|last| last < long_ago)
    });
    // They are in order, so all that follow have come since.
    if page.items.len() < found {
        page.next = None;
    }
    Ok(ok(&paging.answer(app, page, |client| {
        client.view(client.status(app.now()))
    })?))
}
