//! What a change writes where the number of clients is limited: one update of
//! one count, whose condition is the limit.

use super::{Meaning, Transaction, unbuildable};
use crate::{
    Error,
    limit::{COUNT, TOLD, clients_key},
    number,
};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use portico_domain::{Change, WorkspaceId};

impl Transaction {
    /// Counts the clients that come, as far as the limit allows, or go. Where
    /// nobody is counted, nothing is written.
    pub(super) fn clients_counted(
        &mut self,
        workspace: WorkspaceId,
        change: &Change<'_>,
    ) -> Result<(), Error> {
        let by = change.clients_counted();
        if by == 0 {
            return Ok(());
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(clients_key(workspace).attributes()))
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()));
        let (update, meaning) = match change.client_limit {
            Some(limit) if by > 0 => {
                let room = i64::from(limit) - by;
                // A count that is not there yet is none.
                let absent = if room >= 0 {
                    "attribute_not_exists(#count) OR "
                } else {
                    ""
                };
                let update = update
                    .update_expression("ADD #count :by")
                    .condition_expression(format!("{absent}#count <= :room"))
                    .expression_attribute_values(":room", AttributeValue::N(room.to_string()));
                (update, Meaning::ClientLimitReached(limit))
            }
            // There is room again, so the limit can be reached anew.
            _ if by < 0 => {
                let update = update
                    .update_expression("ADD #count :by REMOVE #told")
                    .expression_attribute_names("#told", TOLD);
                (update, Meaning::Stale)
            }
            _ => (update.update_expression("ADD #count :by"), Meaning::Stale),
        };
        let update = update.build().map_err(unbuildable)?;
        self.push(TransactWriteItem::builder().update(update).build(), meaning);
        Ok(())
    }

    /// Tells once that the limit is reached, until there is room again.
    pub(super) fn limit_told(&mut self, workspace: WorkspaceId, limit: u32) -> Result<(), Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(clients_key(workspace).attributes()))
            .update_expression("SET #told = :yes")
            .condition_expression("attribute_not_exists(#told) AND #count >= :limit")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#told", TOLD)
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":limit", number(limit.into()))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().update(update).build();
        self.push(action, Meaning::Stale);
        Ok(())
    }
}
