//! Companies: named groups of clients.
//!
//! A client without a company has a *placeholder*, a company without a name
//! that exists for this client alone, because programs written for the
//! compatible API expect every client to have a `companyId`.

use crate::{
    Change, CompanyId, CompanyName, EventType, Invalid, Time, WorkspaceId, color, event::Recorder,
    text,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A company as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// The workspace that it belongs to.
    pub workspace_id: WorkspaceId,
    /// Its name; empty for a placeholder.
    pub name: CompanyName,
    /// Whether it only stands in for "no company".
    #[serde(default)]
    pub is_placeholder: bool,
    /// The team members who look after it.
    #[serde(default)]
    pub account_manager_ids: Vec<crate::InternalUserId>,
    /// By what it is grouped.
    #[serde(default)]
    pub tags: crate::Tags,
    /// Whether clients can join it and be invited into it.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// The colour behind its initials.
    pub fallback_color: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was deleted; its members are then moved out in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// How many events it has had.
    pub sequence: u64,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// What a caller gives to add a company, checked.
#[derive(Clone, Debug)]
pub struct CompanyDraft {
    /// Its name.
    pub name: CompanyName,
    /// The colour behind its initials, if the caller chose one.
    pub fallback_color: Option<String>,
}

/// Why a company cannot be changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompanyRefusal {
    /// Placeholders come and go with their client.
    #[error(
        "this company only stands in for \"no company\"; it cannot be changed or deleted by itself"
    )]
    Placeholder,
}

/// A company as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Company")]
pub struct CompanyView {
    /// Its id.
    pub id: CompanyId,
    /// Always `company`.
    pub object: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its name; empty for a placeholder.
    pub name: String,
    /// The colour behind its initials when it has no icon.
    pub fallback_color: String,
    /// Its icon; empty when there is none.
    pub icon_image_url: String,
    /// Whether it only stands in for "no company".
    pub is_placeholder: bool,
    /// Values of the workspace's own fields; null when there are none.
    pub custom_fields: Option<Map<String, Value>>,
}

impl Company {
    /// Adds a company.
    pub fn create(change: &mut Change<'_>, workspace_id: WorkspaceId, draft: CompanyDraft) -> Self {
        let id = change.moment.id();
        let mut company = Self {
            id,
            workspace_id,
            name: draft.name,
            is_placeholder: false,
            account_manager_ids: Vec::new(), tags: crate::Tags::default(), is_active: true,
            fallback_color: draft.fallback_color.unwrap_or_else(|| color::of(id)),
            created_at: change.moment.now,
            updated_at: change.moment.now,
            deleted_at: None,
            sequence: 0,
            version: 0,
        };
        company.record(change, |recorder, view| {
            recorder.record(EventType::CompanyCreated, view)
        });
        company
    }

    /// The company that stands in for "no company".
    pub fn placeholder(id: CompanyId, workspace_id: WorkspaceId, now: Time) -> Self {
        Self {
            id,
            workspace_id,
            name: CompanyName::placeholder(),
            is_placeholder: true,
            account_manager_ids: Vec::new(), tags: crate::Tags::default(), is_active: true,
            fallback_color: color::of(id),
            created_at: now,
            updated_at: now,
            deleted_at: None,
            sequence: 0,
            version: 1,
        }
    }

    /// Gives the company another name. Nothing happens if it has it already.
    pub fn rename(
        &mut self,
        change: &mut Change<'_>,
        name: CompanyName,
    ) -> Result<(), CompanyRefusal> {
        self.refuse_placeholder()?;
        if self.name == name {
            return Ok(());
        }
        let before = CompanyView::from(&*self);
        self.name = name;
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::CompanyUpdated, &before, view)
        });
        Ok(())
    }

    /// Deletes the company: it is gone for everybody at once; its clients stay
    /// and are moved out of it in the background.
    pub fn delete(&mut self, change: &mut Change<'_>) -> Result<(), CompanyRefusal> {
        self.refuse_placeholder()?;
        self.deleted_at = Some(change.moment.now);
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record(EventType::CompanyDeleted, view)
        });
        Ok(())
    }

    fn refuse_placeholder(&self) -> Result<(), CompanyRefusal> {
        if self.is_placeholder {
            Err(CompanyRefusal::Placeholder)
        } else {
            Ok(())
        }
    }

    fn record(
        &mut self,
        change: &mut Change<'_>,
        tell: impl FnOnce(&mut Recorder<'_>, &CompanyView) -> crate::Event,
    ) {
        let view = CompanyView::from(&*self);
        let moment = change.moment;
        let mut recorder = Recorder::new(
            &moment,
            self.workspace_id,
            self.id.uuid(),
            &mut self.sequence,
        );
        change.events.push(tell(&mut recorder, &view));
    }
}

impl From<&Company> for CompanyView {
    fn from(company: &Company) -> Self {
        Self {
            id: company.id,
            object: "company".to_owned(),
            created_at: company.created_at,
            updated_at: company.updated_at,
            name: company.name.as_str().to_owned(),
            fallback_color: company.fallback_color.clone(),
            icon_image_url: String::new(),
            is_placeholder: company.is_placeholder,
            custom_fields: None,
        }
    }
}

/// Checks a colour such as `#9BBFFF`.
pub fn parse_color(field: &str, text: &str) -> Result<String, Invalid> {
    let text = text::line(field, text, 1, 7)?;
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err(Invalid::new(
        field,
        "color_invalid",
        "a colour is written like #9BBFFF",
    ))
}
fn yes() -> bool { true }
