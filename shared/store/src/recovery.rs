//! Recoveries in the table.

use crate::{
    DueKind, Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    error::unless_condition_fails,
    item::{Attributes, expire_after, item},
    list::{Filter, Order, Question},
    number,
    pattern::Key,
};
use portico_domain::{DELIVERY_RETENTION, Endpoint, EndpointId, Recovery, RecoveryId, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS, ALL];

const THIS: Pattern = Pattern::new(
    "this recovery",
    Index::Table,
    "WS#<workspace>#RC#<recovery>",
    "RECOVERY",
);

const ALL: Pattern = Pattern::new(
    "recoveries in order",
    Index::Gsi1,
    "WS#<workspace>#RC",
    "<recovery>",
);

pub(crate) const ENTITY: &str = "recovery";

impl WorkspaceStore<'_> {
    /// The recovery with this id.
    pub async fn recovery(&self, id: RecoveryId) -> Result<Option<Recovery>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// The recovery that was ordered last for the endpoint, if there was one and
    /// it is still kept.
    pub async fn latest_recovery(&self, endpoint: &Endpoint) -> Result<Option<Recovery>, Error> {
        match endpoint.latest_recovery {
            Some(id) => self.recovery(id).await,
            None => Ok(None),
        }
    }

    /// Recoveries of the workspace, or of one endpoint, newest first.
    pub async fn recoveries(
        &self,
        endpoint: Option<EndpointId>,
        page: &PageRequest,
    ) -> Result<Page<Recovery>, Error> {
        let partition = ALL.partition(&[&self.id]);
        let question = Question::new(ALL.index, partition, Order::NewestFirst);
        let Some(endpoint) = endpoint else {
            return self.store.list(ENTITY, question, page).await;
        };
        let question = question.filter(Filter::Is, "endpointId", Some(endpoint.to_string()));
        self.store.sift(ENTITY, question, page).await
    }

    /// Writes how far a recovery has come; answers whether nobody else was
    /// quicker.
    pub async fn save_recovery(&self, after: &Recovery) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(recovery_item(after)?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(after.version - 1))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: RecoveryId) -> Key {
    THIS.key(&[&workspace, &id])
}

/// A running recovery is due at once.
pub(crate) fn recovery_item(recovery: &Recovery) -> Result<Attributes, Error> {
    let (w, id) = (&recovery.workspace_id, &recovery.id);
    let mut keys = vec![THIS.key(&[w, id]), ALL.key(&[w, id])];
    if recovery.is_running() {
        keys.push(DueKind::Recovery.key(recovery.id, recovery.updated_at));
    }
    let mut item = item(ENTITY, recovery, &keys)?;
    expire_after(&mut item, recovery.created_at + DELIVERY_RETENTION);
    Ok(item)
}
