//! Lists of companies for somebody who is limited to some.
//!
//! There are a hundred of them at most, so all are read by their ids and then
//! filtered and sorted here: every page costs the same, however many others
//! the workspace has.

use super::{
    CompaniesBy, CompanyFilter, ENTITY, company_key,
    count::{COMPANY_COUNT, Count, count_key},
};
use crate::{
    Error, Page, PageRequest, Position, WorkspaceStore,
    item::{ENTITY as KIND, read},
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{Company, CompanyId, Search, Tags};
use std::collections::{BTreeMap, BTreeSet};

/// The name under which a position keeps what the last company was sorted by.
const BEHIND: &str = "behind";

impl WorkspaceStore<'_> {
    /// A page of those of these companies that pass the filter.
    pub(super) async fn companies_among(
        &self,
        ids: &BTreeSet<CompanyId>,
        filter: &CompanyFilter,
        page: &PageRequest,
    ) -> Result<Page<Company>, Error> {
        let mut keys: Vec<_> = ids.iter().map(|id| company_key(self.id, *id)).collect();
        if filter.sort.by == CompaniesBy::ClientCount {
            keys.extend(ids.iter().map(|id| count_key(self.id, *id)));
        }
        let (mut companies, mut counts) = (Vec::new(), BTreeMap::new());
        for item in self.fetch_many(keys).await? {
            if item.get(KIND) == Some(&AttributeValue::S(COMPANY_COUNT.to_owned())) {
                let count: Count = read(COMPANY_COUNT, item)?;
                counts.insert(count.id, count.clients);
            } else {
                companies.push(read::<Company>(ENTITY, item)?);
            }
        }
        let place = |company: &Company| {
            let id = company.id;
            Some(match (&filter.search, filter.sort.by) {
                (Some(search), _) => format!("{}#{id}", found_by(search, &company.words())?),
                (None, CompaniesBy::CreatedAt) => id.to_string(),
                (None, CompaniesBy::Name) => format!("{}#{id}", company.sort_name()),
                (None, CompaniesBy::ClientCount) => {
                    let clients = counts.get(&id).copied().unwrap_or_default();
                    format!("{clients:010}#{id}")
                }
            })
        };
        let passing = companies
            .into_iter()
            .filter(|company| passes(company, filter));
        let placed: BTreeMap<String, Company> = passing
            .filter_map(|company| Some((place(&company)?, company)))
            .collect();
        let mut sorted: Vec<(String, Company)> = placed.into_iter().collect();
        if filter.sort.is_descending {
            sorted.reverse();
        }
        if let Some(behind) = page.after.as_ref().and_then(|after| after.get(BEHIND)) {
            sorted.retain(|(place, _)| {
                if filter.sort.is_descending {
                    place < behind
                } else {
                    place > behind
                }
            });
        }
        let most = usize::from(page.limit);
        let is_more = sorted.len() > most;
        sorted.truncate(most);
        let end = sorted.last().filter(|_| is_more);
        let next = end.map(|(place, _)| Position::from([(BEHIND.to_owned(), place.clone())]));
        Ok(Page {
            items: sorted.into_iter().map(|(_, company)| company).collect(),
            next,
        })
    }
}

/// Whether a company passes a filter, what is searched for aside.
fn passes(company: &Company, filter: &CompanyFilter) -> bool {
    let is_it = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
    let name = filter.name.as_deref();
    let tag = filter.tag.as_deref().map(Tags::key);
    company.deleted_at.is_none()
        && is_it(filter.is_placeholder, company.is_placeholder)
        && is_it(filter.is_active, company.is_active)
        && name.is_none_or(|name| name == company.name.as_str())
        && tag.is_none_or(|tag| {
            company
                .tags
                .as_slice()
                .iter()
                .any(|own| Tags::key(own) == tag)
        })
        && filter
            .account_manager_id
            .is_none_or(|id| company.account_manager_ids.contains(&id))
}

/// The first word that is found by the longest of a search, if all of them are.
fn found_by<'a>(search: &Search, words: &'a BTreeSet<String>) -> Option<&'a str> {
    let beginning = |word: &str| words.iter().find(|known| known.starts_with(word));
    let has_others = search.others().iter().all(|word| beginning(word).is_some());
    beginning(search.longest())
        .filter(|_| has_others)
        .map(String::as_str)
}
