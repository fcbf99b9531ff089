//! Workspaces: the tenants, and their settings.

use crate::{
    AuditNote, Change, Email, Event, EventType, Invalid, Plan, Time, Told, WebLink, WorkspaceId,
    event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

mod settings;
mod view;

pub use settings::{ChannelType, Companies, Labels, WorkspacePatch};
pub use view::WorkspaceView;

/// A workspace as it is stored. What its callers can change are its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The business's name, as its clients read it.
    pub name: String,
    /// For how many days an invitation is good: 1 to 30.
    pub invitation_days: u8,
    /// After how many minutes without a request the session of a team member
    /// ends: 30 to 720.
    #[serde(default = "half_a_day")]
    pub staff_idle_minutes: u16,
    /// Whether clients are grouped in companies.
    #[serde(default)]
    pub companies: Companies,
    /// What clients and companies are called.
    #[serde(default)]
    pub labels: Labels,
    /// Which channel is made for a new client, while there are companies.
    #[serde(default)]
    pub default_channel_type: ChannelType,
    /// Whether clients can invite colleagues to their companies.
    #[serde(default)]
    pub are_client_invites_allowed: bool,
    /// Whether anybody can sign up.
    #[serde(default)]
    pub is_direct_sign_up_allowed: bool,
    /// Whether clients who are not invited yet are notified by mail.
    #[serde(default = "yes")]
    pub are_uninvited_notified: bool,
    /// The logo in mails and pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<WebLink>,
    /// The colour of buttons in mails and pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent_color: Option<String>,
    /// Where answers to mails go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Email>,
    /// How much of Portico it may use.
    #[serde(default)]
    pub plan: Plan,
    /// When it was made.
    pub created_at: Time,
    /// When its settings were last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    #[serde(default)]
    pub version: u64,
}

/// What the event `limit.reached` tells.
#[derive(Serialize)]
struct LimitReached {
    id: WorkspaceId,
    object: &'static str,
    name: &'static str,
    limit: u32,
}

fn yes() -> bool {
    true
}

const fn half_a_day() -> u16 {
    720
}

impl Workspace {
    /// A new workspace with the default settings.
    pub fn new(id: WorkspaceId, name: &str, now: Time) -> Self {
        Self {
            id,
            name: name.to_owned(),
            invitation_days: 7,
            staff_idle_minutes: half_a_day(),
            companies: Companies::default(),
            labels: Labels::default(),
            default_channel_type: ChannelType::default(),
            are_client_invites_allowed: false,
            is_direct_sign_up_allowed: false,
            are_uninvited_notified: true,
            logo_url: None,
            accent_color: None,
            reply_to: None,
            plan: Plan::default(),
            created_at: now,
            updated_at: None,
            told: Told::default(),
            version: 0,
        }
    }

    /// For how long an invitation is good.
    pub fn invitation_lifetime(&self) -> Duration {
        Duration::from_hours(u64::from(self.invitation_days) * 24)
    }

    /// Which channel is made for a new client. Without companies there are
    /// only individual ones; the setting waits until there are again.
    pub fn channel_type(&self) -> ChannelType {
        match self.companies {
            Companies::Off => ChannelType::Individual,
            Companies::Optional | Companies::Required => self.default_channel_type,
        }
    }

    /// Refuses what names companies while there are none; `field` is where.
    pub fn refuse_companies_if_off(&self, field: &str) -> Result<(), Invalid> {
        match self.companies {
            Companies::Off => {
                let message = "companies are turned off in this workspace; PATCH /v1/workspaces turns them on";
                Err(Invalid::new(field, "companies_off", message))
            }
            Companies::Optional | Companies::Required => Ok(()),
        }
    }

    /// Gives it another plan, as its operator says.
    #[must_use]
    pub fn with_plan(&self, change: &mut Change<'_>, plan: Plan) -> Self {
        let after = Self {
            plan,
            ..self.clone()
        };
        change.note(AuditNote::new(
            "workspace.planChanged",
            "workspace",
            &self.id,
        ));
        change.save_workspace(self, after)
    }

    /// Tells that there are as many clients as the plan allows, and somebody
    /// wanted one more.
    pub fn tell_limit_reached(&self, change: &mut Change<'_>, limit: u32) {
        let mut after = self.clone();
        let view = LimitReached {
            id: self.id,
            object: "limit",
            name: "clients",
            limit,
        };
        let moment = change.moment;
        let event = Recorder::new(&moment, self.id, self.id.uuid(), &mut after.told)
            .record(EventType::LimitReached, &view);
        change.events.push(event);
        change.limit_told = Some(limit);
        change.save_workspace(self, after);
    }

    /// Changes the settings that the patch names. Nothing is told if nothing
    /// changed.
    pub fn update(&mut self, change: &mut Change<'_>, patch: WorkspacePatch) {
        let before = self.clone();
        patch.apply(self);
        if *self == before {
            return;
        }
        self.updated_at = Some(change.moment.now);
        let (before, after) = (WorkspaceView::told(&before), WorkspaceView::told(self));
        let moment = change.moment;
        let event: Event = Recorder::new(&moment, self.id, self.id.uuid(), &mut self.told)
            .record_change(EventType::WorkspaceUpdated, &before, &after);
        change.events.push(event);
    }
}

#[cfg(test)]
mod tests;
