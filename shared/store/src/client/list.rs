//! Lists of clients, and searches among them.

use super::{
    ALL, ARCHIVED, ARCHIVED_BY_EMAIL, BY_EMAIL, BY_FAMILY_NAME, BY_GIVEN_NAME, ENTITY, OF_COMPANY,
    OF_COMPANY_BY_ACTIVITY, OF_COMPANY_BY_NAME,
    derive::{BY_ACTIVITY, BY_CREATION, BY_NAME, BY_WORD, Facet},
};
use crate::{
    Error, Page, PageRequest, Pattern, WorkspaceStore,
    item::TAG_KEYS,
    list::{Filter, Question, Sort},
    word::{first_character, searched},
};
use portico_domain::{
    Client, ClientStatus, CompanyAccess, CompanyId, InternalUserId, Search, Tags,
};

/// Which clients to list, those that have all of these, and in which order.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Archived ones, and no others. They are sorted by when they were archived
    /// and not searched.
    pub is_archived: bool,
    /// This address, in this spelling; of archived ones in any case.
    pub email: Option<String>,
    /// This first name.
    pub given_name: Option<String>,
    /// This last name.
    pub family_name: Option<String>,
    /// This company.
    pub company_id: Option<CompanyId>,
    /// Of what somebody sees who is limited to these companies.
    pub within: CompanyAccess,
    /// This status, as events have told it.
    pub status: Option<ClientStatus>,
    /// This tag.
    pub tag: Option<String>,
    /// This account manager.
    pub account_manager_id: Option<InternalUserId>,
    /// Words that begin so in name, e-mail address or position. What is found
    /// is in the order of the words; [`ClientFilter::sort`] says in which
    /// direction.
    pub search: Option<Search>,
    /// How they are sorted.
    pub sort: Sort<ClientsBy>,
}

/// What clients are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientsBy {
    /// When they were added.
    #[default]
    CreatedAt,
    /// Their names.
    Name,
    /// When they were last active.
    LastActivityAt,
    /// When they were archived, which is the order of archived ones alone.
    ArchivedAt,
}

impl ClientFilter {
    /// Whether it is neither a search nor asks for one name, address, or for
    /// archived ones, of which there are few.
    const fn is_of_many(&self) -> bool {
        !self.is_archived
            && self.search.is_none()
            && self.email.is_none()
            && self.given_name.is_none()
            && self.family_name.is_none()
    }
}

impl WorkspaceStore<'_> {
    /// A page of the clients that pass the filter. The most selective index
    /// serves; what is left of the filter is applied to what it yields. Whoever
    /// is limited to several companies has their partitions merged, unless an
    /// index finds few clients anyway.
    pub async fn clients(
        &self,
        mut filter: ClientFilter,
        page: &PageRequest,
    ) -> Result<Page<Client>, Error> {
        let inside = filter.within.limit().cloned();
        let question = match (inside, filter.company_id) {
            // Who is in a company outside is not found by it, even if also in
            // one inside.
            (Some(inside), Some(asked)) if !inside.contains(&asked) => return Ok(Page::empty()),
            (None, _) | (Some(_), Some(_)) => self.question(filter),
            (Some(inside), None) => {
                let Some(first) = inside.first() else {
                    return Ok(Page::empty());
                };
                if inside.len() == 1 {
                    filter.company_id = Some(*first);
                    self.question(filter)
                } else if filter.is_of_many() {
                    return self.members_of(&inside, &filter, page).await;
                } else {
                    let ids = inside.iter().map(ToString::to_string).collect();
                    self.question(filter)
                        .filter_any(Filter::Contains, "companyIds", ids)
                }
            }
        };
        self.store.list(ENTITY, question, page).await
    }

    pub(super) fn question(&self, mut filter: ClientFilter) -> Question {
        let (w, by) = (&self.id, filter.sort.by);
        let is_by_creation = by == ClientsBy::CreatedAt;
        let facet = |facet: Facet| {
            let pattern = match by {
                ClientsBy::CreatedAt | ClientsBy::ArchivedAt => BY_CREATION,
                ClientsBy::Name => BY_NAME,
                ClientsBy::LastActivityAt => BY_ACTIVITY,
            };
            (pattern, pattern.partition(&[w, &facet]))
        };
        let of = |pattern: Pattern, value: &str| (pattern, pattern.partition(&[w, &value]));
        let (pattern, partition) = if filter.is_archived {
            match filter.email.take() {
                Some(email) => of(ARCHIVED_BY_EMAIL, &email.to_ascii_lowercase()),
                None => (ARCHIVED, ARCHIVED.partition(&[w])),
            }
        } else if let Some(search) = &filter.search {
            of(BY_WORD, &first_character(search.longest()))
        } else if let Some(email) = filter.email.take() {
            // One client at most has the address, so every order is right.
            of(BY_EMAIL, &email)
        } else if let Some(company) = filter.company_id.take() {
            let pattern = match by {
                ClientsBy::CreatedAt | ClientsBy::ArchivedAt => OF_COMPANY,
                ClientsBy::Name => OF_COMPANY_BY_NAME,
                ClientsBy::LastActivityAt => OF_COMPANY_BY_ACTIVITY,
            };
            (pattern, pattern.partition(&[w, &company]))
        } else if let Some(tag) = filter.tag.take() {
            facet(Facet::Tag(Tags::key(&tag)))
        } else if let Some(manager) = filter.account_manager_id.take() {
            facet(Facet::AccountManager(manager))
        } else if let Some(family) = filter.family_name.take_if(|_| is_by_creation) {
            of(BY_FAMILY_NAME, &family)
        } else if let Some(given) = filter.given_name.take_if(|_| is_by_creation) {
            of(BY_GIVEN_NAME, &given)
        } else if let Some(status) = filter.status.take() {
            facet(Facet::Status(status))
        } else if is_by_creation {
            (ALL, ALL.partition(&[w]))
        } else {
            facet(Facet::All)
        };
        let mut question = Question::new(pattern.index, partition, filter.sort.order());
        if let Some(search) = filter.search {
            question = searched(question, &search);
        }
        if let Some(status) = filter.status {
            question = with_status(question, status);
        }
        question
            .filter(Filter::Is, "email", filter.email)
            .filter(Filter::Is, "familyName", filter.family_name)
            .filter(Filter::Is, "givenName", filter.given_name)
            .filter(
                Filter::Contains,
                "companyIds",
                filter.company_id.map(|id| id.to_string()),
            )
            .filter(
                Filter::Contains,
                TAG_KEYS,
                filter.tag.map(|tag| Tags::key(&tag)),
            )
            .filter(
                Filter::Contains,
                "accountManagerIds",
                filter.account_manager_id.map(|id| id.to_string()),
            )
    }
}

/// The status is not stored; it follows from what is.
fn with_status(question: Question, status: ClientStatus) -> Question {
    let is_active = status == ClientStatus::Active;
    let question = question.present("activatedAt", is_active);
    match status {
        ClientStatus::Active => question,
        ClientStatus::Invited => question.present("openInvitation", true),
        ClientStatus::NotInvited => question.present("openInvitation", false),
    }
}
