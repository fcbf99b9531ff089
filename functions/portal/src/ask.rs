//! `POST /portal/requests`: a client asks for a service.

use crate::own::OwnRequest;
use portico_app::{App, Grant};
use portico_domain::{CompanyId, RequestDraft, ServiceId};
use portico_web::{
    Ask, Body, Function, Operation, Problem, Request, Response, Route, admit_client, ask, body,
    company_of, count_request, created, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-ask", "/portal/requests").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::BATCH_GET,
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Ask for a service",
    description: "One of those of `GET /portal/services`; whoever is in several companies names the one that it is for, else it is for the primary one. Refused when the service is not active (`service_inactive`) or not for this company (`service_not_allowed`), when the company is not active (`company_inactive`), and after 30 requests in an hour. The account managers of the company and of the client are mailed.",
    query: &[],
    body: Some(schema::<NewRequest>),
    answer: Body::Created(schema::<OwnRequest>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "OwnNewRequest")]
struct NewRequest {
    /// The service.
    service_id: ServiceId,
    /// One of the own companies; the primary one if left out.
    company_id: Option<CompanyId>,
    /// What it is about, in 200 characters at most.
    title: String,
    /// More about it, in 5 000 characters at most.
    details: Option<String>,
}

/// Asks for the service, and notes that the client did something.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let wanted: NewRequest = body(&request)?;
    let draft = RequestDraft::new(&wanted.title, wanted.details.as_deref())?;
    let workspace = app.store.workspace(caller.client.workspace_id);
    company_of(&caller.client, wanted.company_id)?;
    let tries = count_request(app, &workspace, caller.client.id).await?;
    let asked = retry_stale(|| async {
        let me = workspace.client(caller.client.id).await?;
        let me = me.filter(|me| !me.is_archived());
        let me = me.ok_or_else(Problem::session_missing)?;
        let mut change = caller.change(app, &request);
        let asked = Ask {
            client: &me,
            company_id: company_of(&me, wanted.company_id)?,
            service_id: wanted.service_id,
            draft: draft.clone(),
        };
        let made = ask(&workspace, &mut change, asked).await?;
        let mut active = me.clone();
        if active.note_activity(change.moment.now) {
            change.save_client(Some(&me), active);
        }
        let answer = created(&OwnRequest::from(&made));
        caller.commit(app, &change, answer).await
    })
    .await;
    if asked.is_err()
        && let Err(error) = tries.forgive(&workspace).await
    {
        // The refusal is what the client has to know.
        tracing::warn!(%error, "a request that was not made stays counted");
    }
    asked
}
