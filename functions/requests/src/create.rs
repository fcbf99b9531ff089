//! `POST /v1/requests`: asks for a service on behalf of a client.

use portico_app::{App, Grant};
use portico_domain::{
    Client, ClientId, CompanyId, Invalid, Permission, RequestDraft, RequestView, ServiceId,
};
use portico_web::{
    Ask, Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit,
    ask, body, company_of, created, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("requests-create", "/v1/requests").needs(Permission::ManageRequests);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Ask for a service on behalf of a client",
    description: "What holds for clients holds here: the service has to be active (`service_inactive`) and among those of the company (`service_not_allowed`), and the company has to be active (`company_inactive`). Without `companyId` it is for the client's primary company. The account managers of the company and of the client are mailed, other than the caller. An event `request.created` tells it.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewRequest>),
    answer: Body::Created(schema::<RequestView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What is asked for, and for whom.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewRequest {
    /// The client.
    client_id: String,
    /// The service.
    service_id: ServiceId,
    /// One of the client's companies; the primary one if left out.
    company_id: Option<CompanyId>,
    /// What it is about, in 200 characters at most.
    title: String,
    /// More about it, in 5 000 characters at most.
    details: Option<String>,
}

/// Asks for the service.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let wanted: NewRequest = body(&request)?;
    let draft = RequestDraft::new(&wanted.title, wanted.details.as_deref())?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let client = match wanted.client_id.parse::<ClientId>() {
            Ok(id) => caller.client(app, id).await?,
            Err(_) => None,
        };
        let client = client.ok_or_else(|| unknown(&wanted.client_id))?;
        let asked = Ask {
            client: &client,
            company_id: company(&caller, &client, wanted.company_id)?,
            service_id: wanted.service_id,
            draft: draft.clone(),
        };
        let mut change = caller.change(app);
        let made = ask(&workspace, &mut change, asked).await?;
        let answer = created(&made.view());
        caller.commit(app, &change, answer).await
    })
    .await
}

/// The company that it is for: one that the caller sees.
fn company(
    caller: &Caller,
    client: &Client,
    named: Option<CompanyId>,
) -> Result<Option<CompanyId>, Invalid> {
    let mut seen = client.clone();
    seen.company_ids
        .retain(|company| caller.companies.covers(*company));
    company_of(&seen, named)
}

fn unknown(id: &str) -> Invalid {
    let message = format!("there is no client {id:?} in this workspace");
    Invalid::new("clientId", "client_unknown", message)
}
