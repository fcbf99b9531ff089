//! The settings of a workspace.

use super::Workspace;
use crate::{Email, Invalid, STAFF_IDLE_MINUTES, WebLink, text};
use serde::{Deserialize, Serialize};

/// Whether clients are grouped in companies.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Companies {
    /// They are not. What there was before comes back when that changes.
    Off,
    /// A client can be in companies.
    #[default]
    Optional,
    /// A client is in a company, at least.
    Required,
}

/// Which channel is made for a new client.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ChannelType {
    /// One for the client alone.
    #[default]
    Individual,
    /// The one of its company.
    Company,
}

/// What clients and companies are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Labels {
    /// One client.
    pub individual_term: String,
    /// Several clients.
    pub individual_term_plural: String,
    /// One company.
    pub group_term: String,
    /// Several companies.
    pub group_term_plural: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            individual_term: "client".to_owned(),
            individual_term_plural: "clients".to_owned(),
            group_term: "company".to_owned(),
            group_term_plural: "companies".to_owned(),
        }
    }
}

/// Settings that shall change, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WorkspacePatch {
    /// The business's name.
    pub name: Option<String>,
    /// For how many days an invitation is good.
    pub invitation_days: Option<u8>,
    /// After how many minutes without a request team members are signed out.
    pub staff_idle_minutes: Option<u16>,
    /// Whether clients are grouped in companies.
    pub companies: Option<Companies>,
    /// What one client is called.
    pub individual_term: Option<String>,
    /// What several clients are called.
    pub individual_term_plural: Option<String>,
    /// What one company is called.
    pub group_term: Option<String>,
    /// What several companies are called.
    pub group_term_plural: Option<String>,
    /// Which channel is made for a new client.
    pub default_channel_type: Option<ChannelType>,
    /// Whether clients can invite colleagues.
    pub are_client_invites_allowed: Option<bool>,
    /// Whether anybody can sign up.
    pub is_direct_sign_up_allowed: Option<bool>,
    /// Whether clients who are not invited yet are notified by mail.
    pub are_uninvited_notified: Option<bool>,
    /// The logo; `Some(None)` takes it away.
    pub logo_url: Option<Option<WebLink>>,
    /// The colour of buttons; `Some(None)` is the usual one.
    pub accent_color: Option<Option<String>>,
    /// Where answers to mails go; `Some(None)` is to nobody.
    pub reply_to: Option<Option<Email>>,
}

impl WorkspacePatch {
    /// Checks for how many days an invitation shall be good.
    pub fn invitation_days(field: &str, days: i64) -> Result<u8, Invalid> {
        let good = u8::try_from(days)
            .ok()
            .filter(|days| (1..=30).contains(days));
        let message = "an invitation is good for 1 to 30 days";
        good.ok_or_else(|| Invalid::new(field, "number_invalid", message))
    }

    /// Checks after how many minutes without a request team members shall be
    /// signed out.
    pub fn staff_idle_minutes(field: &str, minutes: i64) -> Result<u16, Invalid> {
        let good = u16::try_from(minutes)
            .ok()
            .filter(|minutes| STAFF_IDLE_MINUTES.contains(minutes));
        let message = "whoever is of the team is signed out after 30 to 720 minutes";
        good.ok_or_else(|| Invalid::new(field, "number_invalid", message))
    }

    /// Checks what something is called.
    pub fn term(field: &str, term: &str) -> Result<String, Invalid> {
        text::line(field, term, 1, 30)
    }

    pub(super) fn apply(self, workspace: &mut Workspace) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let labels = &mut workspace.labels;
        set(&mut labels.individual_term, self.individual_term);
        set(
            &mut labels.individual_term_plural,
            self.individual_term_plural,
        );
        set(&mut labels.group_term, self.group_term);
        set(&mut labels.group_term_plural, self.group_term_plural);
        set(&mut workspace.name, self.name);
        set(&mut workspace.invitation_days, self.invitation_days);
        set(&mut workspace.staff_idle_minutes, self.staff_idle_minutes);
        set(&mut workspace.companies, self.companies);
        set(
            &mut workspace.default_channel_type,
            self.default_channel_type,
        );
        set(
            &mut workspace.are_client_invites_allowed,
            self.are_client_invites_allowed,
        );
        set(
            &mut workspace.is_direct_sign_up_allowed,
            self.is_direct_sign_up_allowed,
        );
        set(
            &mut workspace.are_uninvited_notified,
            self.are_uninvited_notified,
        );
        set(&mut workspace.logo_url, self.logo_url);
        set(&mut workspace.accent_color, self.accent_color);
        set(&mut workspace.reply_to, self.reply_to);
    }
}
