//! The fields of a company as callers write them.

use portico_domain::{
    Address, CompanyName, CompanyPatch, CustomValues, Invalid, Picture, Tags, WebLink,
    parse_account_managers, parse_color, parse_services, text,
};
use portico_web::given;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A company, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct CompanyFields {
    /// Two characters or more; unique in the workspace among what looks alike.
    name: Option<String>,
    /// The colour behind its initials, such as `#9BBFFF`; chosen for you when
    /// the company is added.
    fallback_color: Option<String>,
    /// A link to its icon, which begins with `https://`.
    #[serde(deserialize_with = "given")]
    icon_image_url: Option<Option<String>>,
    /// What it is or does, in 2 000 characters at most.
    #[serde(deserialize_with = "given")]
    description: Option<Option<String>>,
    /// Its website, which begins with `https://`.
    #[serde(deserialize_with = "given")]
    website: Option<Option<String>>,
    /// Where it is: an object of the parts, or the whole address as a text.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<AddressField>")]
    address: Option<Option<Value>>,
    /// The team members who look after it, 20 at most.
    #[serde(deserialize_with = "given")]
    account_manager_ids: Option<Option<Vec<String>>>,
    /// By what it is grouped: 20 tags at most, whatever their case.
    #[serde(deserialize_with = "given")]
    tags: Option<Option<Vec<String>>>,
    /// The services that its members may ask for, 50 at most; an empty list is
    /// none of them, and null all that are active.
    #[serde(deserialize_with = "given")]
    service_ids: Option<Option<Vec<String>>>,
    /// Whether clients can join it and be invited into it.
    is_active: Option<bool>,
    /// Values of the workspace's own fields, by their keys: an object, or the
    /// same written as a text.
    #[serde(deserialize_with = "given")]
    pub(crate) custom_fields: Option<Option<Value>>,
}

/// An address as callers write it.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is of use")]
enum AddressField {
    Whole(String),
    Parts(Address),
}

impl CompanyFields {
    /// The name, and the other fields, of a new company.
    pub(crate) fn into_new(mut self) -> Result<(CompanyName, CompanyPatch), Invalid> {
        let name = self.name.take().unwrap_or_default();
        Ok((CompanyName::parse("name", &name)?, self.into_patch(None)?))
    }

    /// What shall change about a company that has this icon.
    pub(crate) fn into_patch(self, icon: Option<&Picture>) -> Result<CompanyPatch, Invalid> {
        let color = self.fallback_color.filter(|color| !color.is_empty());
        Ok(CompanyPatch {
            name: self
                .name
                .map(|name| CompanyName::parse("name", &name))
                .transpose()?,
            fallback_color: color
                .map(|color| parse_color("fallbackColor", &color))
                .transpose()?,
            icon: Picture::parse("iconImageUrl", self.icon_image_url, icon)?,
            description: self
                .description
                .map(|text| text::block("description", &text.unwrap_or_default(), 2_000))
                .transpose()?,
            website: link("website", self.website)?,
            address: self
                .address
                .map(|value| Address::parse("address", &value.unwrap_or_default()))
                .transpose()?,
            account_manager_ids: self
                .account_manager_ids
                .map(|ids| parse_account_managers(&ids.unwrap_or_default()))
                .transpose()?,
            tags: self
                .tags
                .map(|tags| Tags::parse("tags", &tags.unwrap_or_default()))
                .transpose()?,
            custom_fields: CustomValues::default(),
            service_ids: self
                .service_ids
                .map(|ids| ids.map(|ids| parse_services(&ids)).transpose())
                .transpose()?,
            is_active: self.is_active,
        })
    }
}

/// A link that may be absent, cleared, or given.
fn link(field: &str, link: Option<Option<String>>) -> Result<Option<Option<WebLink>>, Invalid> {
    let Some(text) = link else { return Ok(None) };
    let text = text.filter(|text| !text.trim().is_empty());
    let link = text.map(|text| WebLink::https(field, &text));
    link.transpose().map(Some)
}
