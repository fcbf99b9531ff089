//! The fields of a client as callers write them.

use portico_domain::{
    ClientDraft, ClientPatch, CompanyId, CustomValues, Email, Invalid, MAX_COMPANIES, PersonName,
    Tags, parse_account_managers, text,
};
use portico_web::{Problem, given};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A client, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ClientFields {
    /// Only for `PUT /v1/client`, whose path does not name the client.
    id: Option<String>,
    /// First name.
    given_name: Option<String>,
    /// Last name.
    family_name: Option<String>,
    /// Both names in one, instead of `givenName` and `familyName`; it is split
    /// at its last space.
    name: Option<String>,
    /// The address that invitations go to; unique in the workspace.
    email: Option<String>,
    /// The one company; `companyIds` is for several.
    #[serde(deserialize_with = "given")]
    company_id: Option<Option<String>>,
    /// All companies, the primary one first, 30 at most.
    #[serde(deserialize_with = "given")]
    company_ids: Option<Option<Vec<String>>>,
    /// Job title or role.
    #[serde(deserialize_with = "given")]
    position: Option<Option<String>>,
    /// Phone number in E.164 form, such as `+12125550123`.
    #[serde(deserialize_with = "given")]
    phone: Option<Option<String>>,
    /// The team members who look after the client, 20 at most.
    #[serde(deserialize_with = "given")]
    account_manager_ids: Option<Option<Vec<String>>>,
    /// By what the client is grouped: 20 tags at most, whatever their case.
    #[serde(deserialize_with = "given")]
    tags: Option<Option<Vec<String>>>,
    /// Values of the workspace's own fields.
    custom_fields: Option<Value>,
}

impl TryFrom<ClientFields> for ClientDraft {
    type Error = Invalid;

    fn try_from(fields: ClientFields) -> Result<Self, Invalid> {
        refuse_custom_fields(fields.custom_fields.as_ref())?;
        let company_ids = company_ids(fields.company_id, fields.company_ids)?.unwrap_or_default();
        let managers = fields.account_manager_ids.flatten().unwrap_or_default();
        let tags = fields.tags.flatten().unwrap_or_default();
        Ok(Self {
            name: PersonName::from_fields(
                fields.given_name.as_deref(),
                fields.family_name.as_deref(),
                fields.name.as_deref(),
            )?,
            email: Email::parse("email", fields.email.as_deref().unwrap_or_default())?,
            company_ids,
            position: position(fields.position)?.filter(|text| !text.is_empty()),
            phone: phone(fields.phone)?.filter(|text| !text.is_empty()),
            account_manager_ids: parse_account_managers(&managers)?,
            tags: Tags::parse("tags", &tags)?,
            custom_fields: CustomValues::default(),
        })
    }
}

impl ClientFields {
    /// The client that the body names.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The fields of a whole client: what is not given is cleared.
    pub(crate) fn whole(self) -> Result<Self, Invalid> {
        if self.name.is_none() {
            let names = [
                ("givenName", &self.given_name),
                ("familyName", &self.family_name),
            ];
            if let Some((missing, _)) = names.iter().find(|(_, name)| name.is_none()) {
                return Err(Invalid::missing(missing));
            }
        }
        Ok(Self {
            company_id: self.company_id.or(Some(None)),
            position: self.position.or(Some(None)),
            phone: self.phone.or(Some(None)),
            account_manager_ids: self.account_manager_ids.or(Some(None)),
            tags: self.tags.or(Some(None)),
            ..self
        })
    }

    /// The address that a client who has `email` now shall have, if another.
    pub(crate) fn new_email(&self, email: &Email) -> Result<Option<Email>, Problem> {
        let wanted = self.email.as_deref();
        let wanted = wanted.map(|text| Email::parse("email", text)).transpose()?;
        Ok(wanted.filter(|wanted| wanted.key() != email.key()))
    }

    /// What shall change about a client, its address aside.
    pub(crate) fn into_patch(self) -> Result<ClientPatch, Problem> {
        refuse_custom_fields(self.custom_fields.as_ref())?;
        let whole = self
            .name
            .as_deref()
            .map(|name| PersonName::from_fields(None, None, Some(name)));
        let (given_name, family_name) = match whole.transpose()? {
            Some(name) => (Some(name.given_name), Some(name.family_name)),
            None => (
                self.given_name
                    .map(|text| text::line("givenName", &text, 1, 100))
                    .transpose()?,
                self.family_name
                    .map(|text| text::line("familyName", &text, 1, 100))
                    .transpose()?,
            ),
        };
        Ok(ClientPatch {
            given_name,
            family_name,
            company_ids: company_ids(self.company_id, self.company_ids)?,
            position: position(self.position)?,
            phone: phone(self.phone)?,
            account_manager_ids: self
                .account_manager_ids
                .map(|ids| parse_account_managers(&ids.unwrap_or_default()))
                .transpose()?,
            tags: self
                .tags
                .map(|tags| Tags::parse("tags", &tags.unwrap_or_default()))
                .transpose()?,
            custom_fields: CustomValues::default(),
            avatar: None,
        })
    }
}

/// The companies that a caller names in either way; `None` if in neither.
fn company_ids(
    one: Option<Option<String>>,
    many: Option<Option<Vec<String>>>,
) -> Result<Option<Vec<CompanyId>>, Invalid> {
    let named: Vec<(String, String)> = match (one, many) {
        (_, Some(many)) => {
            let name = |place| format!("companyIds[{place}]");
            many.into_iter()
                .flatten()
                .enumerate()
                .map(|(place, id)| (name(place), id))
                .collect()
        }
        // The compatible API clears the company with an empty text.
        (Some(one), None) => one
            .filter(|one| !one.is_empty())
            .map(|one| ("companyId".to_owned(), one))
            .into_iter()
            .collect(),
        (None, None) => return Ok(None),
    };
    let mut ids = Vec::with_capacity(named.len());
    for (field, text) in named {
        let id = text.parse().map_err(|_| {
            Invalid::new(
                &field,
                "company_unknown",
                format!("there is no company {text:?} in this workspace"),
            )
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > MAX_COMPANIES {
        let message = format!("a client is in at most {MAX_COMPANIES} companies");
        return Err(Invalid::new("companyIds", "too_many_companies", message));
    }
    Ok(Some(ids))
}

fn position(text: Option<Option<String>>) -> Result<Option<String>, Invalid> {
    text.map(|text| text::line("position", &text.unwrap_or_default(), 0, 100))
        .transpose()
}

fn phone(text: Option<Option<String>>) -> Result<Option<String>, Invalid> {
    text.map(|text| text::phone("phone", &text.unwrap_or_default()))
        .transpose()
}

/// No workspace has defined fields of its own yet, so no value has a field to
/// go to. Programs may send the object, or the same as a text, empty.
fn refuse_custom_fields(fields: Option<&Value>) -> Result<(), Invalid> {
    let parsed = match fields {
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(value) => Some(value.clone()),
        None => None,
    };
    match parsed {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(members)) => match members.keys().next() {
            None => Ok(()),
            Some(key) => {
                let field = format!("customFields.{key}");
                let message = format!("this workspace has no custom field {key:?} for clients");
                Err(Invalid::new(&field, "custom_field_unknown", message))
            }
        },
        Some(_) => Err(Invalid::new(
            "customFields",
            "field_invalid",
            "customFields is an object",
        )),
    }
}
