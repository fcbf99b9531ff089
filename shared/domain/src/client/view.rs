//! Clients as callers and events see them.

use super::{Client, ClientStatus, CreationMethod};
use crate::{AddressFault, ClientId, CompanyId, InternalUserId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A client as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Client")]
pub struct ClientView {
    /// Its id.
    pub id: ClientId,
    /// Always `client`.
    pub object: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Both names.
    pub name: String,
    /// Its address.
    pub email: String,
    /// The address that it is to have as soon as it has proved it; absent while
    /// none waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<String>,
    /// What is known against that address: mail to it bounced, or its owner
    /// called our mail spam. Null while nothing is.
    #[serde(default)]
    pub email_state: Option<AddressFault>,
    /// The primary company; a placeholder if it has none.
    pub company_id: CompanyId,
    /// All companies, the primary one first; a placeholder if it has none.
    pub company_ids: Vec<CompanyId>,
    /// How far it is on its way in.
    pub status: ClientStatus,
    /// The link of the open invitation, for callers who may invite; empty when
    /// none is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_url: Option<String>,
    /// Its picture; null when there is none.
    pub avatar_image_url: Option<String>,
    /// The colour behind its initials when it has no picture.
    pub fallback_color: String,
    /// When it first signed in.
    pub first_login_date: Option<Time>,
    /// When it last signed in, to the minute.
    pub last_login_date: Option<Time>,
    /// When it last did something itself, such as signing in or changing its
    /// profile, to the minute.
    pub last_activity_at: Option<Time>,
    /// When it was archived; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Time>,
    /// How it came into the workspace.
    pub creation_method: CreationMethod,
    /// Job title or role.
    pub position: Option<String>,
    /// Phone number in E.164 form.
    pub phone: Option<String>,
    /// The team members who look after it.
    pub account_manager_ids: Vec<InternalUserId>,
    /// By what it is grouped.
    pub tags: Vec<String>,
    /// The client that it was merged into; only in the event that tells that it
    /// is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ClientId>,
    /// Whose ids lead here too: clients who were merged into this one.
    pub merged_ids: Vec<ClientId>,
    /// Values of the workspace's own fields; null when there are none.
    pub custom_fields: Option<Map<String, Value>>,
}

/// A client as it sees itself: who it is, and nothing that the team keeps about
/// it for itself, such as tags and custom fields.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Profile")]
pub struct ProfileView {
    /// Its id.
    pub id: ClientId,
    /// Always `client`.
    pub object: &'static str,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Both names.
    pub name: String,
    /// The address, which it also signs in with.
    pub email: String,
    /// The primary company; a placeholder if it has none.
    pub company_id: CompanyId,
    /// All companies, the primary one first; a placeholder if it has none.
    pub company_ids: Vec<CompanyId>,
    /// Always `active`: nobody else is signed in.
    pub status: ClientStatus,
    /// Its picture; null when there is none.
    pub avatar_image_url: Option<String>,
    /// The colour behind its initials when it has no picture.
    pub fallback_color: String,
    /// When it first signed in.
    pub first_login_date: Option<Time>,
    /// When it last signed in.
    pub last_login_date: Option<Time>,
    /// Job title or role.
    pub position: Option<String>,
    /// Phone number in E.164 form.
    pub phone: Option<String>,
}

/// The fact that a client is in a company, as events tell it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MembershipView {
    pub(super) object: &'static str,
    pub(super) client_id: ClientId,
    pub(super) company_id: CompanyId,
}

impl Client {
    /// The client as it sees itself.
    pub fn profile(&self) -> ProfileView {
        ProfileView {
            id: self.id,
            object: "client",
            created_at: self.created_at,
            updated_at: self.updated_at,
            given_name: self.name.given_name.clone(),
            family_name: self.name.family_name.clone(),
            name: self.name.full(),
            email: self.email.as_str().to_owned(),
            company_id: self.primary_company(),
            company_ids: self.memberships().collect(),
            status: ClientStatus::Active,
            avatar_image_url: self.avatar_url(),
            fallback_color: self.fallback_color.clone(),
            first_login_date: self.activated_at,
            last_login_date: self.last_login_at,
            position: self.position.clone(),
            phone: self.phone.clone(),
        }
    }

    /// Where its picture is, if it has one.
    pub fn avatar_url(&self) -> Option<String> {
        self.avatar.as_ref().map(|avatar| avatar.url.clone())
    }

    /// The client as callers see it at `now`, without its link.
    pub fn view_at(&self, now: Time) -> ClientView {
        let pending = self.pending_email(now);
        ClientView {
            pending_email: pending.map(|email| email.as_str().to_owned()),
            ..self.view(self.status(now))
        }
    }

    /// The client as events tell it: the same without what passes by itself.
    pub fn view(&self, status: ClientStatus) -> ClientView {
        ClientView {
            id: self.id,
            object: "client".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            given_name: self.name.given_name.clone(),
            family_name: self.name.family_name.clone(),
            name: self.name.full(),
            email: self.email.as_str().to_owned(),
            pending_email: None,
            email_state: self.address_fault(),
            company_id: self.primary_company(),
            company_ids: self.memberships().collect(),
            status,
            invite_url: None,
            avatar_image_url: self.avatar_url(),
            fallback_color: self.fallback_color.clone(),
            first_login_date: self.activated_at,
            last_login_date: self.last_login_at,
            last_activity_at: self.last_activity_at,
            archived_at: self.archived_at,
            creation_method: self.creation_method,
            position: self.position.clone(),
            phone: self.phone.clone(),
            account_manager_ids: self.account_manager_ids.clone(),
            tags: self.tags.as_slice().to_vec(),
            merged_into: self.merged_into,
            merged_ids: self.merged_ids.clone(),
            custom_fields: self.custom_fields.shown(),
        }
    }
}
