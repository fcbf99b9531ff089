//! Entries of the audit log as callers see them: what the compatible API shows
//! of one, and what it lacks.

use super::{AuditEntry, AuditItem};
use crate::{Actor, ApiKeyId, AuditEntryId, ChangeSource, CompanyId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuditLogEntry")]
pub struct AuditEntryView {
    /// Its id.
    pub id: AuditEntryId,
    /// Always `auditLog`.
    pub object: String,
    /// Who did it; null if Portico did, such as when an invitation runs out.
    pub actor_id: Option<Uuid>,
    /// `internalUser`, `clientUser` or `system`.
    pub actor_type: String,
    /// The company that it concerns, if it concerns one.
    pub company_id: Option<CompanyId>,
    /// By which way it came.
    pub source: ChangeSource,
    /// What it was, in one word, such as `client.created`.
    pub event_type: String,
    /// What it was, in a sentence, where somebody gave one.
    pub event_description: String,
    /// More about it, where somebody gave more.
    pub context: Map<String, Value>,
    /// The program that asked for it, as it calls itself.
    pub user_agent: Option<String>,
    /// The network address that the request came from.
    pub ip: Option<String>,
    /// The API key that the request had.
    pub api_key_id: Option<ApiKeyId>,
    /// The id of the request, as its answer had it.
    pub request_id: Option<String>,
    /// Everything that happened in the same change, in order.
    pub items: Vec<AuditItem>,
    /// When.
    pub created_at: Time,
    /// The same; entries do not change.
    pub updated_at: Time,
}

impl AuditEntry {
    /// The entry as callers see it.
    pub fn view(&self) -> AuditEntryView {
        let origin = &self.origin;
        let actor_type = match origin.actor {
            Actor::InternalUser { .. } => "internalUser",
            Actor::Client { .. } => "clientUser",
            Actor::System => "system",
        };
        AuditEntryView {
            id: self.id,
            object: "auditLog".to_owned(),
            actor_id: origin.actor.id(),
            actor_type: actor_type.to_owned(),
            company_id: self.company_id,
            source: origin.source,
            event_type: self.event_type.clone(),
            event_description: self.description.clone().unwrap_or_default(),
            context: self.context.clone(),
            user_agent: origin.user_agent.clone(),
            ip: origin.ip.clone(),
            api_key_id: origin.api_key_id,
            request_id: origin.request_id.clone(),
            items: self.items.clone(),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}
