//! How endpoints are doing, in the table. There is nothing to write for one that
//! never failed.

use crate::{
    Error, Index, Pattern, WorkspaceStore, endpoint,
    error::unless_condition_fails,
    item::{ENTITY as KIND, item, read},
    number, text,
};
use portico_domain::{Endpoint, EndpointHealth, EndpointId};

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

    /// An endpoint, and how it is doing since it was last enabled, by one call.
    pub async fn endpoint_and_health(
        &self,
        id: EndpointId,
    ) -> Result<Option<(Endpoint, EndpointHealth)>, Error> {
        let keys = vec![
            endpoint::this_key(self.id, id),
            HEALTH.key(&[&self.id, &id]),
        ];
        let (mut endpoint, mut health) = (None, None);
        for item in self.store.get_many(keys).await? {
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
