//! Custom fields: what a workspace keeps about its clients or companies beside
//! what everybody does.
//!
//! All fields of clients are one [`FieldSet`], all of companies another. Each is
//! read with one call, and its version keeps keys unique and the order whole.
//! A value is stored under the key of its field, which never changes, so that
//! clients are shown without their fields being read.

use crate::{
    Change, CustomFieldId, Event, EventType, Invalid, OptionId, Time, Told, Work, WorkspaceId,
    color, event::Recorder, text,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod key;
mod value;
mod view;

pub use value::{CustomValues, given_values};
pub use view::{CustomFieldView, FieldOptionView};

/// How many fields clients can have, or companies.
pub const MAX_FIELDS: usize = 100;
/// How many options one field can have.
pub const MAX_OPTIONS: usize = 200;
/// How many options the fields of clients, or of companies, can have together:
/// with 300 bytes each they fit into one item of the table.
pub const MAX_OPTIONS_IN_ALL: u32 = 1_000;

/// What has custom fields.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum FieldEntity {
    /// Clients.
    Client,
    /// Companies.
    Company,
}

impl FieldEntity {
    /// Everything that has custom fields.
    pub const ALL: [Self; 2] = [Self::Client, Self::Company];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Company => "company",
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldType {
    /// Text, of several lines perhaps.
    Text,
    /// A number.
    Number,
    /// An e-mail address.
    Email,
    /// A link to the web.
    Url,
    /// A phone number in E.164 form.
    PhoneNumber,
    /// A postal address.
    Address,
    /// Any of the field's options.
    MultiSelect,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// Its id.
    pub id: CustomFieldId,
    /// The name of its values in `customFields`; made of its first name.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What can be chosen, in order; empty unless it is a `multiSelect`.
    #[serde(default)]
    pub options: Vec<FieldOption>,
    /// When it was added.
    pub created_at: Time,
    /// When it was deleted. It stays, and its key with it, until its values
    /// are gone too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
}

/// What can be chosen in a `multiSelect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldOption {
    /// Its id.
    pub id: OptionId,
    /// What values hold; made of its first label.
    pub key: String,
    /// What people read.
    pub label: String,
    /// The colour behind it.
    pub color: String,
}

/// All fields of clients, or of companies, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldSet {
    /// The workspace that has them.
    pub workspace_id: WorkspaceId,
    /// Of what they are fields. The table has a use of its own for `entity`.
    #[serde(rename = "entityType")]
    pub entity: FieldEntity,
    /// The fields.
    pub fields: Vec<CustomField>,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// A field that shall be, checked.
#[derive(Clone, Debug)]
pub struct FieldDraft {
    /// What people read.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// What can be chosen.
    pub labels: Vec<String>,
}

/// What shall change about a field, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct FieldPatch {
    /// What people read.
    pub name: Option<String>,
    /// Its place among the fields, from 0.
    pub order: Option<usize>,
    /// All options from now on: those that there are, by their key, and new
    /// ones without.
    pub options: Option<Vec<OptionPatch>>,
}

/// An option that there is or shall be.
#[derive(Clone, Debug)]
pub struct OptionPatch {
    /// Its key, if there is such an option already.
    pub key: Option<String>,
    /// What people read; `None` if it stays as it is.
    pub label: Option<String>,
    /// The colour behind it.
    pub color: Option<String>,
}

impl FieldDraft {
    /// Checks a field that stands at `place` of a request.
    pub fn new(
        place: &str,
        name: &str,
        kind: FieldType,
        labels: &[String],
    ) -> Result<Self, Invalid> {
        let name = text::line(&format!("{place}.name"), name, 1, 50)?;
        let field = format!("{place}.options");
        if kind != FieldType::MultiSelect && !labels.is_empty() {
            let message = "only a multiSelect has options";
            return Err(Invalid::new(&field, "options_unfit", message));
        }
        let labels = labels
            .iter()
            .enumerate()
            .map(|(number, label)| OptionPatch::label(&format!("{field}[{number}].label"), label))
            .collect::<Result<_, _>>()?;
        Ok(Self { name, kind, labels })
    }
}

impl FieldSet {
    /// The fields of a workspace that has none yet.
    pub const fn new(workspace_id: WorkspaceId, entity: FieldEntity) -> Self {
        Self {
            workspace_id,
            entity,
            fields: Vec::new(),
            version: 0,
        }
    }

    /// The fields that are not deleted, in order.
    pub fn present(&self) -> impl Iterator<Item = &CustomField> {
        self.fields
            .iter()
            .filter(|field| field.deleted_at.is_none())
    }

    /// The field with this id, and its place.
    pub fn find(&self, id: CustomFieldId) -> Option<(usize, &CustomField)> {
        self.present().enumerate().find(|(_, field)| field.id == id)
    }

    /// Whether another field is called this, whatever its case.
    pub fn has_named(&self, name: &str, but: Option<CustomFieldId>) -> bool {
        let name = name.to_lowercase();
        self.present()
            .any(|field| Some(field.id) != but && field.name.to_lowercase() == name)
    }

    /// Adds a field at the end.
    pub fn add(
        &mut self,
        change: &mut Change<'_>,
        draft: FieldDraft,
    ) -> Result<CustomFieldId, Invalid> {
        let taken: BTreeSet<&str> = self.fields.iter().map(|field| field.key.as_str()).collect();
        let mut field = CustomField {
            id: change.moment.id(),
            key: key::unique(&draft.name, "field", &taken),
            name: draft.name,
            kind: draft.kind,
            options: Vec::new(),
            created_at: change.moment.now,
            deleted_at: None,
            told: Told::default(),
        };
        let labels = draft.labels.into_iter();
        field.set_options(change, labels.map(OptionPatch::new).collect())?;
        self.fields.push(field);
        self.refuse_too_many()?;
        let place = self.fields.len() - 1;
        self.tell(change, place, EventType::CustomFieldCreated);
        Ok(self.fields[place].id)
    }

    /// Changes a field. Nothing is told if nothing changed.
    pub fn update(
        &mut self,
        change: &mut Change<'_>,
        id: CustomFieldId,
        patch: FieldPatch,
    ) -> Result<(), Invalid> {
        let before = self.clone();
        let Some(place) = self.fields.iter().position(|field| field.id == id) else {
            return Ok(());
        };
        let mut field = self.fields.remove(place);
        if let Some(name) = patch.name {
            field.name = name;
        }
        if let Some(options) = patch.options {
            field.set_options(change, options)?;
        }
        // Deleted fields have no place among those that people see.
        let place = patch.order.map_or(place, |order| {
            let present = self.fields.iter().enumerate();
            let mut present = present.filter(|(_, field)| field.deleted_at.is_none());
            present
                .nth(order)
                .map_or(self.fields.len(), |(place, _)| place)
        });
        self.fields.insert(place, field);
        self.refuse_too_many()?;
        if *self == before {
            return Ok(());
        }
        let before = CustomFieldView::of(&before, id);
        let after = CustomFieldView::of(self, id);
        self.record(change, place, |recorder| {
            recorder.record_change(EventType::CustomFieldUpdated, &before, &after)
        });
        Ok(())
    }

    /// Deletes a field: no value can be written any more; those that there are
    /// are cleared in the background.
    pub fn delete(&mut self, change: &mut Change<'_>, id: CustomFieldId) {
        let Some(place) = self.fields.iter().position(|field| field.id == id) else {
            return;
        };
        self.tell(change, place, EventType::CustomFieldDeleted);
        self.fields[place].deleted_at = Some(change.moment.now);
        let (entity, key) = (self.entity, self.fields[place].key.clone());
        change.leave_to_do(self.workspace_id, Work::ClearField { entity, key });
    }

    /// Forgets a deleted field whose values are gone.
    pub fn forget(&mut self, key: &str) {
        self.fields
            .retain(|field| field.key != key || field.deleted_at.is_none());
    }

    /// How many fields there are, and how many options they have together.
    pub fn size(&self) -> (u64, u64) {
        let count = |things: usize| u64::try_from(things).unwrap_or(u64::MAX);
        let options = self.fields.iter().map(|field| field.options.len()).sum();
        (count(self.present().count()), count(options))
    }

    fn refuse_too_many(&self) -> Result<(), Invalid> {
        let refuse = |field: &str, code, limit| {
            let message = format!("a workspace has at most {limit} for its {}s", {
                self.entity.name()
            });
            Err(Invalid::new(field, code, message))
        };
        if self.present().count() > MAX_FIELDS {
            return refuse(
                "customFields",
                "too_many_custom_fields",
                "100 custom fields",
            );
        }
        let (_, options) = self.size();
        if options > u64::from(MAX_OPTIONS_IN_ALL) {
            return refuse("options", "too_many_options", "1000 options in all fields");
        }
        Ok(())
    }

    fn tell(&mut self, change: &mut Change<'_>, place: usize, kind: EventType) {
        let view = CustomFieldView::of(self, self.fields[place].id);
        self.record(change, place, |recorder| recorder.record(kind, &view));
    }

    fn record(
        &mut self,
        change: &mut Change<'_>,
        place: usize,
        tell: impl FnOnce(&mut Recorder<'_>) -> Event,
    ) {
        let moment = change.moment;
        let field = &mut self.fields[place];
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, field.id.uuid(), &mut field.told);
        change.events.push(tell(&mut recorder));
    }
}

impl OptionPatch {
    /// Checks the label of an option.
    pub fn label(field: &str, label: &str) -> Result<String, Invalid> {
        text::line(field, label, 1, 50)
    }

    fn new(label: String) -> Self {
        Self {
            key: None,
            label: Some(label),
            color: None,
        }
    }
}

impl CustomField {
    /// Sets all options. Those that there are stay: values may hold them.
    fn set_options(
        &mut self,
        change: &Change<'_>,
        options: Vec<OptionPatch>,
    ) -> Result<(), Invalid> {
        let refuse = |code, message: String| Err(Invalid::new("options", code, message));
        if self.kind != FieldType::MultiSelect && !options.is_empty() {
            return refuse("options_unfit", "only a multiSelect has options".to_owned());
        }
        if options.len() > MAX_OPTIONS {
            let message = format!("a field has at most {MAX_OPTIONS} options");
            return refuse("too_many_options", message);
        }
        let mut rest = std::mem::take(&mut self.options);
        let mut taken: BTreeSet<String> = rest.iter().map(|option| option.key.clone()).collect();
        for patch in options {
            let known = match &patch.key {
                Some(key) => {
                    let place = rest.iter().position(|option| option.key == *key);
                    let Some(place) = place else {
                        let message = format!("this field has no option {key:?}");
                        return refuse("custom_field_option_unknown", message);
                    };
                    Some(rest.remove(place))
                }
                None => None,
            };
            let mut option = match (known, &patch.label) {
                (Some(option), _) => option,
                (None, Some(label)) => {
                    let names: BTreeSet<&str> = taken.iter().map(String::as_str).collect();
                    let key = key::unique(label, "option", &names);
                    taken.insert(key.clone());
                    let id = change.moment.id();
                    FieldOption {
                        id,
                        key,
                        label: label.clone(),
                        color: color::of(id),
                    }
                }
                (None, None) => return Err(Invalid::missing("options.label")),
            };
            option.label = patch.label.unwrap_or(option.label);
            option.color = patch.color.unwrap_or(option.color);
            self.options.push(option);
        }
        if let Some(left) = rest.first() {
            let message = format!(
                "the option {:?} is missing; options can be renamed and moved, but values may hold them, so none is taken away",
                left.key
            );
            return refuse("option_missing", message);
        }
        let mut labels = BTreeSet::new();
        match self
            .options
            .iter()
            .find(|option| !labels.insert(option.label.to_lowercase()))
        {
            None => Ok(()),
            Some(twice) => {
                let message = format!("there are two options {:?}", twice.label);
                refuse("option_taken", message)
            }
        }
    }
}

#[cfg(test)]
mod tests;
