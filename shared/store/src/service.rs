//! Services in the table. All are in one partition, so a list sees every change
//! made before it.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item, read},
    list::{Order, Question},
    pattern::Key,
};
use portico_domain::{Service, ServiceId, ServiceName, WorkspaceId};
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, NAME_GUARD];

const THIS: Pattern = Pattern::new(
    "the services of a workspace, and this one",
    Index::Table,
    "WS#<workspace>#SV",
    "<service>",
);
const NAME_GUARD: Pattern = Pattern::new(
    "is this the name of a service",
    Index::Table,
    "WS#<workspace>#SV_NAME#<folded name>",
    "SV_NAME",
);

const ENTITY: &str = "service";

/// Which services to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceFilter {
    /// Those that clients can ask for, or the others.
    pub is_active: Option<bool>,
}

impl WorkspaceStore<'_> {
    /// The service with this id.
    pub async fn service(&self, id: ServiceId) -> Result<Option<Service>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// The services with these ids that there are, in no order.
    pub async fn services_by_id(&self, ids: &[ServiceId]) -> Result<Vec<Service>, Error> {
        let keys = ids.iter().map(|id| this_key(self.id, *id)).collect();
        let items = self.fetch_many(keys).await?;
        items.into_iter().map(|item| read(ENTITY, item)).collect()
    }

    /// Services that pass the filter, oldest first.
    pub async fn services(
        &self,
        filter: ServiceFilter,
        page: &PageRequest,
    ) -> Result<Page<Service>, Error> {
        let question = Question::new(THIS.index, THIS.partition(&[&self.id]), Order::OldestFirst)
            .flag("isActive", filter.is_active);
        self.store.list(ENTITY, question, page).await
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: ServiceId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn service_item(service: &Service) -> Result<Attributes, Error> {
    let key = this_key(service.workspace_id, service.id);
    item(ENTITY, service, &[key])
}

pub(crate) fn name_guard_key(workspace: WorkspaceId, name: &ServiceName) -> Key {
    NAME_GUARD.key(&[&workspace, &name.key()])
}

pub(crate) fn name_guard_item(service: &Service) -> Result<Attributes, Error> {
    let key = name_guard_key(service.workspace_id, &service.name);
    item(
        "serviceNameGuard",
        &json!({ "serviceId": service.id }),
        &[key],
    )
}
