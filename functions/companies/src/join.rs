//! `POST /v1/companies/{id}/clients`: adds clients to a company.
//!
//! Each client joins in a transaction of its own. Doing it again changes
//! nothing: whoever is in already counts as added.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{ClientId, CompanyId, CompanyView, Invalid, MAX_COMPANIES, Permission};
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    ok, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What this function answers to.
pub const ROUTE: Route = Route::post("companies-join", "/v1/companies/{id}/clients")
    .needs(Permission::EditClients)
    .also_at(&["/v1/company/{id}/clients"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add clients to a company",
    description: "Up to 100, each by itself: the answer lists who is in the company now, and why the others are not. The id of a client who was merged into another one stands for that one. A company that only stands in for \"no company\" takes nobody. Refused while companies are turned off.",
    query: &[
        Parameter::DRY_RUN,
        Parameter::flag(
            "confirmPromotePlaceholder",
            "Known from the compatible API. A placeholder is never promoted here: it is refused with `company_is_placeholder`.",
        ),
    ],
    body: Some(schema::<Newcomers>),
    answer: Body::Json(schema::<Added>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// How many clients join at once at most.
const MAX_CLIENTS: usize = 100;

/// Who shall join.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Newcomers {
    /// 1 to 100 clients.
    #[schemars(with = "Vec<String>", length(min = 1, max = 100))]
    client_ids: Option<Vec<String>>,
}

/// Who is in, and who is not.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AddedClients")]
struct Added {
    /// The clients who are in the company now.
    added_client_ids: Vec<String>,
    /// The others.
    add_client_errors: Vec<AddError>,
}

/// A client who is not in the company.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AddClientError")]
struct AddError {
    /// Who.
    client_id: String,
    /// Why.
    error: Reason,
}

/// Why a client is not in the company.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AddClientReason")]
struct Reason {
    /// A stable word for programs.
    code: String,
    /// The same for people.
    message: String,
    /// A URN that names the kind of problem.
    #[serde(rename = "type")]
    kind: String,
}

/// Adds clients to a company.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("company")?;
    request.flag("confirmPromotePlaceholder")?;
    let clients = body::<Newcomers>(&request)?
        .client_ids
        .ok_or_else(|| Invalid::missing("clientIds"))?;
    if clients.is_empty() || clients.len() > MAX_CLIENTS {
        let message = format!("clientIds has 1 to {MAX_CLIENTS} ids");
        return Err(Invalid::new("clientIds", "batch_size", message).into());
    }
    let workspace = caller.store(app);
    let company = find(&workspace, &caller, id).await?;
    request.if_match(&CompanyView::shown(&company))?;
    caller.workspace.refuse_companies_if_off("id")?;
    company.refuse_newcomers()?;
    let mut seen = BTreeSet::new();
    let mut added = Added::default();
    for client_id in clients.into_iter().filter(|id| seen.insert(id.clone())) {
        match join(app, &caller, &client_id, id).await {
            Ok(()) => added.added_client_ids.push(client_id),
            Err(problem) if problem.is_ours() => return Err(problem),
            Err(problem) => {
                let view = problem.view();
                let error = Reason {
                    code: view.code,
                    message: view.message,
                    kind: view.kind,
                };
                added.add_client_errors.push(AddError { client_id, error });
            }
        }
    }
    caller.commit(app, &caller.change(app), ok(&added)).await
}

async fn join(
    app: &App,
    caller: &Caller,
    client_id: &str,
    company_id: CompanyId,
) -> Result<(), Problem> {
    let not_found = || Problem::not_found("client");
    let id: ClientId = client_id.parse().map_err(|_| not_found())?;
    retry_stale(|| async {
        let before = caller.client(app, id).await?.ok_or_else(not_found)?;
        if before.company_ids.contains(&company_id) {
            return Ok(());
        }
        if before.company_ids.len() >= MAX_COMPANIES {
            let message = format!("a client is in at most {MAX_COMPANIES} companies");
            return Err(Invalid::new("companyIds", "too_many_companies", message).into());
        }
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.join(&mut change, company_id);
        change.save_client(Some(&before), after);
        Ok(caller.write(app, &change).await?)
    })
    .await
}
