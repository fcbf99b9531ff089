//! Companies: named groups of clients.
//!
//! A client without a company has a *placeholder*, a company without a name
//! that exists for this client alone, because programs written for the
//! compatible API expect every client to have a `companyId`.

use crate::{
    Address, Change, CompanyId, CompanyName, CustomValues, EventType, InternalUserId, Invalid,
    Picture, ServiceId, Tags, Time, Told, WebLink, WorkspaceId, color, event::Recorder, text,
};
use serde::{Deserialize, Serialize};

mod view;

pub use view::CompanyView;

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
    /// The colour behind its initials.
    pub fallback_color: String,
    /// Its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<Picture>,
    /// What it is or does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<WebLink>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The team members who look after it.
    #[serde(default)]
    pub account_manager_ids: Vec<InternalUserId>,
    /// By what it is grouped.
    #[serde(default)]
    pub tags: Tags,
    /// Values of the workspace's own fields, by their keys.
    #[serde(default)]
    pub custom_fields: CustomValues,
    /// The services that its members may ask for, if they are only some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_ids: Option<Vec<ServiceId>>,
    /// Whether clients can join it and be invited into it.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was deleted; its members are then moved out in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// When the last of its clients was out of it after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Time>,
    /// How many clients it had when it was last listed; `None` if that was
    /// before companies knew it. The count itself is an item of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_count: Option<u64>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

fn yes() -> bool {
    true
}

/// What a caller gives to add a company, or wants changed about one, checked.
/// What is `None` stays as it is, or as every new company has it.
#[derive(Clone, Debug, Default)]
pub struct CompanyPatch {
    /// Its name.
    pub name: Option<CompanyName>,
    /// The colour behind its initials.
    pub fallback_color: Option<String>,
    /// Its icon; `Some(None)` takes it away.
    pub icon: Option<Option<Picture>>,
    /// What it is or does; an empty text clears it.
    pub description: Option<String>,
    /// Its website; `Some(None)` clears it.
    pub website: Option<Option<WebLink>>,
    /// Where it is; `Some(None)` clears it.
    pub address: Option<Option<Address>>,
    /// All account managers from now on.
    pub account_manager_ids: Option<Vec<InternalUserId>>,
    /// All tags from now on.
    pub tags: Option<Tags>,
    /// Values of the workspace's own fields that change.
    pub custom_fields: CustomValues,
    /// The services that its members may ask for from now on; `Some(None)` is
    /// all that are active.
    pub service_ids: Option<Option<Vec<ServiceId>>>,
    /// Whether clients can join it and be invited into it.
    pub is_active: Option<bool>,
}

/// Why a company cannot be changed as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompanyRefusal {
    /// Placeholders come and go with their client.
    #[error(
        "this company only stands in for \"no company\"; it cannot be changed or deleted by itself"
    )]
    Placeholder,
    /// There is room for its client alone.
    #[error(
        "this company only stands in for \"no company\" for one client, so nobody can be added to it; add a company, and both clients to that"
    )]
    PlaceholderTakesNobody,
}

impl Company {
    /// Adds a company of this name.
    pub fn create(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        name: CompanyName,
        fields: CompanyPatch,
    ) -> Self {
        let now = change.moment.now;
        let mut company = Self::named(change.moment.id(), workspace_id, name, now);
        company.client_count = Some(0);
        company.apply(fields);
        company.require_new_services(change, None);
        company.record(change, |recorder, view| {
            recorder.record(EventType::CompanyCreated, view)
        });
        company
    }

    /// The company that stands in for "no company".
    pub fn placeholder(id: CompanyId, workspace_id: WorkspaceId, now: Time) -> Self {
        Self {
            is_placeholder: true,
            version: 1,
            ..Self::named(id, workspace_id, CompanyName::placeholder(), now)
        }
    }

    fn named(id: CompanyId, workspace_id: WorkspaceId, name: CompanyName, now: Time) -> Self {
        Self {
            id,
            workspace_id,
            name,
            is_placeholder: false,
            fallback_color: color::of(id),
            icon: None,
            description: None,
            website: None,
            address: None,
            account_manager_ids: Vec::new(),
            tags: Tags::default(),
            custom_fields: CustomValues::default(),
            service_ids: None,
            is_active: true,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            emptied_at: None,
            client_count: None,
            told: Told::default(),
            version: 0,
        }
    }

    /// Changes what the fields name. Nothing is told if nothing changed.
    pub fn update(
        &mut self,
        change: &mut Change<'_>,
        fields: CompanyPatch,
    ) -> Result<(), CompanyRefusal> {
        self.refuse_placeholder()?;
        let before = self.clone();
        self.apply(fields);
        if *self == before {
            return Ok(());
        }
        if self.icon != before.icon {
            change.drop_picture(self.workspace_id, before.icon.as_ref());
        }
        self.require_new_services(change, before.service_ids.as_deref());
        self.updated_at = change.moment.now;
        let before = CompanyView::from(&before);
        self.record(change, |recorder, view| {
            recorder.record_change(EventType::CompanyUpdated, &before, view)
        });
        Ok(())
    }

    fn apply(&mut self, fields: CompanyPatch) {
        if let Some(name) = fields.name {
            self.name = name;
        }
        if let Some(color) = fields.fallback_color {
            self.fallback_color = color;
        }
        if let Some(icon) = fields.icon {
            self.icon = icon;
        }
        if let Some(description) = fields.description {
            self.description = Some(description).filter(|text| !text.is_empty());
        }
        if let Some(website) = fields.website {
            self.website = website;
        }
        if let Some(address) = fields.address {
            self.address = address;
        }
        if let Some(ids) = fields.account_manager_ids {
            self.account_manager_ids = ids;
        }
        if let Some(tags) = fields.tags {
            self.tags = tags;
        }
        if let Some(ids) = fields.service_ids {
            self.service_ids = ids;
        }
        if let Some(is_active) = fields.is_active {
            self.is_active = is_active;
        }
        self.custom_fields.merge(fields.custom_fields);
    }

    /// Whether its members may ask for this service while that is active.
    pub fn offers(&self, service: ServiceId) -> bool {
        let only = self.service_ids.as_ref();
        only.is_none_or(|only| only.contains(&service))
    }

    /// Has the services be there that are new to it. One of those that it had
    /// may have been deleted since, and stays.
    fn require_new_services(&self, change: &mut Change<'_>, before: Option<&[ServiceId]>) {
        let had = |id: &&ServiceId| before.is_some_and(|before| before.contains(id));
        let new = self.service_ids.iter().flatten().filter(|id| !had(id));
        change.required_services.extend(new);
    }

    /// Deletes the company: it is gone for everybody at once; its clients stay
    /// and are moved out of it in the background.
    pub fn delete(&mut self, change: &mut Change<'_>) -> Result<(), CompanyRefusal> {
        self.refuse_placeholder()?;
        change.drop_picture(self.workspace_id, self.icon.as_ref());
        self.deleted_at = Some(change.moment.now);
        self.updated_at = change.moment.now;
        self.record(change, |recorder, view| {
            recorder.record(EventType::CompanyDeleted, view)
        });
        Ok(())
    }

    /// Notes that nobody is in the deleted company any more, and tells so.
    pub fn empty(&mut self, change: &mut Change<'_>) {
        self.emptied_at = Some(change.moment.now);
        self.record(change, |recorder, view| {
            recorder.record(EventType::CompanyEmptied, view)
        });
    }

    /// Refuses what only companies with a name can do.
    pub fn refuse_placeholder(&self) -> Result<(), CompanyRefusal> {
        if self.is_placeholder {
            Err(CompanyRefusal::Placeholder)
        } else {
            Ok(())
        }
    }

    /// Refuses to let clients join a placeholder.
    pub fn refuse_newcomers(&self) -> Result<(), CompanyRefusal> {
        if self.is_placeholder {
            Err(CompanyRefusal::PlaceholderTakesNobody)
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
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        change.events.push(tell(&mut recorder, &view));
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
