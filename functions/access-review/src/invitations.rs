//! `GET /v1/access-review/invitations`: invitations that nobody has accepted for
//! long.

use crate::{DAYS, long_ago};
use portico_app::{App, Grant};
use portico_domain::{ClientId, InvitationStatus, InvitationView, Permission};
use portico_store::{Index, InvitationFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};
use std::collections::BTreeSet;

/// What this function answers to.
pub const ROUTE: Route = Route::get("access-review-invitations", "/v1/access-review/invitations")
    .needs(Permission::ViewAuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List invitations that were never accepted",
    description: "Pending or expired invitations from the given number of days ago or longer, of clients who have not become active in another way and are not archived; newest first. Team members who never came are in another list. A page can have fewer invitations than `limit` and go on all the same.",
    query: &[DAYS, Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<InvitationView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of invitations.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["days"])?;
    let long_ago = long_ago(&request, app.now())?;
    let workspace = caller.store(app);
    let filter = InvitationFilter::default();
    let mut page = workspace.invitations(filter, &paging.request).await?;
    page.items.retain(|invitation| {
        let is_open = matches!(
            invitation.status,
            InvitationStatus::Pending | InvitationStatus::Expired
        );
        is_open && invitation.created_at < long_ago
    });
    let ids = page.items.iter().map(|invitation| invitation.client_id);
    let ids: BTreeSet<ClientId> = ids.collect();
    let clients = workspace.clients_by_id(&Vec::from_iter(ids)).await?;
    let waiting = clients
        .iter()
        .filter(|client| client.activated_at.is_none() && !client.is_archived());
    let waiting: BTreeSet<ClientId> = waiting.map(|client| client.id).collect();
    page.items
        .retain(|invitation| waiting.contains(&invitation.client_id));
    Ok(ok(&paging.answer(app, page, |invitation| {
        invitation.view(app.now())
    })?))
}
