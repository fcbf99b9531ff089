//! What lists and searches need beside the company: copies for its facets and
//! words, as of clients, sorted also by how many clients it has. A placeholder
//! has neither name nor tags nor members to speak of, so it has none.

use super::{
    ENTITY, company_copy, company_key,
    count::{CHANGES, Count, count_key},
};
use crate::{
    Error, Index, Pattern, WorkspaceStore,
    derived::{MAX_TRIES, action_update},
    due::is_due,
    item::{Attributes, read},
    number,
    pattern::Key,
    word::{chained, first_character},
};
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use portico_domain::{Company, CompanyId, InternalUserId, Tags};
use std::{collections::BTreeSet, fmt};

pub(crate) const PATTERNS: &[Pattern] = &[FACET, BY_CREATION, BY_NAME, BY_COUNT, WORD, BY_WORD];

const FACET: Pattern = Pattern::new(
    "the copy of this company for a filter",
    Index::Table,
    "WS#<workspace>#CO#<company>",
    "COMPANY#FACET#<facet>",
);
pub(super) const BY_CREATION: Pattern = Pattern::new(
    "companies with this tag or account manager, or that are active or not, by creation",
    Index::Gsi1,
    "WS#<workspace>#CO#FACET#<facet>",
    "<company>",
);
pub(super) const BY_NAME: Pattern = Pattern::new(
    "companies, or those with this tag or account manager, or that are active or not, by name",
    Index::Gsi2,
    "WS#<workspace>#CO#FACET#<facet>",
    "<name>#<company>",
);
pub(super) const BY_COUNT: Pattern = Pattern::new(
    "companies, or those with this tag or account manager, or that are active or not, by how many clients they have",
    Index::Gsi3,
    "WS#<workspace>#CO#FACET#<facet>",
    "<ten digits>#<company>",
);
const WORD: Pattern = Pattern::new(
    "the copy of this company for a word",
    Index::Table,
    "WS#<workspace>#CO#<company>",
    "COMPANY#WORD#<word>",
);
pub(super) const BY_WORD: Pattern = Pattern::new(
    "companies with a word that begins so",
    Index::Gsi1,
    "WS#<workspace>#CO#WORD#<first character>",
    "<word>#<company>",
);

const COPY: &str = "companyCopy";

/// What a list of companies can be filtered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    All,
    Active(bool),
    Tag(String),
    AccountManager(InternalUserId),
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("ALL"),
            Self::Active(is_active) => write!(f, "ACTIVE#{is_active}"),
            Self::Tag(tag) => write!(f, "TAG#{tag}"),
            Self::AccountManager(id) => write!(f, "MANAGER#{id}"),
        }
    }
}

impl WorkspaceStore<'_> {
    /// Derives from a company and its count what lists and searches need, and
    /// writes what is not there yet.
    pub async fn relist_company(&self, id: CompanyId) -> Result<(), Error> {
        for _ in 0..MAX_TRIES {
            if self.try_relist_company(id).await? {
                return Ok(());
            }
        }
        Err(Error::Busy("the company is changed all the time".into()))
    }

    /// Answers whether company and count stayed as they were read.
    async fn try_relist_company(&self, id: CompanyId) -> Result<bool, Error> {
        let (key, count_key) = (company_key(self.id, id), count_key(self.id, id));
        let mut copies = self.store.family(&key, key.sort()).await?;
        let company = copies.remove(key.sort());
        let company: Option<Company> = company.map(|item| read(ENTITY, item)).transpose()?;
        let version = company.as_ref().map(|company| company.version);
        let company = company.filter(Company::is_listed);
        let count = copies.remove(count_key.sort());
        let is_due = count.as_ref().is_some_and(is_due);
        let count: Option<Count> = count.map(|item| read("count", item)).transpose()?;

        let clients = count.map_or(0, |count| count.clients);
        let is_news = company
            .as_ref()
            .is_some_and(|company| company.client_count != Some(clients));
        let wanted =
            company.map_or_else(|| Ok(Vec::new()), |company| copies_of(company, clients))?;
        let difference = self.store.difference(&copies, wanted)?;
        let is_unchanged = [
            match version.filter(|_| is_news) {
                Some(version) => self.show_count(&key, version, clients)?,
                None => self.store.check_version(&key, "version", version)?,
            },
            self.store
                .check_version(&count_key, CHANGES, count.map(|count| count.changes))?,
        ];
        let seed = id.seed();
        if !self
            .store
            .write_difference(difference, &is_unchanged, seed)
            .await?
        {
            return Ok(false);
        }
        if let Some(count) = count.filter(|_| is_due) {
            return self
                .store
                .clear_due_of(&count_key, CHANGES, count.changes)
                .await;
        }
        Ok(true)
    }
}

impl WorkspaceStore<'_> {
    /// Has the company show how many clients it has, if it still is of this
    /// version. That is no change of it, so its version stays: who changes it
    /// meanwhile writes the old count, and is followed by another listing.
    fn show_count(
        &self,
        key: &Key,
        version: u64,
        clients: u64,
    ) -> Result<TransactWriteItem, Error> {
        let update = Update::builder()
            .table_name(&*self.store.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET clientCount = :clients")
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":clients", number(clients))
            .expression_attribute_values(":version", number(version));
        action_update(update.build())
    }
}

/// All copies that a company shall have.
fn copies_of(mut company: Company, clients: u64) -> Result<Vec<Attributes>, Error> {
    company.client_count = Some(clients);
    let company = &company;
    let (w, id) = (&company.workspace_id, &company.id);
    let (name, count) = (company.sort_name(), format!("{clients:010}"));
    let mut copies = Vec::new();
    for facet in facets_of(company) {
        let mut keys = vec![
            FACET.key(&[w, id, &facet]),
            BY_NAME.key(&[w, &facet, &name, id]),
            BY_COUNT.key(&[w, &facet, &count, id]),
        ];
        // All companies by creation are the companies themselves.
        if facet != Facet::All {
            keys.push(BY_CREATION.key(&[w, &facet, id]));
        }
        copies.push(company_copy(COPY, company, &keys)?);
    }
    for word in chained(company.words()) {
        let keys = [
            WORD.key(&[w, id, &word.text]),
            BY_WORD.key(&[w, &first_character(&word.text), &word.text, id]),
        ];
        let mut copy = company_copy(COPY, company, &keys)?;
        word.mark(&mut copy);
        copies.push(copy);
    }
    Ok(copies)
}

fn facets_of(company: &Company) -> Vec<Facet> {
    let tags = company
        .tags
        .as_slice()
        .iter()
        .map(|tag| Facet::Tag(Tags::key(tag)));
    let managers: BTreeSet<InternalUserId> = company.account_manager_ids.iter().copied().collect();
    [Facet::All, Facet::Active(company.is_active)]
        .into_iter()
        .chain(tags)
        .chain(managers.into_iter().map(Facet::AccountManager))
        .collect()
}
