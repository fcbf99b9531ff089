//! A book of clients and companies, and what lists of it have to show.

use e2e::TestApp;
use portico_domain::{
    Client, ClientId, ClientStatus, Company, CompanyId, InternalUserId, Search, Tags,
};
use portico_store::{
    ClientFilter, ClientsBy, CompaniesBy, CompanyFilter, Page, PageRequest, Sort, WorkspaceStore,
};
use std::{collections::BTreeMap, fmt};

pub(super) const CLIENT_SORTS: [ClientsBy; 3] = [
    ClientsBy::CreatedAt,
    ClientsBy::Name,
    ClientsBy::LastActivityAt,
];
pub(super) const COMPANY_SORTS: [CompaniesBy; 3] = [
    CompaniesBy::CreatedAt,
    CompaniesBy::Name,
    CompaniesBy::ClientCount,
];

/// Everything that there is, as the things themselves say.
pub(super) struct Book {
    pub(super) clients: Vec<Client>,
    pub(super) companies: Vec<Company>,
}

impl Book {
    /// Reads the clients and companies themselves, which need no copies.
    pub(super) async fn read(app: &TestApp) -> Self {
        let workspace = app.server.app().store.workspace(app.server.workspace_id);
        let clients =
            all(async |page| workspace.clients(ClientFilter::default(), page).await).await;
        let real = CompanyFilter {
            is_placeholder: Some(false),
            ..CompanyFilter::default()
        };
        let companies = all(async |page| workspace.companies(real.clone(), page).await).await;
        Self { clients, companies }
    }

    fn counts(&self) -> BTreeMap<CompanyId, u64> {
        let mut counts = BTreeMap::new();
        for company in self.clients.iter().flat_map(|client| &client.company_ids) {
            *counts.entry(*company).or_default() += 1;
        }
        counts
    }

    /// Compares every filter in every order, and every search, with what the
    /// things themselves say.
    pub(super) async fn check(&self, app: &TestApp, searches: &[&str]) {
        let workspace = app.server.app().store.workspace(app.server.workspace_id);
        for filter in self.client_filters(searches) {
            let expected = self.expected_clients(&filter);
            let found = all(async |page| workspace.clients(filter.clone(), page).await).await;
            let found: Vec<ClientId> = found.iter().map(|client| client.id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        for filter in self.company_filters(searches) {
            let expected = self.expected_companies(&filter);
            let found = all(async |page| workspace.companies(filter.clone(), page).await).await;
            let found: Vec<CompanyId> = found.iter().map(|company| company.id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        self.check_copies(&workspace).await;
    }

    /// What a list shows of a client is what the client says.
    async fn check_copies(&self, workspace: &WorkspaceStore<'_>) {
        let sort = Sort {
            by: ClientsBy::Name,
            is_descending: false,
        };
        let filter = ClientFilter {
            sort,
            ..ClientFilter::default()
        };
        let mut found = all(async |page| workspace.clients(filter.clone(), page).await).await;
        found.sort_by_key(|client| client.id);
        assert_eq!(found, self.clients);
    }

    fn client_filters(&self, searches: &[&str]) -> Vec<ClientFilter> {
        let none = ClientFilter::default();
        let mut filters = vec![none.clone()];
        for status in ClientStatus::ALL {
            filters.push(ClientFilter {
                status: Some(status),
                ..none.clone()
            });
        }
        for company in &self.companies {
            filters.push(ClientFilter {
                company_id: Some(company.id),
                ..none.clone()
            });
        }
        for tag in self
            .clients
            .iter()
            .flat_map(|client| client.tags.as_slice())
        {
            filters.push(ClientFilter {
                tag: Some(tag.to_uppercase()),
                ..none.clone()
            });
        }
        for manager in self
            .clients
            .iter()
            .flat_map(|client| &client.account_manager_ids)
        {
            filters.push(ClientFilter {
                account_manager_id: Some(*manager),
                ..none.clone()
            });
        }
        // Every filter together with every other one.
        let single = distinct(filters);
        let mut filters = Vec::new();
        for one in &single {
            for other in &single {
                filters.push(ClientFilter {
                    status: one.status.or(other.status),
                    company_id: one.company_id.or(other.company_id),
                    tag: one.tag.clone().or_else(|| other.tag.clone()),
                    account_manager_id: one.account_manager_id.or(other.account_manager_id),
                    ..none.clone()
                });
            }
        }
        let filters = distinct(filters);
        let sorted = filters.iter().flat_map(|filter| {
            sorts(CLIENT_SORTS).map(|sort| ClientFilter {
                sort,
                ..filter.clone()
            })
        });
        let found = searches.iter().flat_map(|search| {
            let search = Search::parse("search", search).expect("a search");
            single.iter().map(move |filter| ClientFilter {
                search: Some(search.clone()),
                ..filter.clone()
            })
        });
        sorted.chain(found).collect()
    }

    fn company_filters(&self, searches: &[&str]) -> Vec<CompanyFilter> {
        let none = CompanyFilter {
            is_placeholder: Some(false),
            ..CompanyFilter::default()
        };
        let mut filters = vec![none.clone()];
        for is_active in [true, false] {
            filters.push(CompanyFilter {
                is_active: Some(is_active),
                ..none.clone()
            });
        }
        for company in &self.companies {
            for tag in company.tags.as_slice() {
                filters.push(CompanyFilter {
                    tag: Some(tag.to_uppercase()),
                    ..none.clone()
                });
                filters.push(CompanyFilter {
                    tag: Some(tag.clone()),
                    is_active: Some(true),
                    ..none.clone()
                });
            }
            for manager in &company.account_manager_ids {
                filters.push(CompanyFilter {
                    account_manager_id: Some(*manager),
                    ..none.clone()
                });
            }
        }
        let filters = distinct(filters);
        let sorted = filters.iter().flat_map(|filter| {
            sorts(COMPANY_SORTS).map(|sort| CompanyFilter {
                sort,
                ..filter.clone()
            })
        });
        let found = searches.iter().flat_map(|search| {
            let search = Search::parse("search", search).expect("a search");
            filters.iter().map(move |filter| CompanyFilter {
                search: Some(search.clone()),
                ..filter.clone()
            })
        });
        sorted.chain(found).collect()
    }

    fn expected_clients(&self, filter: &ClientFilter) -> Vec<ClientId> {
        let passes = |client: &&Client| {
            filter
                .status
                .is_none_or(|status| client.recorded_status() == status)
                && filter
                    .company_id
                    .is_none_or(|id| client.company_ids.contains(&id))
                && filter
                    .tag
                    .as_ref()
                    .is_none_or(|tag| has_tag(&client.tags, tag))
                && has_manager(&client.account_manager_ids, filter.account_manager_id)
        };
        let key = |client: &Client| match filter.sort.by {
            ClientsBy::CreatedAt | ClientsBy::ArchivedAt => String::new(),
            ClientsBy::Name => client.sort_name(),
            ClientsBy::LastActivityAt => client
                .last_activity_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
        };
        let clients = self.clients.iter().filter(passes);
        let mut found: Vec<(String, ClientId)> = match &filter.search {
            None => clients.map(|client| (key(client), client.id)).collect(),
            Some(search) => clients
                .filter_map(|client| Some((found_by(search, &client.words())?, client.id)))
                .collect(),
        };
        ordered(&mut found, filter.sort.is_descending)
    }

    fn expected_companies(&self, filter: &CompanyFilter) -> Vec<CompanyId> {
        let counts = self.counts();
        let passes = |company: &&Company| {
            filter
                .is_active
                .is_none_or(|is_active| company.is_active == is_active)
                && filter
                    .tag
                    .as_ref()
                    .is_none_or(|tag| has_tag(&company.tags, tag))
                && has_manager(&company.account_manager_ids, filter.account_manager_id)
        };
        let key = |company: &Company| match filter.sort.by {
            CompaniesBy::CreatedAt => String::new(),
            CompaniesBy::Name => company.sort_name(),
            CompaniesBy::ClientCount => {
                format!(
                    "{:010}",
                    counts.get(&company.id).copied().unwrap_or_default()
                )
            }
        };
        let companies = self.companies.iter().filter(passes);
        let mut found: Vec<(String, CompanyId)> = match &filter.search {
            None => companies
                .map(|company| (key(company), company.id))
                .collect(),
            Some(search) => companies
                .filter_map(|company| Some((found_by(search, &company.words())?, company.id)))
                .collect(),
        };
        ordered(&mut found, filter.sort.is_descending)
    }
}

fn has_tag(tags: &Tags, tag: &str) -> bool {
    tags.as_slice()
        .iter()
        .any(|one| Tags::key(one) == Tags::key(tag))
}

fn has_manager(ids: &[InternalUserId], id: Option<InternalUserId>) -> bool {
    id.is_none_or(|id| ids.contains(&id))
}

/// The word by which a search finds a thing with these words, if it does.
fn found_by(search: &Search, words: &std::collections::BTreeSet<String>) -> Option<String> {
    let others = search.others();
    let has = |beginning: &String| words.iter().any(|word| word.starts_with(beginning));
    let first = words
        .iter()
        .find(|word| word.starts_with(search.longest()))?;
    others.iter().all(has).then(|| first.clone())
}

fn ordered<I: Ord + Copy>(found: &mut [(String, I)], is_descending: bool) -> Vec<I> {
    found.sort();
    if is_descending {
        found.reverse();
    }
    found.iter().map(|(_, id)| *id).collect()
}

pub(super) fn sorts<By: Copy>(by: [By; 3]) -> impl Iterator<Item = Sort<By>> {
    by.into_iter()
        .flat_map(|by| [false, true].map(|is_descending| Sort { by, is_descending }))
}

fn distinct<T: fmt::Debug>(filters: Vec<T>) -> Vec<T> {
    let filters: BTreeMap<String, T> = filters
        .into_iter()
        .map(|filter| (format!("{filter:?}"), filter))
        .collect();
    filters.into_values().collect()
}

/// All of a list, page by page.
pub(super) async fn all<T>(
    read: impl AsyncFn(&PageRequest) -> Result<Page<T>, portico_store::Error>,
) -> Vec<T> {
    let mut request = PageRequest {
        limit: 7,
        after: None,
    };
    let mut items = Vec::new();
    loop {
        let page = read(&request).await.expect("the table answers");
        items.extend(page.items);
        request.after = page.next;
        if request.after.is_none() {
            return items;
        }
    }
}
