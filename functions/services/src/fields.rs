//! The fields of a service as callers write them.

use portico_domain::{Invalid, ServiceName, ServicePatch, text};
use portico_web::given;
use schemars::JsonSchema;
use serde::Deserialize;

/// A service, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ServiceFields {
    /// Two characters or more; unique in the workspace among what looks alike.
    name: Option<String>,
    /// What it is, in 2 000 characters at most.
    #[serde(deserialize_with = "given")]
    description: Option<Option<String>>,
    /// Whether clients can ask for it; true unless given.
    is_active: Option<bool>,
}

impl ServiceFields {
    /// The name, and the other fields, of a new service.
    pub(crate) fn into_new(mut self) -> Result<(ServiceName, ServicePatch), Invalid> {
        let name = self.name.take().unwrap_or_default();
        Ok((ServiceName::parse("name", &name)?, self.into_patch()?))
    }

    /// What shall change about a service.
    pub(crate) fn into_patch(self) -> Result<ServicePatch, Invalid> {
        Ok(ServicePatch {
            name: self
                .name
                .map(|name| ServiceName::parse("name", &name))
                .transpose()?,
            description: self
                .description
                .map(|text| text::block("description", &text.unwrap_or_default(), 2_000))
                .transpose()?,
            is_active: self.is_active,
        })
    }
}
