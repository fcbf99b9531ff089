//! The fields of a company as callers write them.

use portico_domain::{CompanyDraft, CompanyName, Invalid, parse_color};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A company, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct CompanyFields {
    /// Two characters or more; unique in the workspace whatever its case.
    name: Option<String>,
    /// The colour behind its initials, such as `#9BBFFF`; chosen when the
    /// company is added.
    fallback_color: Option<String>,
    /// Values of the workspace's own fields.
    custom_fields: Option<Map<String, Value>>,
}

impl TryFrom<CompanyFields> for CompanyDraft {
    type Error = Invalid;

    fn try_from(fields: CompanyFields) -> Result<Self, Invalid> {
        fields.refuse_custom_fields()?;
        let color = fields.fallback_color.filter(|color| !color.is_empty());
        Ok(Self {
            name: CompanyName::parse("name", fields.name.as_deref().unwrap_or_default())?,
            fallback_color: color
                .map(|color| parse_color("fallbackColor", &color))
                .transpose()?,
        })
    }
}

impl CompanyFields {
    /// The new name, if one is given.
    pub(crate) fn into_name(self) -> Result<Option<CompanyName>, Invalid> {
        self.refuse_custom_fields()?;
        if self.fallback_color.is_some() {
            let message = "fallbackColor is chosen when the company is added";
            return Err(Invalid::new("fallbackColor", "field_fixed", message));
        }
        self.name
            .map(|name| CompanyName::parse("name", &name))
            .transpose()
    }

    /// No workspace has defined fields of its own yet, so no value has a field
    /// to go to.
    fn refuse_custom_fields(&self) -> Result<(), Invalid> {
        match self.custom_fields.iter().flat_map(Map::keys).next() {
            None => Ok(()),
            Some(key) => {
                let field = format!("customFields.{key}");
                let message = format!("this workspace has no custom field {key:?} for companies");
                Err(Invalid::new(&field, "custom_field_unknown", message))
            }
        }
    }
}
