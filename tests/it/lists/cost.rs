//! What a page costs, however large the tenant and however deep the page; and
//! what a change costs that lists have to follow.
//!
//! Larger sizes are measured by hand:
//! `LIST_SIZES=1000,100000 cargo nextest run -p e2e --no-capture every_page_costs`.

use super::{
    book::{CLIENT_SORTS, COMPANY_SORTS, sorts},
    client, company,
};
use e2e::{TestApp, id};
use portico_app::index;
use portico_domain::{
    Change, Client, ClientStatus, Company, CompanyId, InternalUserId, Listed, Search,
};
use portico_local::Call;
use portico_store::{ClientFilter, ClientsBy, CompanyFilter, Error, Page, PageRequest, Sort};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    time::Duration,
};

const SIZES: &str = "48,192";
/// How many items a page has: as many as callers get, where there are so many.
const fn limit(size: usize) -> u16 {
    if size < 1_000 { 3 } else { 100 }
}
/// Into how many parts each filter divides everything; each part has several
/// pages at every size.
const PARTS: usize = 4;
/// How many companies and archived clients there are at most beside the
/// clients: their lists are shorter, and the largest size has to fit in memory.
const OTHERS: usize = 10_000;
/// In pages of how many items the way to a deep one goes, at most: the shortest
/// lists have several of them at every size.
const MAX_STEP: u16 = 500;

/// What a page cost.
#[derive(Clone, Debug)]
struct Cost {
    calls: Vec<String>,
    evaluated: u64,
    returned: u64,
    units: f64,
}

struct Tenant {
    app: TestApp,
    size: usize,
    companies: Vec<CompanyId>,
    managers: Vec<InternalUserId>,
}

impl Tenant {
    /// A tenant with so many clients, and about as many companies.
    async fn of(size: usize) -> Self {
        let app = TestApp::driven_from(7).await;
        let moment = app.server.app().moment();
        let managers = (0..PARTS).map(|_| moment.id()).collect();
        let mut tenant = Self {
            app,
            size,
            companies: Vec::new(),
            managers,
        };
        tenant.add_companies().await;
        tenant.add_clients().await;
        tenant.add_archived().await;
        tenant
    }

    /// About as many archived clients as others.
    async fn add_archived(&self) {
        for number in 0..self.size.min(OTHERS) {
            let mut change = Change::by_system(self.app.server.app().moment());
            let mut client = self.client(&mut change, number);
            client.archived_at = Some(change.moment.now);
            let mut change = Change::by_system(self.app.server.app().moment());
            change.save_client(None, client);
            self.write(&change, BTreeSet::new()).await;
        }
    }

    async fn add_companies(&mut self) {
        let numbers: Vec<usize> = (0..self.size.min(OTHERS)).collect();
        for numbers in numbers.chunks(30) {
            let mut change = Change::by_system(self.app.server.app().moment());
            for number in numbers {
                let company = self.company(&mut change, *number);
                self.companies.push(company.id);
            }
            let listed = self.companies.iter().rev().take(numbers.len());
            self.write(&change, listed.map(|id| Listed::Company(*id)).collect())
                .await;
        }
    }

    async fn add_clients(&self) {
        let numbers: Vec<usize> = (0..self.size).collect();
        // A transaction touches a company once, and each of these has another.
        for many in numbers.chunks(25 * PARTS) {
            let mut listed = BTreeSet::new();
            for numbers in many.chunks(PARTS) {
                let mut change = Change::by_system(self.app.server.app().moment());
                let ids = numbers
                    .iter()
                    .map(|number| self.client(&mut change, *number).id);
                listed.extend(ids.map(Listed::Client));
                self.write(&change, BTreeSet::new()).await;
                self.app.server.pass(Duration::from_millis(1));
            }
            self.write(&Change::by_system(self.app.server.app().moment()), listed)
                .await;
        }
    }

    async fn write(&self, change: &Change<'_>, listed: BTreeSet<Listed>) {
        let (app, workspace) = (self.app.server.app(), self.app.server.workspace_id);
        app.store
            .workspace(workspace)
            .commit(change)
            .await
            .expect("it is written");
        let failed = index::relist(&app.store, workspace, app.now(), listed).await;
        assert!(failed.is_empty(), "{failed:?}");
    }

    fn client(&self, change: &mut Change<'_>, number: usize) -> Client {
        let (part, now) = (number % PARTS, change.moment.now);
        let client: Client = serde_json::from_value(json!({
            "id": change.moment.id::<()>(),
            "workspaceId": self.app.server.workspace_id,
            "givenName": (["Ada", "Grace", "Søren", "Zoë"][part]),
            "familyName": format!("Lovelace {}", scattered(number)),
            "email": format!("c{number}@example.com"),
            "position": "Analyst",
            "companyIds": [self.companies[part]],
            "tags": [format!("Tag {part}")],
            "accountManagerIds": [self.managers[part]],
            "fallbackColor": "#9BBFFF",
            "creationMethod": "import",
            "createdBy": { "type": "system" },
            "createdAt": now,
            "updatedAt": now,
            "activatedAt": (part % 2 == 0).then_some(now),
            "lastActivityAt": now,
            "sequence": 0,
            "version": 0,
        }))
        .expect("a client");
        change.save_client(None, client)
    }

    fn company(&self, change: &mut Change<'_>, number: usize) -> Company {
        let (part, now) = (number % PARTS, change.moment.now);
        let company: Company = serde_json::from_value(json!({
            "id": change.moment.id::<()>(),
            "workspaceId": self.app.server.workspace_id,
            "name": format!("Engines {}", scattered(number)),
            "tags": [format!("Tag {part}")],
            "accountManagerIds": [self.managers[part]],
            // The first ones have the clients.
            "isActive": number < PARTS || part % 2 == 0,
            "fallbackColor": "#9BBFFF",
            "createdAt": now,
            "updatedAt": now,
            "sequence": 0,
            "version": 0,
        }))
        .expect("a company");
        change.save_company(None, company)
    }

    /// Every filter of clients in every order, and searches.
    fn client_lists(&self) -> Vec<(String, ClientFilter)> {
        let none = ClientFilter::default();
        let filters = [
            ("no filter", none.clone()),
            (
                "company",
                ClientFilter {
                    company_id: Some(self.companies[1]),
                    ..none.clone()
                },
            ),
            (
                "status",
                ClientFilter {
                    status: Some(ClientStatus::Active),
                    ..none.clone()
                },
            ),
            (
                "tag",
                ClientFilter {
                    tag: Some("tag 2".to_owned()),
                    ..none.clone()
                },
            ),
            (
                "account manager",
                ClientFilter {
                    account_manager_id: Some(self.managers[3]),
                    ..none.clone()
                },
            ),
        ];
        let sorted = filters.into_iter().flat_map(|(name, filter)| {
            sorts(CLIENT_SORTS).map(move |sort| {
                let name = format!(
                    "clients: {name}, by {:?}{}",
                    sort.by,
                    direction(sort.is_descending)
                );
                (
                    name,
                    ClientFilter {
                        sort,
                        ..filter.clone()
                    },
                )
            })
        });
        let archived = [ClientsBy::CreatedAt, ClientsBy::ArchivedAt].map(|by| {
            let is_descending = by == ClientsBy::ArchivedAt;
            let sort = Sort { by, is_descending };
            let filter = ClientFilter {
                is_archived: true,
                sort,
                ..none.clone()
            };
            let name = format!("clients: archived{}", direction(is_descending));
            (name, filter)
        });
        let searched = ["love", "lovelace gr"].map(|text| {
            let search = Search::parse("search", text).ok();
            (
                format!("clients: search {text:?}"),
                ClientFilter {
                    search,
                    ..none.clone()
                },
            )
        });
        sorted.chain(archived).chain(searched).collect()
    }

    fn company_lists(&self) -> Vec<(String, CompanyFilter)> {
        let none = CompanyFilter::default();
        let filters = [
            ("no filter", none.clone()),
            (
                "tag",
                CompanyFilter {
                    tag: Some("TAG 1".to_owned()),
                    ..none.clone()
                },
            ),
            (
                "account manager",
                CompanyFilter {
                    account_manager_id: Some(self.managers[2]),
                    ..none.clone()
                },
            ),
            (
                "active",
                CompanyFilter {
                    is_active: Some(true),
                    ..none.clone()
                },
            ),
        ];
        let sorted = filters.into_iter().flat_map(|(name, filter)| {
            sorts(COMPANY_SORTS).map(move |sort| {
                let name = format!(
                    "companies: {name}, by {:?}{}",
                    sort.by,
                    direction(sort.is_descending)
                );
                (
                    name,
                    CompanyFilter {
                        sort,
                        ..filter.clone()
                    },
                )
            })
        });
        let search = Search::parse("search", "eng").ok();
        let searched = (
            "companies: search \"eng\"".to_owned(),
            CompanyFilter { search, ..none },
        );
        sorted.chain([searched]).collect()
    }

    /// What the first page of a list costs, and one that has three quarters of
    /// the list before it.
    async fn costs<T>(
        &self,
        name: &str,
        read: impl AsyncFn(PageRequest) -> Result<Page<T>, Error>,
    ) -> [Cost; 2] {
        let ask = async |limit, after| {
            read(PageRequest { limit, after })
                .await
                .expect("it answers")
        };
        let limit = limit(self.size);
        let step = u16::try_from(self.size / 50)
            .unwrap_or(limit)
            .clamp(limit, MAX_STEP);
        let mut places = vec![None];
        while let Some(after) = places.last().cloned() {
            match ask(step, after).await.next {
                Some(next) => places.push(Some(next)),
                None => break,
            }
        }
        assert!(places.len() > 2, "there are several pages");
        let deep = places.swap_remove((places.len() - 1) * 3 / 4);
        let mut costs = Vec::new();
        for (after, depth) in [(None, "first"), (deep, "deep")] {
            self.app.server.aws().record_calls();
            ask(limit, after).await;
            let cost = Cost::of(&self.app.server.aws().calls());
            eprintln!("{} {name}, {depth} page: {cost}", self.size);
            costs.push(cost);
        }
        costs.try_into().expect("there are two")
    }
}

impl Cost {
    fn of(calls: &[Call]) -> Self {
        let count = |name: &str| {
            calls
                .iter()
                .filter_map(|call| call.answer[name].as_u64())
                .sum()
        };
        Self {
            calls: calls.iter().map(|call| call.operation.clone()).collect(),
            evaluated: count("ScannedCount"),
            returned: count("Count"),
            units: calls
                .iter()
                .filter_map(|call| call.answer["ConsumedCapacity"]["CapacityUnits"].as_f64())
                .sum(),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            calls,
            evaluated,
            returned,
            units,
        } = self;
        write!(f, "{calls:?} {evaluated} {returned} {units}")
    }
}

/// Numbers that are not in the order in which they are asked for.
fn scattered(number: usize) -> usize {
    number * 7_919 % 1_000_003
}

fn direction(is_descending: bool) -> &'static str {
    if is_descending { ", backwards" } else { "" }
}

/// What the first page of each list costs, and a deep one.
async fn all_costs(size: usize) -> Vec<(String, [Cost; 2])> {
    let tenant = Tenant::of(size).await;
    let app = tenant.app.server.app();
    let workspace = app.store.workspace(tenant.app.server.workspace_id);
    let mut costs = Vec::new();
    for (name, filter) in tenant.client_lists() {
        let read = async |page| workspace.clients(filter.clone(), &page).await;
        let cost = tenant.costs(&name, read).await;
        costs.push((name, cost));
    }
    for (name, filter) in tenant.company_lists() {
        let read = async |page| workspace.companies(filter.clone(), &page).await;
        let cost = tenant.costs(&name, read).await;
        costs.push((name, cost));
    }
    assert_eq!(costs.len(), 30 + 2 + 2 + 24 + 1);
    costs
}

#[tokio::test]
async fn every_page_costs_the_same_at_every_size_and_depth() {
    let sizes = env::var("LIST_SIZES").unwrap_or_else(|_| SIZES.to_owned());
    let mut known: BTreeMap<(String, u16), f64> = BTreeMap::new();
    for size in sizes.split(',').map(|size| size.parse().expect("a number")) {
        let full = u64::from(limit(size));
        for (name, costs) in all_costs(size).await {
            for (cost, depth) in costs.iter().zip(["first", "deep"]) {
                let Cost {
                    calls,
                    evaluated,
                    returned,
                    units,
                } = cost;
                let place = format!("{size} {name}, {depth} page");
                // Of two words one is the key; the other is looked at after, and
                // where it leaves nothing of a page, the list is read on.
                if name.contains("lovelace gr") && calls.len() > 1 {
                    assert_eq!(calls, &["Query"; 2], "{place}");
                    assert!(*returned > 0, "{place}");
                    continue;
                }
                assert_eq!(calls, &["Query"], "{place}");
                assert_eq!(*evaluated, full, "{place}");
                if name.contains("lovelace gr") {
                    assert!(*returned >= full / (PARTS as u64 + 1), "{place}");
                } else {
                    assert_eq!(*returned, full, "{place}");
                }
                // An item is as long as what it holds, such as a longer number.
                let known = *known.entry((name.clone(), limit(size))).or_insert(*units);
                assert!(
                    (units - known).abs() <= 0.5 + known / 20.0,
                    "{place}: {units}, {known}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_lists_cost_for_each_change_is_known() {
    let app = TestApp::start().await;
    let engines = company(&app, "Engines", json!({})).await;
    app.settle().await;
    let more = json!({ "companyIds": [engines], "tags": ["VIP"], "position": "Analyst" });
    app.server.aws().record_calls();
    let ada = client(&app, "Ada Lovelace", "ada@example.com", more).await;
    app.settle().await;
    let added = spent(&app);
    let path = format!("/v1/clients/{}", id(&ada));
    app.server.aws().record_calls();
    app.admin()
        .patch(&path, &json!({ "position": "Countess" }))
        .await
        .expect(200);
    app.settle().await;
    let changed = spent(&app);
    app.server.aws().record_calls();
    app.admin().delete(&path).await.expect(200);
    app.settle().await;
    let archived = spent(&app);

    insta::assert_snapshot!(format!(
        "added: {added}\nchanged: {changed}\narchived: {archived}"
    ));
}

/// What the dispatcher asks of the table, the endpoints and the end of being
/// due aside.
fn spent(app: &TestApp) -> String {
    let calls = app.server.aws().calls();
    let own = calls
        .iter()
        .filter(|call| call.function == Some("dispatcher"));
    let lists = own.filter(|call| {
        call.operation == "TransactWriteItems" || call.body.to_string().contains(":prefix")
    });
    let described = lists.map(|call| match call.body["TransactItems"].as_array() {
        Some(actions) => format!("{}×{}", call.operation, actions.len()),
        None => call.operation.clone(),
    });
    described.collect::<Vec<_>>().join(" ")
}
