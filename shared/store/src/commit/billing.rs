//! What a change of invoices and payments writes: the invoice on condition that
//! nobody has changed it, so that two payments at once are decided one after the
//! other; its number on condition that it is free.

use super::{Meaning, Transaction};
use crate::{CommitError, invoice, number, payment};
use aws_sdk_dynamodb::types::Put;
use portico_domain::{Change, Revision, WorkspaceId};

impl Transaction {
    /// Invoices, each with the guard of its number, how far numbers are counted,
    /// and payments.
    pub(super) fn billing(
        &mut self,
        workspace: WorkspaceId,
        change: &Change<'_>,
    ) -> Result<(), CommitError> {
        // Before the guards: who counts at the same time decides again.
        if let Some((before, after)) = change.invoices_numbered {
            self.invoices_numbered(workspace, before, after)?;
        }
        for Revision { before, after } in &change.invoices {
            let version = before.as_ref().map(|before| before.version);
            self.revise(invoice::invoice_item(after)?, version)?;
            let old = before.as_ref().map(|before| before.number.key());
            if old.as_ref() == Some(&after.number.key()) {
                continue;
            }
            if let Some(before) = before {
                let w = after.workspace_id;
                self.delete(&invoice::number_guard_key(w, &before.number))?;
            }
            self.put_guard(
                invoice::number_guard_item(after)?,
                Meaning::InvoiceNumberTaken,
            )?;
        }
        for Revision { before, after } in &change.payments {
            let version = before.as_ref().map(|before| before.version);
            self.revise(payment::payment_item(after)?, version)?;
        }
        Ok(())
    }

    fn invoices_numbered(
        &mut self,
        workspace: WorkspaceId,
        before: u64,
        after: u64,
    ) -> Result<(), CommitError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(invoice::numbered_item(workspace, after)?));
        let put = if before == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("#count = :before")
                .expression_attribute_names("#count", "count")
                .expression_attribute_values(":before", number(before))
        };
        Ok(self.push_put(put, Meaning::Stale)?)
    }
}
