//! Webhook endpoints in the table.
//!
//! All endpoints of a workspace share one partition, so a dispatcher reads
//! them with one Query that sees every change made before it.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item, read},
    list::{Order, Question},
    pattern::Key,
};
use portico_domain::{Endpoint, EndpointId, MAX_ENDPOINTS, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "webhook endpoints of a workspace, and this one",
    Index::Table,
    "WS#<workspace>#WE",
    "<endpoint>",
);

pub(crate) const ENTITY: &str = "endpoint";

/// The workspace has as many endpoints as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointLimit;

impl WorkspaceStore<'_> {
    /// The endpoint with this id.
    pub async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// Endpoints, oldest first.
    pub async fn endpoints(&self, page: &PageRequest) -> Result<Page<Endpoint>, Error> {
        let question = Question::new(THIS.index, THIS.partition(&[&self.id]), Order::OldestFirst);
        self.store.list(ENTITY, question, page).await
    }

    /// Every endpoint there is.
    pub async fn all_endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let items = self.endpoint_items().await?;
        items.into_iter().map(|item| read(ENTITY, item)).collect()
    }

    /// Those endpoints that this version can read, and whether that is all of
    /// them: a later version may have written one.
    pub async fn readable_endpoints(&self) -> Result<(Vec<Endpoint>, bool), Error> {
        let items = self.endpoint_items().await?;
        let count = items.len();
        let readable = items.into_iter().filter_map(|item| {
            let id = item.get("id").cloned();
            read(ENTITY, item)
                .inspect_err(|error| {
                    tracing::error!(endpoint = ?id, ?error, "an endpoint cannot be read");
                })
                .ok()
        });
        let readable: Vec<Endpoint> = readable.collect();
        let is_all = readable.len() == count;
        Ok((readable, is_all))
    }

    async fn endpoint_items(&self) -> Result<Vec<Attributes>, Error> {
        // A little more than the limit, which creations at the same moment
        // may overstep. Endpoints with many headers need more than one page.
        let limit = u16::try_from(MAX_ENDPOINTS + 50).unwrap_or(u16::MAX);
        let mut page = PageRequest { limit, after: None };
        let mut all = Vec::new();
        loop {
            let partition = THIS.partition(&[&self.id]);
            let question = Question::new(THIS.index, partition, Order::OldestFirst);
            let Page { items, next } = self.store.query(question, &page).await?;
            all.extend(items);
            match next {
                Some(_) => page.after = next,
                None => return Ok(all),
            }
        }
    }

    /// Whether the workspace may have one more endpoint. Registrations at the
    /// same moment may overstep the limit by a few.
    pub async fn may_add_endpoint(&self) -> Result<Result<(), EndpointLimit>, Error> {
        if self.all_endpoints().await?.len() >= MAX_ENDPOINTS {
            return Ok(Err(EndpointLimit));
        }
        Ok(Ok(()))
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: EndpointId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn endpoint_key(endpoint: &Endpoint) -> Key {
    this_key(endpoint.workspace_id, endpoint.id)
}

pub(crate) fn read_endpoint(item: Attributes) -> Result<Endpoint, Error> {
    read(ENTITY, item)
}

pub(crate) fn endpoint_item(endpoint: &Endpoint) -> Result<Attributes, Error> {
    item(ENTITY, endpoint, &[endpoint_key(endpoint)])
}
