//! `GET /portal/services`: what a client can ask for.

use portico_app::{App, Grant};
use portico_domain::{CompanyId, Service, ServiceId};
use portico_store::{Index, Page, ServiceFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit_client, company_of, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-services", "/portal/services").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List what can be asked for",
    description: "The active services that the members of the company may ask for, oldest first: of the primary company unless another of one's own is named. Nothing while the company is not active. A page can have fewer than `limit` and go on all the same: go on until there is no `nextToken`.",
    query: &[
        Parameter::text("companyId", "One of the own companies."),
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
    ],
    body: None,
    answer: Body::Json(schema::<ListView<Offer>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A service that can be asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Offer {
    /// Its id.
    id: ServiceId,
    /// Always `service`.
    object: &'static str,
    /// Its name.
    name: String,
    /// What it is.
    description: Option<String>,
}

/// Lists what can be asked for.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    let company = company_of(&me, request.query_id::<CompanyId>("companyId")?)?;
    let place = company.map(|id| id.to_string()).unwrap_or_default();
    let context = format!("{} {} {} {place}", me.workspace_id, ROUTE.name, me.id);
    let paging = Paging::within(app, &request, context)?;
    let workspace = app.store.workspace(me.workspace_id);
    let company = match company {
        Some(id) => workspace.company(id).await?,
        None => None,
    };
    if company.as_ref().is_some_and(|company| !company.is_active) {
        return Ok(ok(&ListView::<Offer>::complete(Vec::new())));
    }
    let page = if let Some(only) = company.and_then(|company| company.service_ids) {
        // There are 50 at most, which is one page.
        let mut items = workspace.services_by_id(&only).await?;
        items.retain(|service| service.is_active);
        items.sort_by_key(|service| service.id);
        Page { items, next: None }
    } else {
        let filter = ServiceFilter {
            is_active: Some(true),
        };
        workspace.services(filter, &paging.request).await?
    };
    Ok(ok(&paging.answer(app, page, |service| offer(&service))?))
}

fn offer(service: &Service) -> Offer {
    Offer {
        id: service.id,
        object: "service",
        name: service.name.as_str().to_owned(),
        description: service.description.clone(),
    }
}
