//! What a change of services writes, and what it requires of those that
//! companies name.

use super::{Meaning, Transaction, unbuildable};
use crate::{CommitError, Error, pattern::Key, service};
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use portico_domain::{Change, Revision, ServiceId, WorkspaceId};

impl Transaction {
    /// Services, each with the guard of its name, and those that have to be
    /// there; then requests for them.
    pub(super) fn services_and_requests(
        &mut self,
        workspace: WorkspaceId,
        change: &Change<'_>,
    ) -> Result<(), CommitError> {
        for Revision { before, after } in &change.services {
            let w = after.workspace_id;
            let version = before.as_ref().map(|before| before.version);
            self.revise(service::service_item(after)?, version)?;
            let old = before.as_ref().map(|before| before.name.key());
            if old.as_ref() == Some(&after.name.key()) {
                continue;
            }
            if let Some(before) = before {
                self.delete(&service::name_guard_key(w, &before.name))?;
            }
            self.put_guard(service::name_guard_item(after)?, Meaning::ServiceNameTaken)?;
        }
        for gone in &change.deleted_services {
            let w = gone.workspace_id;
            self.delete_version(&service::this_key(w, gone.id), gone.version)?;
            self.delete(&service::name_guard_key(w, &gone.name))?;
        }
        for id in &change.required_services {
            self.check_service(&service::this_key(workspace, *id), *id)?;
        }
        self.requests(workspace, change)
    }

    /// Only a service that is there can be named.
    fn check_service(&mut self, key: &Key, id: ServiceId) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::UnknownService(id));
        Ok(())
    }
}
