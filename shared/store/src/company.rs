//! Companies in the table.

pub(crate) mod count;
pub(crate) mod derive;
mod list;
mod within;

pub use list::{CompaniesBy, CompanyFilter};

use crate::{
    CommitError, DueKind, Error, Index, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, add_tag_keys, item, read},
    pattern::Key,
};
use portico_domain::{Company, CompanyId, CompanyName, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL, BY_KIND, WITH_NAME, NAME_GUARD, count::COUNT];

const THIS: Pattern = Pattern::new(
    "this company",
    Index::Table,
    "WS#<workspace>#CO#<company>",
    "COMPANY",
);
const ALL: Pattern = Pattern::new(
    "companies by creation",
    Index::Gsi1,
    "WS#<workspace>#CO",
    "<company>",
);
const BY_KIND: Pattern = Pattern::new(
    "companies that are, or are not, placeholders",
    Index::Gsi2,
    "WS#<workspace>#CO#PLACEHOLDER#<true or false>",
    "<company>",
);
const WITH_NAME: Pattern = Pattern::new(
    "the company with this name",
    Index::Gsi3,
    "WS#<workspace>#CO#NAME#<name>",
    "<company>",
);
const NAME_GUARD: Pattern = Pattern::new(
    "is this company name taken",
    Index::Table,
    "WS#<workspace>#COMPANY_NAME#<folded name>",
    "COMPANY_NAME",
);

pub(crate) const ENTITY: &str = "company";

/// Who has a name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameGuard {
    company_id: CompanyId,
}

impl WorkspaceStore<'_> {
    /// The company with this id, deleted or not.
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>, Error> {
        self.fetch(ENTITY, &company_key(self.id, id)).await
    }

    /// Which of these companies are there.
    pub async fn present_companies(&self, ids: &[CompanyId]) -> Result<Vec<CompanyId>, Error> {
        let keys = ids.iter().map(|id| company_key(self.id, *id)).collect();
        let mut present = Vec::with_capacity(ids.len());
        for item in self.fetch_many(keys).await? {
            let company: Company = read(ENTITY, item)?;
            if company.deleted_at.is_none() {
                present.push(company.id);
            }
        }
        Ok(present)
    }

    /// The company that has this name, or one that looks like it.
    pub async fn company_named(&self, name: &CompanyName) -> Result<Option<Company>, Error> {
        let key = name_guard_key(self.id, name);
        let guard: Option<NameGuard> = self.fetch("companyNameGuard", &key).await?;
        let Some(NameGuard { company_id }) = guard else {
            return Ok(None);
        };
        let company = self.company(company_id).await?;
        // It may have been deleted or renamed between the two.
        Ok(company
            .filter(|company| company.deleted_at.is_none() && company.name.key() == name.key()))
    }

    /// One of these that is no company: not there, deleted, or a placeholder.
    pub async fn unknown_company(
        &self,
        ids: impl IntoIterator<Item = CompanyId>,
    ) -> Result<Option<CompanyId>, Error> {
        let mut unknown: BTreeSet<CompanyId> = ids.into_iter().collect();
        let keys = unknown.iter().map(|id| company_key(self.id, *id)).collect();
        for item in self.fetch_many(keys).await? {
            let company: Company = read(ENTITY, item)?;
            if company.deleted_at.is_none() && !company.is_placeholder {
                unknown.remove(&company.id);
            }
        }
        Ok(unknown.pop_first())
    }

    /// The only company that clients can join, if there is exactly one.
    pub async fn only_company(&self) -> Result<Option<CompanyId>, Error> {
        let filter = CompanyFilter {
            is_placeholder: Some(false),
            ..CompanyFilter::default()
        };
        let (mut only, mut after) = (None, None);
        loop {
            let page = PageRequest { limit: 100, after };
            let found = self.companies(filter.clone(), &page).await?;
            for company in found.items.iter().filter(|company| company.is_active) {
                if only.replace(company.id).is_some() {
                    return Ok(None);
                }
            }
            after = found.next;
            if after.is_none() {
                return Ok(only);
            }
        }
    }
}

pub(crate) fn company_key(workspace: WorkspaceId, id: CompanyId) -> Key {
    THIS.key(&[&workspace, &id])
}

/// Why nobody can be put into the company with this id, of which this was found.
pub(crate) fn why_not_entered(id: CompanyId, found: Option<Attributes>) -> CommitError {
    let company: Option<Company> = found.and_then(|found| read(ENTITY, found).ok());
    match company.filter(|company| company.deleted_at.is_none()) {
        None => CommitError::UnknownCompany(id),
        Some(company) if company.is_placeholder => CommitError::PlaceholderCompany(id),
        Some(company) => CommitError::InactiveCompany(id, company.name),
    }
}

/// A deleted company is in no list, and due to be emptied at once until it is.
pub(crate) fn company_item(company: &Company) -> Result<Attributes, Error> {
    let (w, id) = (&company.workspace_id, &company.id);
    let mut keys = vec![THIS.key(&[w, id])];
    if let Some(deleted_at) = company.deleted_at {
        if company.emptied_at.is_none() {
            keys.push(DueKind::Company.key(*id, deleted_at));
        }
    } else {
        keys.push(ALL.key(&[w, id]));
        keys.push(BY_KIND.key(&[w, &company.is_placeholder, id]));
        if !company.is_placeholder {
            keys.push(WITH_NAME.key(&[w, &company.name.as_str(), id]));
        }
    }
    company_copy(ENTITY, company, &keys)
}

/// An item with all that lists show and filter by.
fn company_copy(
    entity: &'static str,
    company: &Company,
    keys: &[Key],
) -> Result<Attributes, Error> {
    let mut copy = item(entity, company, keys)?;
    add_tag_keys(&mut copy, &company.tags);
    Ok(copy)
}

pub(crate) fn name_guard_key(workspace: WorkspaceId, name: &CompanyName) -> Key {
    NAME_GUARD.key(&[&workspace, &name.key()])
}

pub(crate) fn name_guard_item(company: &Company) -> Result<Attributes, Error> {
    let key = name_guard_key(company.workspace_id, &company.name);
    item(
        "companyNameGuard",
        &NameGuard {
            company_id: company.id,
        },
        &[key],
    )
}
