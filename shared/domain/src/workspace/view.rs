//! Workspaces as callers and events see them.

use super::{ChannelType, Companies, Labels, Workspace};
use crate::{Time, WorkspaceId};
use serde::Serialize;

/// A workspace as callers see it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Workspace")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, in the words of the compatible API"
)]
pub struct WorkspaceView {
    /// Its id.
    pub id: WorkspaceId,
    /// Always `workspace`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// When its settings were last changed.
    pub updated_at: Time,
    /// The business's name.
    pub brand_name: String,
    /// Where its clients sign in; not in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_url: Option<String>,
    /// What of the compatible API is not kept here.
    #[serde(flatten)]
    pub not_kept: NotKept,
    /// Whether clients are grouped in companies.
    pub is_companies_enabled: bool,
    /// The same, and whether every client has to be in one.
    pub companies: Companies,
    /// Which channel is made for a new client; `individual` while companies
    /// are off.
    pub default_channel_type: ChannelType,
    /// Whether clients can invite colleagues to their companies.
    pub is_client_invite_enabled: bool,
    /// Whether anybody can sign up.
    pub is_client_direct_sign_up_enabled: bool,
    /// Whether clients who are not invited yet are notified by mail.
    pub is_uninvited_notification_enabled: bool,
    /// For how many days an invitation is good.
    pub invitation_lifetime_days: u8,
    /// After how many minutes without a request internal users are signed out.
    pub staff_idle_minutes: u16,
    /// The logo in mails and pages; empty when there is none.
    pub full_logo_url: String,
    /// The colour of buttons in mails and pages; empty for the usual one.
    pub color_accent: String,
    /// Where answers to mails go; empty for nobody.
    pub reply_to_email: String,
    /// What clients and companies are called.
    pub labels: Labels,
}

/// Settings of the compatible API that Portico does not have. Programs that read
/// them find what is there when nobody has set them: empty texts.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotKept {
    /// Always empty.
    pub industry: String,
    /// Always empty.
    pub log_out_url: String,
    /// Always empty.
    pub square_icon_url: String,
    /// Always empty.
    pub square_login_image_url: String,
    /// Always empty.
    pub social_sharing_image_url: String,
    /// Always empty.
    pub color_sidebar_background: String,
    /// Always empty.
    pub color_sidebar_text: String,
    /// Always empty.
    pub font: String,
    /// Always empty.
    pub meta_title: String,
    /// Always empty.
    pub meta_description: String,
}

impl WorkspaceView {
    /// The view of a workspace whose portal is at `portal_url`.
    pub fn new(workspace: &Workspace, portal_url: &str) -> Self {
        Self {
            portal_url: Some(portal_url.to_owned()),
            ..Self::told(workspace)
        }
    }

    /// What events tell of it.
    pub(super) fn told(workspace: &Workspace) -> Self {
        let shown = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            id: workspace.id,
            object: "workspace".to_owned(),
            created_at: workspace.created_at,
            updated_at: workspace.updated_at.unwrap_or(workspace.created_at),
            brand_name: workspace.name.clone(),
            portal_url: None,
            not_kept: NotKept::default(),
            is_companies_enabled: workspace.companies != Companies::Off,
            companies: workspace.companies,
            default_channel_type: workspace.channel_type(),
            is_client_invite_enabled: workspace.are_client_invites_allowed,
            is_client_direct_sign_up_enabled: workspace.is_direct_sign_up_allowed,
            is_uninvited_notification_enabled: workspace.are_uninvited_notified,
            invitation_lifetime_days: workspace.invitation_days,
            staff_idle_minutes: workspace.staff_idle_minutes,
            full_logo_url: shown(workspace.logo_url.as_ref().map(crate::WebLink::as_str)),
            color_accent: shown(workspace.accent_color.as_deref()),
            reply_to_email: shown(workspace.reply_to.as_ref().map(crate::Email::as_str)),
            labels: workspace.labels.clone(),
        }
    }
}
