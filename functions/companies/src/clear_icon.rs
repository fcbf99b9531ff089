//! `DELETE /v1/companies/{id}/icon`: take the icon of a company away.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{CompanyPatch, CompanyView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("companies-clear-icon", "/v1/companies/{id}/icon")
    .needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Take the icon of a company away",
    description: "The company is shown by its initials again. A company without an icon stays as it is.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Takes the icon away.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&CompanyView::shown(&before))?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let patch = CompanyPatch {
            icon: Some(None),
            ..CompanyPatch::default()
        };
        after.update(&mut change, patch)?;
        if after == before {
            return Ok(ok(&CompanyView::shown(&before)));
        }
        let after = change.save_company(Some(&before), after);
        let answer = ok(&CompanyView::shown(&after));
        caller.commit(app, &change, answer).await
    })
    .await
}
