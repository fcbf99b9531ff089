//! The workload: tenants, their endpoints, and what happens to their clients.

use crate::receivers::{Manner, Receivers};
use e2e::{Actor, TestApp, id};
use serde_json::{Value, json};

/// What an endpoint wants, how it treats what it gets, and whether its events
/// wait for each other.
#[derive(Clone, Copy)]
struct Plan(Manner, &'static str, &'static str);

/// The endpoints of each tenant. The third one's misbehave, and all three share
/// the same workers.
const TENANTS: [&[Plan]; 3] = [
    &[
        Plan(Manner::Healthy, "*", "none"),
        Plan(Manner::Healthy, "*", "strict"),
        Plan(Manner::Flaky, "client.*", "none"),
    ],
    &[
        Plan(Manner::Healthy, "*", "none"),
        Plan(Manner::Flaky, "*", "strict"),
        Plan(Manner::Overloaded, "*", "none"),
    ],
    &[
        Plan(Manner::Dead, "*", "none"),
        Plan(Manner::Gone, "*", "none"),
        Plan(Manner::Healthy, "invitation.*", "none"),
    ],
];

/// A tenant.
pub(crate) struct Tenant {
    pub(crate) actor: Actor,
    clients: Vec<String>,
    companies: Vec<String>,
}

/// An endpoint, as it was registered.
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) tenant: usize,
    pub(crate) event_type: &'static str,
    pub(crate) is_strict: bool,
    pub(crate) secret: String,
}

/// A change that the API has confirmed: its object, and the type of the event
/// that must tell of it.
pub(crate) struct Confirmed {
    pub(crate) tenant: usize,
    pub(crate) object: String,
    pub(crate) event_type: &'static str,
}

/// Everything that is there, and everything that was confirmed.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) confirmed: Vec<Confirmed>,
    /// How many requests the API answered with an error of the server.
    pub(crate) unknown: u64,
    made: u32,
}

impl World {
    /// How each endpoint begins, in the order of their numbers.
    pub(crate) fn manners() -> Vec<Manner> {
        TENANTS.concat().iter().map(|plan| plan.0).collect()
    }

    pub(crate) async fn new(app: TestApp, receivers: &Receivers) -> Self {
        let mut world = Self {
            tenants: Vec::new(),
            endpoints: Vec::new(),
            confirmed: Vec::new(),
            unknown: 0,
            made: 0,
            app,
        };
        for (tenant, plans) in TENANTS.iter().enumerate() {
            let actor = if tenant == 0 {
                world.app.admin()
            } else {
                world.app.other_tenant().await.actor
            };
            for Plan(_, event_type, ordering) in *plans {
                let url = format!("{}/{}", receivers.url, world.endpoints.len());
                let body = json!({ "url": url, "eventTypes": [event_type], "ordering": ordering });
                let endpoint = actor.post("/v1/webhook-endpoints", &body).await.expect(201);
                world.endpoints.push(Endpoint {
                    id: id(&endpoint).to_owned(),
                    tenant,
                    event_type,
                    is_strict: *ordering == "strict",
                    secret: endpoint["secret"].as_str().unwrap_or_default().to_owned(),
                });
            }
            world.tenants.push(Tenant {
                actor,
                clients: Vec::new(),
                companies: Vec::new(),
            });
        }
        world
    }

    /// Whether this endpoint takes everything from the beginning.
    pub(crate) fn is_healthy(endpoint: usize) -> bool {
        Self::manners().get(endpoint) == Some(&Manner::Healthy)
    }

    /// Does one of the things that people do.
    pub(crate) async fn something(&mut self, random: &mut fastrand::Rng) {
        let tenant = random.usize(..self.tenants.len());
        match random.u8(..20) {
            0..4 => self.create_client(tenant, random).await,
            4..10 => self.update_client(tenant, random).await,
            10 => self.archive_client(tenant, random).await,
            11..14 => self.invite(tenant, random).await,
            14 => self.cancel(tenant, random).await,
            15 => self.accept(random).await,
            16 => self.create_company(tenant).await,
            17 | 18 => self.rename_company(tenant, random).await,
            _ => self.delete_company(tenant, random).await,
        }
    }

    pub(crate) async fn create_client(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let number = self.next_number();
        let mut body = json!({
            "givenName": format!("Given {number}"),
            "familyName": "Family",
            "email": format!("client-{number}@example.com"),
        });
        if let Some(company) = random.choice(&self.tenants[tenant].companies) {
            body["companyId"] = json!(company);
        }
        let invites = random.bool();
        let path = format!("/v1/clients?sendInvite={invites}");
        if let Some(client) = self.post(tenant, &path, &body).await {
            self.confirm(tenant, id(&client), "client.created");
            self.tenants[tenant].clients.push(id(&client).to_owned());
        }
    }

    pub(crate) async fn update_client(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let Some(client) = random.choice(&self.tenants[tenant].clients).cloned() else {
            return;
        };
        let mut body = json!({ "givenName": format!("Given {}", self.next_number()) });
        if random.u8(..4) == 0 {
            let company = random.choice(&self.tenants[tenant].companies);
            body["companyIds"] = json!(company.into_iter().collect::<Vec<_>>());
        }
        let path = format!("/v1/clients/{client}");
        if self.patch(tenant, &path, &body).await {
            self.confirm(tenant, &client, "client.updated");
        }
    }

    async fn archive_client(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let clients = &mut self.tenants[tenant].clients;
        if clients.is_empty() {
            return;
        }
        let client = clients.swap_remove(random.usize(..clients.len()));
        if self.delete(tenant, &format!("/v1/clients/{client}")).await {
            self.confirm(tenant, &client, "client.archived");
        }
    }

    async fn invite(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        if let Some(client) = random.choice(&self.tenants[tenant].clients) {
            let body = json!({ "clientId": client });
            self.post(tenant, "/v1/invitations", &body).await;
        }
    }

    async fn cancel(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let open = self.get(tenant, "/v1/invitations?status=pending").await;
        let open = open["data"].as_array().cloned().unwrap_or_default();
        if let Some(invitation) = random.choice(&open) {
            let path = format!("/v1/invitations/{}/cancel", id(invitation));
            if self.post(tenant, &path, &json!({})).await.is_some() {
                self.confirm(tenant, id(invitation), "invitation.cancelled");
            }
        }
    }

    /// Follows the link of some mail; many are out of date.
    async fn accept(&mut self, random: &mut fastrand::Rng) {
        let mails = self.app.server.aws().mailbox().newest_first();
        let Some(mail) = random.choice(&mails) else {
            return;
        };
        let link = mail
            .text
            .split_whitespace()
            .find(|word| word.contains("/i/"));
        if let Some(link) = link {
            let body = json!({ "password": "correct horse battery" });
            self.app
                .nobody()
                .post(&format!("{link}/accept"), &body)
                .await;
        }
    }

    pub(crate) async fn create_company(&mut self, tenant: usize) {
        let body = json!({ "name": format!("Company {}", self.next_number()) });
        if let Some(company) = self.post(tenant, "/v1/companies", &body).await {
            self.confirm(tenant, id(&company), "company.created");
            self.tenants[tenant].companies.push(id(&company).to_owned());
        }
    }

    async fn rename_company(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let Some(company) = random.choice(&self.tenants[tenant].companies).cloned() else {
            return;
        };
        let body = json!({ "name": format!("Company {}", self.next_number()) });
        if self
            .patch(tenant, &format!("/v1/companies/{company}"), &body)
            .await
        {
            self.confirm(tenant, &company, "company.updated");
        }
    }

    async fn delete_company(&mut self, tenant: usize, random: &mut fastrand::Rng) {
        let companies = &mut self.tenants[tenant].companies;
        if companies.is_empty() {
            return;
        }
        let company = companies.swap_remove(random.usize(..companies.len()));
        if self
            .delete(tenant, &format!("/v1/companies/{company}"))
            .await
        {
            self.confirm(tenant, &company, "company.deleted");
        }
    }

    /// All pages of a list.
    pub(crate) async fn all(&self, tenant: usize, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let page = self.get(tenant, &format!("{path}?limit=100{next}")).await;
            items.extend(page["data"].as_array().cloned().unwrap_or_default());
            match page["nextToken"].as_str() {
                Some(token) => next = format!("&nextToken={token}"),
                None => return items,
            }
        }
    }

    async fn get(&self, tenant: usize, path: &str) -> Value {
        self.tenants[tenant].actor.get(path).await.body
    }

    async fn post(&mut self, tenant: usize, path: &str, body: &Value) -> Option<Value> {
        let answer = self.tenants[tenant].actor.post(path, body).await;
        self.note(answer.status).then_some(answer.body)
    }

    pub(crate) async fn patch(&mut self, tenant: usize, path: &str, body: &Value) -> bool {
        let status = self.tenants[tenant].actor.patch(path, body).await.status;
        self.note(status)
    }

    async fn delete(&mut self, tenant: usize, path: &str) -> bool {
        let status = self.tenants[tenant].actor.delete(path).await.status;
        self.note(status)
    }

    /// Whether it was done; an error of the server leaves that open.
    fn note(&mut self, status: u16) -> bool {
        self.unknown += u64::from(status >= 500);
        (200..300).contains(&status)
    }

    fn confirm(&mut self, tenant: usize, object: &str, event_type: &'static str) {
        self.confirmed.push(Confirmed {
            tenant,
            object: object.to_owned(),
            event_type,
        });
    }

    fn next_number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }
}
