//! What the checks look at, gathered when everything has come to rest.

use crate::{
    machine::Machine,
    receivers::Receipt,
    world::{Confirmed, World},
};
use portico_domain::Time;
use serde_json::Value;

/// Everything that the checks look at.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) endpoints: Vec<Endpoint>,
    /// The requests that came, in order.
    pub(crate) receipts: Vec<(Time, Receipt)>,
    /// Every interruption, each of which may have cost one duplicate.
    pub(crate) interruptions: u64,
}

/// What is seen of a tenant.
#[derive(Clone)]
pub(crate) struct Tenant {
    /// Its events, as they are listed.
    pub(crate) told: Vec<Value>,
    /// Its clients and companies.
    pub(crate) things: Vec<Value>,
    /// What its program has read from the list of events.
    pub(crate) pulled: Vec<Value>,
    /// What the API has confirmed.
    pub(crate) confirmed: Vec<Confirmed>,
}

/// What has to be known of an endpoint.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) tenant: usize,
    pub(crate) event_type: &'static str,
    pub(crate) is_strict: bool,
    pub(crate) is_healthy: bool,
    pub(crate) secret: String,
}

impl Seen {
    pub(crate) async fn of(machine: &mut Machine) -> Self {
        machine.pull_all().await;
        let mut tenants = Vec::new();
        for place in 0..machine.world.tenants.len() {
            let mut things = Vec::new();
            for path in ["/v1/clients", "/v1/companies"] {
                things.extend(machine.world.all(place, path).await);
            }
            let confirmed = machine.world.confirmed.iter();
            tenants.push(Tenant {
                told: machine.world.all(place, "/v1/events").await,
                things,
                pulled: machine.world.tenants[place].puller.events.clone(),
                confirmed: confirmed
                    .filter(|change| change.tenant == place)
                    .cloned()
                    .collect(),
            });
        }
        let endpoints = machine.world.endpoints.iter().enumerate();
        let endpoints = endpoints.map(|(place, endpoint)| Endpoint {
            id: endpoint.id.clone(),
            tenant: endpoint.tenant,
            event_type: endpoint.event_type,
            is_strict: endpoint.is_strict,
            is_healthy: World::is_healthy(place),
            secret: endpoint.secret.clone(),
        });
        Self {
            tenants,
            endpoints: endpoints.collect(),
            receipts: std::mem::take(&mut machine.receipts),
            interruptions: machine.report.interruptions(),
        }
    }
}
