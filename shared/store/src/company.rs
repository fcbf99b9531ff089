//! Companies in the table.

use crate::{
    DueKind, Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item, read},
    list::{Filter, Order, Question},
    pattern::Key,
};
use portico_domain::{Company, CompanyId, CompanyName, WorkspaceId};
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL, BY_KIND, BY_NAME, NAME_GUARD];

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
const BY_NAME: Pattern = Pattern::new(
    "the company with this name",
    Index::Gsi3,
    "WS#<workspace>#CO#NAME#<name>",
    "<company>",
);
const NAME_GUARD: Pattern = Pattern::new(
    "is this company name taken",
    Index::Table,
    "WS#<workspace>#COMPANY_NAME#<lower-case name>",
    "COMPANY_NAME",
);

pub(crate) const ENTITY: &str = "company";

/// Which companies to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct CompanyFilter {
    /// This name, in this spelling.
    pub name: Option<String>,
    /// Placeholders, or the others.
    pub is_placeholder: Option<bool>,
}

impl WorkspaceStore<'_> {
    /// The company with this id, deleted or not.
    pub async fn company(&self, id: CompanyId) -> Result<Option<Company>, Error> {
        self.store.get(ENTITY, &company_key(self.id, id)).await
    }

    /// Companies that pass the filter, oldest first.
    pub async fn companies(
        &self,
        filter: CompanyFilter,
        page: &PageRequest,
    ) -> Result<Page<Company>, Error> {
        let w = &self.id;
        let list = |pattern: Pattern, partition| {
            Question::new(pattern.index, partition, Order::OldestFirst)
        };
        let question = match (filter.name, filter.is_placeholder) {
            // A placeholder has no name.
            (Some(name), Some(true)) => list(BY_NAME, BY_NAME.partition(&[w, &name])).filter(
                Filter::Is,
                "name",
                Some(String::new()),
            ),
            (Some(name), _) => list(BY_NAME, BY_NAME.partition(&[w, &name])),
            (None, Some(kind)) => list(BY_KIND, BY_KIND.partition(&[w, &kind])),
            (None, None) => list(ALL, ALL.partition(&[w])),
        };
        self.store.list(ENTITY, question, page).await
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

    /// Notes that nobody is left in a deleted company.
    pub async fn company_is_empty(&self, id: CompanyId) -> Result<(), Error> {
        self.store.clear_due(&company_key(self.id, id)).await
    }
}

pub(crate) fn company_key(workspace: WorkspaceId, id: CompanyId) -> Key {
    THIS.key(&[&workspace, &id])
}

/// Whether what was found is a company that only lacks being active.
pub(crate) fn is_inactive(found: &Attributes) -> bool {
    read::<Company>(ENTITY, found.clone()).is_ok_and(|company| {
        company.deleted_at.is_none() && !company.is_placeholder && !company.is_active
    })
}

/// A deleted company is in no list, and due to be emptied at once.
pub(crate) fn company_item(company: &Company) -> Result<Attributes, Error> {
    let (w, id) = (&company.workspace_id, &company.id);
    let mut keys = vec![THIS.key(&[w, id])];
    if let Some(deleted_at) = company.deleted_at {
        keys.push(DueKind::Company.key(*id, deleted_at));
    } else {
        keys.push(ALL.key(&[w, id]));
        keys.push(BY_KIND.key(&[w, &company.is_placeholder, id]));
        if !company.is_placeholder {
            keys.push(BY_NAME.key(&[w, &company.name.as_str(), id]));
        }
    }
    item(ENTITY, company, &keys)
}

pub(crate) fn name_guard_key(workspace: WorkspaceId, name: &CompanyName) -> Key {
    NAME_GUARD.key(&[&workspace, &name.key()])
}

pub(crate) fn name_guard_item(company: &Company) -> Result<Attributes, Error> {
    let key = name_guard_key(company.workspace_id, &company.name);
    item(
        "companyNameGuard",
        &json!({ "companyId": company.id }),
        &[key],
    )
}
