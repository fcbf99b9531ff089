//! How endpoints are doing, in the table. There is nothing to write for one that
//! never failed.

use crate::{
    Error, Index, Pattern, WorkspaceStore, endpoint,
    error::unless_condition_fails,
    item::{Attributes, ENTITY as KIND, item, read},
    number,
    pattern::Key,
    text,
};
use portico_domain::{Endpoint, EndpointHealth, EndpointId, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[HEALTH];

const HEALTH: Pattern = Pattern::new(
    "how an endpoint is doing",
    Index::Table,
    "WS#<workspace>#WE#<endpoint>",
    "HEALTH",
);
const ENTITY: &str = "endpointHealth";

impl WorkspaceStore<'_> {
    /// How an endpoint is doing since it was last enabled.
    pub async fn health(&self, endpoint: &Endpoint) -> Result<EndpointHealth, Error> {
        let key = HEALTH.key(&[&self.id, &endpoint.id]);
        Ok(since_enabled(endpoint, self.fetch(ENTITY, &key).await?))
    }

    /// Writes the next version of an endpoint's health; answers it, or `None`
    /// if another worker was quicker.
    pub async fn save_health(
        &self,
        after: EndpointHealth,
    ) -> Result<Option<EndpointHealth>, Error> {
        let before = after.version;
        let after = EndpointHealth {
            version: before + 1,
            ..after
        };
        let key = HEALTH.key(&[&self.id, &after.endpoint_id]);
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(item(ENTITY, &after, &[key])?))
            .condition_expression("attribute_not_exists(pk) OR version = :before")
            .expression_attribute_values(":before", number(before))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.map(|_| after))
    }
}

/// The keys of an endpoint and of how it is doing.
pub(crate) fn keys_with_endpoint(workspace: WorkspaceId, id: EndpointId) -> [Key; 2] {
    let health = HEALTH.key(&[&workspace, &id]);
    [endpoint::this_key(workspace, id), health]
}

/// Whether an item is one of those two.
pub(crate) fn is_of_endpoint(item: &Attributes) -> bool {
    let kind = item.get(KIND);
    kind == Some(&text(&ENTITY)) || kind == Some(&text(&endpoint::ENTITY))
}

/// An endpoint and how it is doing since it was last enabled, of which these
/// items were read.
pub(crate) fn read_with_endpoint(
    items: Vec<Attributes>,
) -> Result<Option<(Endpoint, EndpointHealth)>, Error> {
    let (mut endpoint, mut health) = (None, None);
    for item in items {
        if item.get(KIND) == Some(&text(&ENTITY)) {
            health = Some(read(ENTITY, item)?);
        } else {
            endpoint = Some(endpoint::read_endpoint(item)?);
        }
    }
    Ok(endpoint.map(|endpoint| {
        let health = since_enabled(&endpoint, health);
        (endpoint, health)
    }))
}

fn since_enabled(endpoint: &Endpoint, stored: Option<EndpointHealth>) -> EndpointHealth {
    let unblemished =
        EndpointHealth::unblemished(endpoint.workspace_id, endpoint.id, endpoint.restarts);
    match stored {
        Some(health) if health.restarts == endpoint.restarts => health,
        // What was before then is forgotten; the version goes on.
        Some(EndpointHealth { version, .. }) => EndpointHealth {
            version,
            ..unblemished
        },
        None => unblemished,
    }
}
