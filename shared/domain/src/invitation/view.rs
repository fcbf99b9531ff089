//! Invitations as callers see them.

use super::{Delivery, Invitation, InvitationStatus};
use crate::{Actor, ClientId, CompanyId, InvitationId, Time};
use serde::{Deserialize, Serialize};

/// An invitation as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Invitation")]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationId,
    /// Always `invitation`.
    pub object: String,
    /// Who is invited.
    pub client_id: ClientId,
    /// The address that it was sent to.
    pub email: String,
    /// What became of it.
    pub status: InvitationStatus,
    /// What became of its latest mail.
    pub delivery: Delivery,
    /// How many mails the mail service took.
    pub send_count: u32,
    /// When the mail service took the latest one.
    pub last_sent_at: Option<Time>,
    /// When it runs out.
    pub expires_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// Who invited.
    pub created_by: Actor,
    /// When it was accepted.
    pub accepted_at: Option<Time>,
    /// When it was cancelled.
    pub cancelled_at: Option<Time>,
    /// The companies that the client was in when invited.
    pub company_ids: Vec<CompanyId>,
}

impl Invitation {
    /// The invitation as callers see it at `now`.
    pub fn view(&self, now: Time) -> InvitationView {
        InvitationView {
            id: self.id,
            object: "invitation".to_owned(),
            client_id: self.client_id,
            email: self.email.as_str().to_owned(),
            status: self.status_at(now),
            delivery: self.delivery.clone(),
            send_count: self.send_count,
            last_sent_at: self.last_sent_at,
            expires_at: self.expires_at,
            created_at: self.created_at,
            created_by: self.created_by,
            accepted_at: self.accepted_at,
            cancelled_at: self.cancelled_at,
            company_ids: self.company_ids.clone(),
        }
    }
}
