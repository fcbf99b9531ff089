//! Internal users as callers see them.

use super::{InternalUser, MemberStatus, TeamInvitation, TeamInvitationView};
use crate::{CompanyId, InternalUserId, Role, RoleId, Time};
use serde::{Deserialize, Serialize};

/// An internal user as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "InternalUser")]
pub struct InternalUserView {
    /// Its id.
    pub id: InternalUserId,
    /// Always `internalUser`.
    pub object: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Its address; empty once it is removed.
    pub email: String,
    /// `admin` or `staff`; `staff` for a role of the workspace's own.
    pub role: String,
    /// The role of the workspace's own, if it has one.
    pub role_id: Option<RoleId>,
    /// The colour behind its initials when it has no picture.
    pub fallback_color: String,
    /// Its picture; empty when there is none.
    pub avatar_image_url: String,
    /// Whether it sees only some companies and their clients.
    pub is_client_access_limited: bool,
    /// Which companies; null if it sees all.
    pub company_access_list: Option<Vec<CompanyId>>,
    /// When it last signed in.
    pub last_login_date: Option<Time>,
    /// Whether it was invited, and has set up its account.
    pub status: MemberStatus,
    /// The invitation that is open; null if none is.
    pub invitation: Option<TeamInvitationView>,
}

impl InternalUser {
    /// The internal user as callers see it at `now`.
    pub fn view(&self, now: Time) -> InternalUserView {
        let companies = self.company_access.limit();
        InternalUserView {
            id: self.id,
            object: "internalUser".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            given_name: self.name.given_name.clone(),
            family_name: self.name.family_name.clone(),
            email: if self.is_member() {
                self.email.to_string()
            } else {
                String::new()
            },
            // Programs written for the compatible API know these two.
            role: match self.role {
                Role::Admin => "admin",
                Role::Staff | Role::Custom(_) => "staff",
            }
            .to_owned(),
            role_id: self.role.custom(),
            fallback_color: self.fallback_color.clone(),
            avatar_image_url: String::new(),
            is_client_access_limited: self.company_access.is_limited(),
            company_access_list: companies.map(|ids| ids.iter().copied().collect()),
            last_login_date: self.last_login_at,
            status: self.status_at(now),
            invitation: self.open_invitation(now).map(TeamInvitation::view),
        }
    }
}
