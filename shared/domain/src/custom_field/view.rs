//! Custom fields as callers and events see them.

use super::{CustomField, FieldEntity, FieldOption, FieldSet, FieldType};
use crate::{CustomFieldId, OptionId};
use serde::Serialize;

/// A custom field as callers see it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomField")]
pub struct CustomFieldView {
    /// Its id.
    pub id: CustomFieldId,
    /// Always `customField`.
    pub object: String,
    /// The name of its values in `customFields`.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Its place among the fields, from 0.
    pub order: usize,
    /// Of what it is a field.
    pub entity_type: FieldEntity,
    /// What can be chosen, if it is a `multiSelect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<FieldOptionView>>,
}

/// An option as callers see it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomFieldOption")]
pub struct FieldOptionView {
    /// Its id.
    pub id: OptionId,
    /// Always `customFieldOption`.
    pub object: String,
    /// What values hold.
    pub key: String,
    /// What people read.
    pub label: String,
    /// The colour behind it.
    pub color: String,
}

impl CustomFieldView {
    /// The fields of a set that are not deleted, in order.
    pub fn all(set: &FieldSet) -> Vec<Self> {
        let fields = set.present().enumerate();
        fields
            .map(|(order, field)| Self::new(set.entity, order, field))
            .collect()
    }

    /// The field of a set with this id; `None` if there is no such.
    pub fn of(set: &FieldSet, id: CustomFieldId) -> Option<Self> {
        set.find(id)
            .map(|(order, field)| Self::new(set.entity, order, field))
    }

    fn new(entity: FieldEntity, order: usize, field: &CustomField) -> Self {
        let options = field.options.iter().map(FieldOptionView::from).collect();
        Self {
            id: field.id,
            object: "customField".to_owned(),
            key: field.key.clone(),
            name: field.name.clone(),
            kind: field.kind,
            order,
            entity_type: entity,
            options: Some(options).filter(|_| field.kind == FieldType::MultiSelect),
        }
    }
}

impl From<&FieldOption> for FieldOptionView {
    fn from(option: &FieldOption) -> Self {
        Self {
            id: option.id,
            object: "customFieldOption".to_owned(),
            key: option.key.clone(),
            label: option.label.clone(),
            color: option.color.clone(),
        }
    }
}
