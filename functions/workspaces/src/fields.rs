//! The settings of a workspace as callers write them.

use portico_domain::{
    ChannelType, Companies, Email, Invalid, WebLink, WorkspacePatch, parse_color, text,
};
use portico_web::{filled, given};
use schemars::JsonSchema;
use serde::Deserialize;

/// What shall change about a workspace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The business's name.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "String")]
    brand_name: Option<String>,
    /// Whether clients are grouped in companies.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "Companies")]
    companies: Option<Companies>,
    /// Which channel is made for a new client.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "ChannelType")]
    default_channel_type: Option<ChannelType>,
    /// Whether clients can invite colleagues to their companies.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "bool")]
    is_client_invite_enabled: Option<bool>,
    /// Whether anybody can sign up.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "bool")]
    is_client_direct_sign_up_enabled: Option<bool>,
    /// Whether clients who are not invited yet are notified by mail.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "bool")]
    is_uninvited_notification_enabled: Option<bool>,
    /// For how many days an invitation is good: 1 to 30.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "i64")]
    invitation_lifetime_days: Option<i64>,
    /// After how many minutes without a request internal users are signed out:
    /// 30 to 720. It counts from the next request on, also for whoever is signed
    /// in already.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "i64")]
    staff_idle_minutes: Option<i64>,
    /// A link to the logo, which begins with `https://`.
    #[serde(deserialize_with = "given")]
    full_logo_url: Option<Option<String>>,
    /// The colour of buttons in mails and pages, such as `#9BBFFF`.
    #[serde(deserialize_with = "given")]
    color_accent: Option<Option<String>>,
    /// Where answers to mails go.
    #[serde(deserialize_with = "given")]
    reply_to_email: Option<Option<String>>,
    /// What clients and companies are called.
    labels: LabelFields,
}

/// What shall be called otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct LabelFields {
    /// One client.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "String")]
    individual_term: Option<String>,
    /// Several clients.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "String")]
    individual_term_plural: Option<String>,
    /// One company.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "String")]
    group_term: Option<String>,
    /// Several companies.
    #[serde(deserialize_with = "filled")]
    #[schemars(with = "String")]
    group_term_plural: Option<String>,
}

impl TryFrom<Settings> for WorkspacePatch {
    type Error = Invalid;

    fn try_from(settings: Settings) -> Result<Self, Invalid> {
        let term = |name: &str, term: Option<String>| {
            let field = format!("labels.{name}");
            term.map(|term| Self::term(&field, &term)).transpose()
        };
        let labels = settings.labels;
        Ok(Self {
            name: settings
                .brand_name
                .map(|name| text::line("brandName", &name, 1, 100))
                .transpose()?,
            invitation_days: settings
                .invitation_lifetime_days
                .map(|days| Self::invitation_days("invitationLifetimeDays", days))
                .transpose()?,
            staff_idle_minutes: settings
                .staff_idle_minutes
                .map(|minutes| Self::staff_idle_minutes("staffIdleMinutes", minutes))
                .transpose()?,
            companies: settings.companies,
            individual_term: term("individualTerm", labels.individual_term)?,
            individual_term_plural: term("individualTermPlural", labels.individual_term_plural)?,
            group_term: term("groupTerm", labels.group_term)?,
            group_term_plural: term("groupTermPlural", labels.group_term_plural)?,
            default_channel_type: settings.default_channel_type,
            are_client_invites_allowed: settings.is_client_invite_enabled,
            is_direct_sign_up_allowed: settings.is_client_direct_sign_up_enabled,
            are_uninvited_notified: settings.is_uninvited_notification_enabled,
            logo_url: clearable(settings.full_logo_url, |link| {
                WebLink::https("fullLogoUrl", link)
            })?,
            accent_color: clearable(settings.color_accent, |color| {
                parse_color("colorAccent", color)
            })?,
            reply_to: clearable(settings.reply_to_email, |email| {
                Email::parse("replyToEmail", email)
            })?,
        })
    }
}

/// A field that is absent, cleared by an empty text or null, or set.
fn clearable<T>(
    field: Option<Option<String>>,
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<Option<T>>, Invalid> {
    let Some(text) = field else { return Ok(None) };
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| parse(&text)).transpose().map(Some)
}
