//! Who is there: tenants, their endpoints, and what the API has confirmed to them.

use crate::{
    puller::Puller,
    receivers::{Manner, Receivers},
};
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
    pub(crate) clients: Vec<String>,
    pub(crate) companies: Vec<String>,
    /// A program of theirs that reads the list of events.
    pub(crate) puller: Puller,
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
#[derive(Clone)]
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
                puller: Puller::default(),
            });
        }
        world
    }

    /// The endpoints that take everything as it comes.
    pub(crate) fn healthy(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.endpoints.len()).filter(|endpoint| Self::is_healthy(*endpoint))
    }

    /// Whether this endpoint takes everything from the beginning.
    pub(crate) fn is_healthy(endpoint: usize) -> bool {
        Self::manners().get(endpoint) == Some(&Manner::Healthy)
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

    pub(crate) async fn get(&self, tenant: usize, path: &str) -> Value {
        self.tenants[tenant].actor.get(path).await.body
    }

    pub(crate) fn confirm(&mut self, tenant: usize, object: &str, event_type: &'static str) {
        self.confirmed.push(Confirmed {
            tenant,
            object: object.to_owned(),
            event_type,
        });
    }

    pub(crate) fn next_number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }
}
