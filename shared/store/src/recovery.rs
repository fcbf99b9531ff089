//! Recoveries in the table.

use crate::{
    DueKind, Error, Index, Pattern, WorkspaceStore,
    error::unless_condition_fails,
    item::{Attributes, expire_after, item},
    number,
    pattern::Key,
};
use portico_domain::{DELIVERY_RETENTION, Recovery, RecoveryId, RecoveryStatus, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this recovery",
    Index::Table,
    "WS#<workspace>#RC#<recovery>",
    "RECOVERY",
);

pub(crate) const ENTITY: &str = "recovery";

impl WorkspaceStore<'_> {
    /// The recovery with this id.
    pub async fn recovery(&self, id: RecoveryId) -> Result<Option<Recovery>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
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
    let mut keys = vec![THIS.key(&[&recovery.workspace_id, &recovery.id])];
    if recovery.status == RecoveryStatus::Running {
        keys.push(DueKind::Recovery.key(recovery.id, recovery.updated_at));
    }
    let mut item = item(ENTITY, recovery, &keys)?;
    expire_after(&mut item, recovery.created_at + DELIVERY_RETENTION);
    Ok(item)
}
