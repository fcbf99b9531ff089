//! `DELETE /v1/companies/{id}`: deletes a company; its clients stay.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{CompanyView, Permission};
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("companies-delete", "/v1/companies/{id}")
    .needs(Permission::ManageClientOrganizations)
    .also_at(&["/v1/company/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Delete a company",
    description: "Its clients stay and are moved out of it in the background, each with a `company.clientRemoved` event; `company.emptied` tells when the last one is out, and until then `GET /v1/clients?companyId=` lists those who are not. Its name can be used again at once.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Deletes a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&CompanyView::shown(&before))?;
        let mut change = caller.change(app);
        change.delete_company(&before)?;
        let answer = ok(&Deletion::new("company", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
