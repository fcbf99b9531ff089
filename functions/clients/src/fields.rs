//! The fields of a client as callers write them.

use crate::companies::Wanted;
use portico_domain::{
    ClientDraft, ClientPatch, CompanyId, CompanyName, CustomValues, Email, Invalid, MAX_COMPANIES,
    PersonName, Picture, Tags, parse_account_managers, text,
};
use portico_web::{Problem, given};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

const AVATAR: &str = "avatarImageUrl";

/// A client, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ClientFields {
    /// Only for `PUT /v1/client`, whose path does not name the client.
    id: Option<String>,
    /// First name.
    given_name: Option<String>,
    /// Last name; empty for a person with a single name.
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
    /// A link to its picture, which begins with `https://`; an empty text or
    /// `null` takes it away. `PUT /v1/clients/{id}/avatar` takes the picture
    /// itself.
    #[serde(deserialize_with = "given")]
    avatar_image_url: Option<Option<String>>,
    /// A company by its name, instead of the ids; it is added if there is none.
    company_name: Option<String>,
    /// Values of the workspace's own fields, by their keys: an object, or the
    /// same written as a text.
    #[serde(deserialize_with = "given")]
    pub(crate) custom_fields: Option<Option<Value>>,
    /// Only `null`: the address that waits to be proved is wanted no more.
    #[serde(deserialize_with = "given")]
    pending_email: Option<Option<String>>,
}

impl TryFrom<ClientFields> for ClientDraft {
    type Error = Invalid;

    fn try_from(fields: ClientFields) -> Result<Self, Invalid> {
        let managers = fields.account_manager_ids.flatten().unwrap_or_default();
        let tags = fields.tags.flatten().unwrap_or_default();
        Ok(Self {
            name: PersonName::from_fields(
                fields.given_name.as_deref(),
                fields.family_name.as_deref(),
                fields.name.as_deref(),
            )?,
            email: Email::parse("email", fields.email.as_deref().unwrap_or_default())?,
            company_ids: Vec::new(),
            position: position(fields.position)?.filter(|text| !text.is_empty()),
            phone: phone(fields.phone)?.filter(|text| !text.is_empty()),
            account_manager_ids: parse_account_managers(&managers)?,
            tags: Tags::parse("tags", &tags)?,
            custom_fields: CustomValues::default(),
            avatar: Picture::parse(AVATAR, fields.avatar_image_url, None)?.flatten(),
        })
    }
}

impl ClientFields {
    /// Takes out in which companies the client shall be.
    pub(crate) fn take_companies(&mut self) -> Result<Option<Wanted>, Invalid> {
        let name = self.company_name.take().filter(|name| !name.is_empty());
        let ids = company_ids(self.company_id.take(), self.company_ids.take())?;
        match (name, ids) {
            (None, ids) => Ok(ids.map(Wanted::Ids)),
            (Some(name), None) => {
                CompanyName::parse("companyName", &name).map(|name| Some(Wanted::Named(name)))
            }
            (Some(_), Some(_)) => Err(Invalid::new(
                "companyName",
                "company_ambiguous",
                "give either companyName, or companyIds",
            )),
        }
    }

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
            // A name stands for the companies too.
            company_id: match self.company_name {
                Some(_) => self.company_id,
                None if self.company_ids.is_some() => self.company_id,
                None => self.company_id.or(Some(None)),
            },
            position: self.position.or(Some(None)),
            phone: self.phone.or(Some(None)),
            account_manager_ids: self.account_manager_ids.or(Some(None)),
            tags: self.tags.or(Some(None)),
            ..self
        })
    }

    /// The address that a client who has `email` now shall have, if another or
    /// in another spelling.
    pub(crate) fn new_email(&self, email: &Email) -> Result<Option<Email>, Problem> {
        let wanted = self.email.as_deref();
        let wanted = wanted.map(|text| Email::parse("email", text)).transpose()?;
        Ok(wanted.filter(|wanted| wanted != email))
    }

    /// Whether the client keeps the address that it has, although it was to have
    /// another one.
    pub(crate) fn keeps_email(&self) -> Result<bool, Invalid> {
        match &self.pending_email {
            None => Ok(false),
            Some(None) => Ok(true),
            Some(Some(_)) => {
                let message = "pendingEmail can only be cancelled, with null; another address is asked for with email";
                Err(Invalid::new("pendingEmail", "field_invalid", message))
            }
        }
    }

    /// What shall change about a client who has this picture, its address and
    /// companies aside.
    pub(crate) fn into_patch(self, avatar: Option<&Picture>) -> Result<ClientPatch, Problem> {
        let whole = self.name.as_deref().map(|name| {
            let (given, family) = (self.given_name.as_deref(), self.family_name.as_deref());
            PersonName::from_fields(given, family, Some(name))
        });
        let (given_name, family_name) = match whole.transpose()? {
            Some(name) => (Some(name.given_name), Some(name.family_name)),
            None => (
                self.given_name
                    .map(|text| text::line("givenName", &text, 1, 100))
                    .transpose()?,
                self.family_name
                    .map(|text| text::line("familyName", &text, 0, 100))
                    .transpose()?,
            ),
        };
        Ok(ClientPatch {
            given_name,
            family_name,
            company_ids: None,
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
            avatar: Picture::parse(AVATAR, self.avatar_image_url, avatar)?,
        })
    }
}

/// The companies that a caller names in either way; `None` if in neither.
fn company_ids(
    one: Option<Option<String>>,
    many: Option<Option<Vec<String>>>,
) -> Result<Option<Vec<CompanyId>>, Invalid> {
    if let (Some(one), Some(many)) = (&one, &many) {
        let primary = many.iter().flatten().next();
        // What `GET` shows of both is one thing said twice.
        if one.as_ref().filter(|one| !one.is_empty()) != primary {
            let message = "companyId is not the first of companyIds; give companyIds alone, the primary company first";
            return Err(Invalid::new("companyId", "company_ambiguous", message));
        }
    }
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
