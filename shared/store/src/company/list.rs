//! Lists of companies, and searches among them.

use super::{
    ALL, BY_KIND, ENTITY, WITH_NAME,
    derive::{BY_COUNT, BY_CREATION, BY_NAME, BY_WORD, Facet},
};
use crate::{
    Error, Page, PageRequest, WorkspaceStore,
    item::TAG_KEYS,
    list::{Filter, Question, Sort},
    word::{first_character, searched},
};
use portico_domain::{Company, CompanyAccess, InternalUserId, Search, Tags};

/// Which companies to list, those that have all of these, and in which order.
///
/// Placeholders are in lists by creation that filter by nothing but name and
/// [`CompanyFilter::is_placeholder`], and in no others.
#[derive(Clone, Debug, Default)]
pub struct CompanyFilter {
    /// This name, in this spelling.
    pub name: Option<String>,
    /// Placeholders, or the others.
    pub is_placeholder: Option<bool>,
    /// Of these.
    pub within: CompanyAccess,
    /// Those that clients can join, or the others.
    pub is_active: Option<bool>,
    /// This tag.
    pub tag: Option<String>,
    /// This account manager.
    pub account_manager_id: Option<InternalUserId>,
    /// Words that begin so in the name. What is found is in the order of the
    /// words; [`CompanyFilter::sort`] says in which direction.
    pub search: Option<Search>,
    /// How they are sorted.
    pub sort: Sort<CompaniesBy>,
}

/// What companies are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompaniesBy {
    /// When they were added.
    #[default]
    CreatedAt,
    /// Their names.
    Name,
    /// How many clients they have.
    ClientCount,
}

impl WorkspaceStore<'_> {
    /// A page of the companies that pass the filter. The most selective index
    /// serves; what is left of the filter is applied to what it yields. Whoever
    /// is limited to some has those read.
    pub async fn companies(
        &self,
        filter: CompanyFilter,
        page: &PageRequest,
    ) -> Result<Page<Company>, Error> {
        if let Some(inside) = filter.within.limit() {
            return self.companies_among(inside, &filter, page).await;
        }
        let question = self.question_for_companies(filter);
        self.store.list(ENTITY, question, page).await
    }

    fn question_for_companies(&self, mut filter: CompanyFilter) -> Question {
        let (w, by) = (&self.id, filter.sort.by);
        let is_by_creation = by == CompaniesBy::CreatedAt;
        let facet = |facet: Facet| {
            let pattern = match by {
                CompaniesBy::CreatedAt => BY_CREATION,
                CompaniesBy::Name => BY_NAME,
                CompaniesBy::ClientCount => BY_COUNT,
            };
            (pattern, pattern.partition(&[w, &facet]))
        };
        let (pattern, partition) = if let Some(search) = &filter.search {
            let first = first_character(search.longest());
            (BY_WORD, BY_WORD.partition(&[w, &first]))
        } else if let Some(name) = filter.name.take() {
            // One company at most has the name, so every order is right.
            (WITH_NAME, WITH_NAME.partition(&[w, &name]))
        } else if let Some(tag) = filter.tag.take() {
            facet(Facet::Tag(Tags::key(&tag)))
        } else if let Some(manager) = filter.account_manager_id.take() {
            facet(Facet::AccountManager(manager))
        } else if let Some(is_active) = filter.is_active.take() {
            facet(Facet::Active(is_active))
        } else if !is_by_creation {
            facet(Facet::All)
        } else if let Some(kind) = filter.is_placeholder.take() {
            (BY_KIND, BY_KIND.partition(&[w, &kind]))
        } else {
            (ALL, ALL.partition(&[w]))
        };
        let mut question = Question::new(pattern.index, partition, filter.sort.order());
        if let Some(search) = filter.search {
            question = searched(question, &search);
        }
        question
            .flag("isPlaceholder", filter.is_placeholder)
            .flag("isActive", filter.is_active)
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
