//! Requests as the client who made them sees them.

use portico_domain::{
    Actor, Client, CompanyId, RequestId, RequestStatus, RequestStep, ServiceId, ServiceRequest,
    Time,
};
use portico_store::WorkspaceStore;
use portico_web::{Problem, Request};
use schemars::JsonSchema;
use serde::Serialize;

/// A request of one's own.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnRequest {
    /// Its id.
    id: RequestId,
    /// Always `request`.
    object: &'static str,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
    /// For which company; null for none.
    company_id: Option<CompanyId>,
    /// For which service.
    service_id: ServiceId,
    /// What the service was called then.
    service_name: String,
    /// What it is about.
    title: String,
    /// More about it.
    details: Option<String>,
    /// How far it is.
    status: RequestStatus,
    /// How it came there, step by step.
    history: Vec<OwnStep>,
}

/// One step of a request. Who of the team took it is the business's own affair.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OwnStep {
    /// The status from then on.
    status: RequestStatus,
    /// When.
    at: Time,
    /// Who took it: `client` or `team`.
    by: &'static str,
    /// What the team said with it.
    note: Option<String>,
}

impl From<&ServiceRequest> for OwnRequest {
    fn from(request: &ServiceRequest) -> Self {
        Self {
            id: request.id,
            object: "request",
            created_at: request.created_at,
            updated_at: request.updated_at,
            company_id: request.company_id,
            service_id: request.service_id,
            service_name: request.service_name.clone(),
            title: request.title.clone(),
            details: request.details.clone(),
            status: request.status,
            history: request.history.iter().map(OwnStep::from).collect(),
        }
    }
}

impl From<&RequestStep> for OwnStep {
    fn from(step: &RequestStep) -> Self {
        Self {
            status: step.status,
            at: step.at,
            by: match step.by {
                Actor::Client { .. } => "client",
                Actor::InternalUser { .. } | Actor::System => "team",
            },
            note: step.note.clone(),
        }
    }
}

/// The client's own request that the path names. That of somebody else is as if
/// it did not exist.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    request: &Request,
    me: &Client,
) -> Result<ServiceRequest, Problem> {
    let id = request.path_id("request")?;
    let found = workspace.request(id).await?;
    found
        .filter(|found| me.all_ids().contains(&found.client_id))
        .ok_or_else(|| Problem::not_found("request"))
}
