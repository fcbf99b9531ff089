//! Requests as callers and events see them.

use super::{RequestStatus, RequestStep, ServiceRequest};
use crate::{Actor, ClientId, CompanyId, RequestId, ServiceId, Time};
use serde::{Deserialize, Serialize};

/// A request as the team sees it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Request")]
pub struct RequestView {
    /// Its id.
    pub id: RequestId,
    /// Always `request`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Who asks.
    pub client_id: ClientId,
    /// For which company; null for a client who had none.
    pub company_id: Option<CompanyId>,
    /// For which service; it may have been deleted since.
    pub service_id: ServiceId,
    /// What the service was called then.
    pub service_name: String,
    /// What it is about; empty once its client was erased.
    pub title: String,
    /// More about it.
    pub details: Option<String>,
    /// How far it is.
    pub status: RequestStatus,
    /// How it came there, step by step.
    pub history: Vec<RequestStepView>,
}

/// One step of a request.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RequestStep")]
pub struct RequestStepView {
    /// The status from then on.
    pub status: RequestStatus,
    /// When.
    pub at: Time,
    /// Who took it.
    pub by: Actor,
    /// What the client was told with it.
    pub note: Option<String>,
}

impl From<&RequestStep> for RequestStepView {
    fn from(step: &RequestStep) -> Self {
        Self {
            status: step.status,
            at: step.at,
            by: step.by,
            note: step.note.clone(),
        }
    }
}

impl ServiceRequest {
    /// The request as the team sees it.
    pub fn view(&self) -> RequestView {
        RequestView {
            id: self.id,
            object: "request".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            client_id: self.client_id,
            company_id: self.company_id,
            service_id: self.service_id,
            service_name: self.service_name.clone(),
            title: self.title.clone(),
            details: self.details.clone(),
            status: self.status,
            history: self.history.iter().map(RequestStepView::from).collect(),
        }
    }
}
