//! `PUT /v1/companies/{id}/icon`: set the icon of a company.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{CompanyPatch, CompanyView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, picture, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::put("companies-set-icon", "/v1/companies/{id}/icon")
    .needs(Permission::ManageClientOrganizations)
    .with_a_picture();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::PUT_FILE, Grant::DELETE_FILE];

const OPERATION: Operation = Operation {
    summary: "Set the icon of a company",
    description: "The body is the picture itself, a JPG or PNG of at most 4.5 MB and 25 million pixels (8192 in each direction), by its content and not by its name. It is stood upright, made no larger than 512 × 512, and written anew without metadata. Its address cannot be guessed, needs no key, and is another one for each picture.",
    query: &[],
    body: Some(picture),
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sets the icon.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    caller.workspace.refuse_companies_if_off("id")?;
    let workspace = caller.store(app);
    let before = find(&workspace, &caller, id).await?;
    request.if_match(&CompanyView::shown(&before))?;
    let icon = app.keep_picture(request.picture()?).await?;
    let changed = retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&CompanyView::shown(&before))?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let patch = CompanyPatch {
            icon: Some(Some(icon.clone())),
            ..CompanyPatch::default()
        };
        after.update(&mut change, patch)?;
        let after = change.save_company(Some(&before), after);
        let answer = ok(&CompanyView::shown(&after));
        caller.commit(app, &change, answer).await
    })
    .await;
    if changed.is_err() {
        app.discard_picture(&icon).await;
    }
    changed
}
