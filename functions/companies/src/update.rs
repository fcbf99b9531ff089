//! `PATCH /v1/companies/{id}`: changes the fields that are given.

use crate::{fields::CompanyFields, get::find};
use portico_app::{App, Grant};
use portico_domain::{CompanyView, FieldEntity, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, changed_values,
    check_account_managers, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("companies-update", "/v1/companies/{id}")
    .needs(Permission::ManageClientOrganizations)
    .also_at(&["/v1/company/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Change a company",
    description: "What is not given stays as it is; an empty text, an empty list or `null` clears a field; of `serviceIds` an empty list is no service, and `null` all. Nobody can be assigned to, invited or moved into a company that is not active; who is in it stays. Refused while companies are turned off.",
    query: &[],
    body: Some(schema::<CompanyFields>),
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    caller.workspace.refuse_companies_if_off("id")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&CompanyView::shown(&before))?;
        let mut fields = body::<CompanyFields>(&request)?;
        let values = fields.custom_fields.take();
        let mut patch = fields.into_patch(before.icon.as_ref())?;
        let managers = patch.account_manager_ids.as_deref().unwrap_or_default();
        check_account_managers(&workspace, &before.account_manager_ids, managers).await?;
        let given = values.as_ref().map(Option::as_ref);
        let known = &before.custom_fields;
        patch.custom_fields =
            changed_values(&workspace, FieldEntity::Company, known, given).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.update(&mut change, patch)?;
        after.custom_fields.refuse_too_many()?;
        if after == before {
            return Ok(ok(&CompanyView::shown(&before)));
        }
        let after = change.save_company(Some(&before), after);
        let answer = ok(&CompanyView::shown(&after));
        caller.commit(app, &change, answer).await
    })
    .await
}
