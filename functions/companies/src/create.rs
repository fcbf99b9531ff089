//! `POST /v1/companies`: adds a company to the caller's workspace.

use crate::fields::CompanyFields;
use portico_app::{App, Grant};
use portico_domain::{Company, CompanyView, FieldEntity, Permission};
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    check_account_managers, custom_values, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::post("companies-create", "/v1/companies")
    .needs(Permission::ManageClientOrganizations)
    .also_at(&["/v1/company"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add a company",
    description: "The name is unique in the workspace among names that look alike, such as those that differ in case or in blanks. Refused while companies are turned off.",
    query: &[
        Parameter::flag(
            "findOrCreate",
            "Answer with the company of this name as it is, if there is one.",
        ),
        Parameter::DRY_RUN,
    ],
    body: Some(schema::<CompanyFields>),
    answer: Body::Json(schema::<CompanyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Adds a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let find = request.flag("findOrCreate")?.unwrap_or(false);
    add(app, &caller, body(&request)?, find).await
}

/// Adds one company, alone or as one of many.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    mut fields: CompanyFields,
    find: bool,
) -> Result<Response, Problem> {
    let values = fields.custom_fields.take();
    let (name, mut fields) = fields.into_new()?;
    let workspace = caller.store(app);
    caller.workspace.refuse_companies_if_off("name")?;
    fields.custom_fields =
        custom_values(&workspace, FieldEntity::Company, values.flatten().as_ref()).await?;
    fields.custom_fields.refuse_too_many()?;
    let managers = fields.account_manager_ids.as_deref().unwrap_or_default();
    check_account_managers(&workspace, &[], managers).await?;
    retry_stale(|| async {
        if find
            && let Some(found) = workspace.company_named(&name).await?
            && caller.companies.covers(found.id)
        {
            return Ok(ok(&CompanyView::shown(&found)));
        }
        caller.refuse_limited()?;
        let mut change = caller.change(app);
        let (name, fields) = (name.clone(), fields.clone());
        let company = Company::create(&mut change, caller.workspace_id, name, fields);
        let company = change.save_company(None, company);
        let answer = ok(&CompanyView::shown(&company));
        match caller.commit(app, &change, answer).await {
            // Somebody else was quicker; that one is found by looking again.
            Err(problem) if find && problem.has_code("company_name_taken") => Err(Problem::stale()),
            done => done,
        }
    })
    .await
}
