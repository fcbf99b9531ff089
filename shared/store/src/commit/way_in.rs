//! What lets people in, and the addresses that they sign in with.

use super::{Meaning, Transaction, unbuildable};
use crate::{CommitError, Error, client, item::Attributes, password, session, text, ticket};
use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use portico_domain::{Change, ClientId, Revision, WantedEmail, WorkspaceId};

/// Nobody else has the address. Earlier versions kept addresses that were only
/// asked for; those keep nobody from anything.
const EMAIL_IS_FREE: &str =
    "attribute_not_exists(pk) OR clientId = :client OR attribute_exists(reservedUntil)";

impl Transaction {
    /// What lets people in: links, addresses, passwords, sessions.
    pub(super) fn way_in(
        &mut self,
        workspace: WorkspaceId,
        change: &Change<'_>,
    ) -> Result<(), CommitError> {
        for Revision { before, after } in &change.tickets {
            let version = before.as_ref().map(|before| before.version);
            self.revise(ticket::ticket_item(after)?, version)?;
        }
        for wanted in &change.wanted_emails {
            self.check_email(workspace, wanted)?;
        }
        if let Some(credential) = &change.credential {
            self.put(password::password_item(workspace, credential)?)?;
        }
        if let Some(session) = &change.session {
            self.put(session::session_item(session)?)?;
        }
        if let Some(session) = &change.ended_session {
            self.delete(&session::session_key(
                workspace,
                session.account,
                session.id,
            ))?;
        }
        Ok(())
    }

    /// Takes an address that nobody else has.
    pub(super) fn take_email(&mut self, item: Attributes, client: ClientId) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(EMAIL_IS_FREE)
            // What is found instead tells whose it is.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":client", text(&client));
        self.push_put(put, Meaning::EmailTaken)
    }

    /// Makes sure that nobody else has an address, and takes it for nobody.
    fn check_email(&mut self, workspace: WorkspaceId, wanted: &WantedEmail) -> Result<(), Error> {
        let key = client::email_guard_key(workspace, &wanted.email);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression(EMAIL_IS_FREE)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":client", text(&wanted.client_id))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::EmailTaken);
        Ok(())
    }
}
