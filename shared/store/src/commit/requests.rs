//! What a change of requests writes, and what it requires of the service and
//! the company that it was decided on.

use super::{Meaning, Transaction, unbuildable};
use crate::{CommitError, Error, company, number, pattern::Key, request, service};
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use portico_domain::{Change, Revision, WorkspaceId};

impl Transaction {
    /// Requests, on condition that nobody has changed what they were decided on.
    pub(super) fn requests(
        &mut self,
        workspace: WorkspaceId,
        change: &Change<'_>,
    ) -> Result<(), CommitError> {
        for (id, version) in &change.based_on_services {
            self.unchanged(&service::this_key(workspace, *id), *version)?;
        }
        for (id, version) in &change.based_on_companies {
            self.unchanged(&company::company_key(workspace, *id), *version)?;
        }
        for Revision { before, after } in &change.requests {
            let version = before.as_ref().map(|before| before.version);
            self.revise(request::request_item(after)?, version)?;
        }
        Ok(())
    }

    fn unchanged(&mut self, key: &Key, version: u64) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::Stale);
        Ok(())
    }
}
