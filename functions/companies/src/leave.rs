//! `DELETE /v1/companies/{id}/clients/{clientId}`: takes one client out of a
//! company.
//!
//! It names what goes, not what stays, so two callers who take a client out of
//! two companies do not undo each other's change.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{Client, ClientId, Companies, CompanyId, CompanyView, Invalid, Permission};
use portico_web::{
    Body, Caller, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok,
    retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("companies-leave", "/v1/companies/{id}/clients/{clientId}")
    .needs(Permission::EditClients)
    .also_at(&["/v1/company/{id}/clients/{clientId}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Take a client out of a company",
    description: "The client stays, in its other companies; without any it gets a placeholder company. Refused with `company_required` if it is its last one and the workspace requires companies, or the last one that a caller who is limited to companies sees.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Takes a client out of a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: CompanyId = request.path_id("company")?;
    let company = find(&caller.store(app), &caller, id).await?;
    request.if_match(&CompanyView::shown(&company))?;
    let not_found = || Problem::not_found("client of this company");
    let client_id: ClientId = request.path("clientId").parse().map_err(|_| not_found())?;
    retry_stale(|| async {
        let before = caller.client(app, client_id).await?;
        let before = before.filter(|client| client.is_in(id));
        let before = before.ok_or_else(not_found)?;
        refuse_last(&caller, &before, id)?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.leave(&mut change, id);
        change.save_client(Some(&before), after);
        let answer = ok(&Deletion::new("companyMembership", &before.id));
        caller.commit(app, &change, answer).await
    })
    .await
}

/// Refuses to take a client out of the last company that it needs.
fn refuse_last(caller: &Caller, client: &Client, leaving: CompanyId) -> Result<(), Invalid> {
    let mut others = client.company_ids.iter().filter(|id| **id != leaving);
    let message = if caller.companies.is_limited() {
        if others.any(|id| caller.companies.covers(*id)) {
            return Ok(());
        }
        "this is the only company of this client that you see; move the client instead"
    } else if caller.workspace.companies == Companies::Required {
        if others.next().is_some() {
            return Ok(());
        }
        "in this workspace every client is in a company, and this is the client's only one"
    } else {
        return Ok(());
    };
    Err(Invalid::new("clientId", "company_required", message))
}
