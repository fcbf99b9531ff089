//! What callers can say about a client.

use super::Client;
use crate::{CompanyId, CustomValues, Email, InternalUserId, Moment, PersonName, Picture, Tags};

/// What a caller gives to add a client, checked.
#[derive(Clone, Debug)]
pub struct ClientDraft {
    /// Its name.
    pub name: PersonName,
    /// Its address.
    pub email: Email,
    /// Its companies, the primary one first.
    pub company_ids: Vec<CompanyId>,
    /// Job title or role.
    pub position: Option<String>,
    /// Phone number in E.164 form.
    pub phone: Option<String>,
    /// The team members who look after it.
    pub account_manager_ids: Vec<InternalUserId>,
    /// By what it is grouped.
    pub tags: Tags,
    /// Values of the workspace's own fields, by their keys.
    pub custom_fields: CustomValues,
    /// Its picture.
    pub avatar: Option<Picture>,
}

/// What a caller wants changed, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ClientPatch {
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// All companies from now on.
    pub company_ids: Option<Vec<CompanyId>>,
    /// Job title or role; an empty text clears it.
    pub position: Option<String>,
    /// Phone number; an empty text clears it.
    pub phone: Option<String>,
    /// All account managers from now on.
    pub account_manager_ids: Option<Vec<InternalUserId>>,
    /// All tags from now on.
    pub tags: Option<Tags>,
    /// Values of the workspace's own fields that change.
    pub custom_fields: CustomValues,
    /// Its picture; `Some(None)` takes it away.
    pub avatar: Option<Option<Picture>>,
}

impl ClientDraft {
    /// A draft with what every client has.
    pub fn new(name: PersonName, email: Email) -> Self {
        Self {
            name,
            email,
            company_ids: Vec::new(),
            position: None,
            phone: None,
            account_manager_ids: Vec::new(),
            tags: Tags::default(),
            custom_fields: CustomValues::default(),
            avatar: None,
        }
    }
}

impl ClientPatch {
    pub(super) fn apply(self, client: &mut Client, moment: Moment<'_>) {
        if let Some(given_name) = self.given_name {
            client.name.given_name = given_name;
        }
        if let Some(family_name) = self.family_name {
            client.name.family_name = family_name;
        }
        if let Some(company_ids) = self.company_ids {
            client.move_to(company_ids, moment);
        }
        if let Some(position) = self.position {
            client.position = Some(position).filter(|text| !text.is_empty());
        }
        if let Some(phone) = self.phone {
            client.phone = Some(phone).filter(|text| !text.is_empty());
        }
        if let Some(ids) = self.account_manager_ids {
            client.account_manager_ids = ids;
        }
        if let Some(tags) = self.tags {
            client.tags = tags;
        }
        if let Some(avatar) = self.avatar {
            client.avatar = avatar;
        }
        client.custom_fields.merge(self.custom_fields);
    }
}

impl Client {
    pub(super) fn move_to(&mut self, company_ids: Vec<CompanyId>, moment: Moment<'_>) {
        self.placeholder_id = match (company_ids.is_empty(), self.placeholder_id) {
            (true, None) => Some(moment.id()),
            (true, placeholder) => placeholder,
            (false, _) => None,
        };
        self.company_ids = company_ids;
    }
}
