//! Commits: one decision, one transaction.
//!
//! Each part of a change becomes one action with the condition under which it
//! may happen, and each condition has a meaning for the caller. If any fails,
//! nothing is written. A change that has become too old meanwhile is not
//! written either, so that the list of events does not get one in a part that
//! has been read.

mod admins;
mod billing;
mod limit;
mod meaning;
mod rehearsal;
mod requests;
mod services;
mod team;
mod way_in;

use crate::{
    Answered, CommitError, DueKind, Error, WorkspaceStore, address_mark, answered, audit, chore,
    client, company, delivery, endpoint, event, field_set, invitation,
    item::Attributes,
    lane, letter, number, password,
    pattern::Key,
    recovery, text,
    transact::{MAX_ACTIONS, Outcome},
    workspace,
};
use admins::Remaining;
use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
        builders::{DeleteBuilder, PutBuilder},
    },
};
use meaning::Meaning;
use portico_domain::{
    Account, AuditEntry, Change, Client, ClientId, Company, CompanyId, EndpointId, LaneId, Letter,
    Listed, Revision, Time, WorkspaceId,
};
use std::collections::BTreeSet;

struct Transaction {
    table: String,
    now: Time,
    actions: Vec<TransactWriteItem>,
    meanings: Vec<Meaning>,
}

impl WorkspaceStore<'_> {
    /// Writes a change whole, or not at all. What belongs to another tenant is
    /// not written, whoever asks.
    pub async fn commit(&self, change: &Change<'_>) -> Result<(), CommitError> {
        self.commit_answer(change, None).await
    }

    /// Whether the change could be written now: asks for every condition of
    /// the transaction and writes nothing.
    pub async fn rehearse(&self, change: &Change<'_>) -> Result<(), CommitError> {
        let admin = self.remaining_admin(change).await?;
        let transaction = self.transaction(change, None, admin)?.conditions_only()?;
        self.send(change, transaction).await
    }

    /// The same as [`WorkspaceStore::commit`], with a record of the answer to the request that asked for the
    /// change, so that the request is not done again.
    pub async fn commit_answer(
        &self,
        change: &Change<'_>,
        answered: Option<&Answered>,
    ) -> Result<(), CommitError> {
        let admin = self.remaining_admin(change).await?;
        let transaction = self.transaction(change, answered, admin)?;
        self.send(change, transaction).await
    }

    async fn send(&self, change: &Change<'_>, transaction: Transaction) -> Result<(), CommitError> {
        if transaction.actions.is_empty() {
            return Ok(());
        }
        if transaction.actions.len() > MAX_ACTIONS {
            return Err(CommitError::TooLarge(transaction.actions.len()));
        }
        let seed = change.moment.id::<()>().seed();
        let decided_at = Some(change.moment.now);
        let sent = self.store.transact(&transaction.actions, seed, decided_at);
        match sent.await? {
            Outcome::Written => Ok(()),
            Outcome::Failed(place, found) => Err(transaction.meaning(place, found)),
            Outcome::Late => Err(CommitError::Late),
        }
    }

    fn transaction(
        &self,
        change: &Change<'_>,
        answered: Option<&Answered>,
        admin: Option<Box<Remaining>>,
    ) -> Result<Transaction, CommitError> {
        if !change.belongs_to(self.id) {
            let reason = "it belongs to another workspace";
            return Err(Error::corrupt("change", reason).into());
        }
        let mut transaction = Transaction {
            table: self.store.table.to_string(),
            now: change.moment.now,
            actions: Vec::new(),
            meanings: Vec::new(),
        };
        // It comes first: of several conditions that fail, the first is told,
        // and whoever repeats a request is to learn that it was done.
        if let Some(answered) = answered {
            transaction.answer(self.id, answered, change.moment.now)?;
        }
        if let Some(Revision { before, after }) = &change.workspace {
            let version = before.as_ref().map_or(0, |before| before.version);
            transaction.settle(workspace::workspace_item(after)?, version)?;
        }
        for Revision { before, after } in &change.field_sets {
            // The set of a workspace that has no fields is not there.
            let version = before.as_ref().map(|before| before.version);
            let version = version.filter(|version| *version > 0);
            transaction.revise(field_set::set_item(after)?, version)?;
        }
        for chore in &change.chores {
            transaction.put(chore::chore_item(chore)?)?;
        }
        for revision in &change.clients {
            let due = unlisted(change, revision.after.id);
            transaction.client(revision, due.as_ref())?;
        }
        transaction.clients_counted(self.id, change)?;
        if let Some(limit) = change.limit_told {
            transaction.limit_told(self.id, limit)?;
        }
        for merged in &change.repointed {
            transaction.repoint(self.id, *merged)?;
        }
        for revision in &change.companies {
            transaction.company(revision)?;
        }
        for id in change.entered_companies() {
            transaction.check_company(&company::company_key(self.id, id), id)?;
        }
        transaction.business(self.id, change)?;
        for Revision { before, after } in &change.invitations {
            let version = before.as_ref().map(|before| before.version);
            transaction.revise(invitation::invitation_item(after)?, version)?;
        }
        transaction.team(change)?;
        if let Some(admin) = admin {
            transaction.remains(&admin)?;
        }
        for Revision { before, after } in &change.endpoints {
            let version = before.as_ref().map(|before| before.version);
            transaction.revise(endpoint::endpoint_item(after)?, version)?;
        }
        for endpoint in &change.deleted_endpoints {
            transaction.delete_version(&endpoint::endpoint_key(endpoint), endpoint.version)?;
        }
        for delivery in &change.deliveries {
            let (w, endpoint, lane) = (
                delivery.workspace_id,
                delivery.endpoint_id,
                delivery.lane_id,
            );
            transaction.revise(
                delivery::delivery_item(delivery)?,
                Some(delivery.version - 1),
            )?;
            transaction.ring(w, endpoint, lane, change.moment.now)?;
        }
        for recovery in &change.recoveries {
            let version = Some(recovery.version - 1).filter(|version| *version > 0);
            transaction.revise(recovery::recovery_item(recovery)?, version)?;
        }
        for (workspace, endpoint) in &change.rung_endpoints {
            for lane in LaneId::all(*endpoint) {
                transaction.ring(*workspace, *endpoint, lane, change.moment.now)?;
            }
        }
        for Revision { before, after } in &change.marks {
            let version = before.as_ref().map(|before| before.version);
            transaction.revise(address_mark::mark_item(after)?, version)?;
        }
        for letter in &change.letters {
            transaction.put(letter::letter_item(letter)?)?;
        }
        for letter in &change.postponed_letters {
            transaction.postpone(letter)?;
        }
        for id in &change.done_letters {
            transaction.delete(&letter::letter_key(self.id, *id))?;
        }
        transaction.way_in(self.id, change)?;
        for event in &change.events {
            transaction.put(event::event_item(event)?)?;
        }
        if let Some(entry) = AuditEntry::of(change, self.id) {
            transaction.put(audit::audit_item(&entry)?)?;
        }
        Ok(transaction)
    }
}

/// That a client is due to be listed anew: lists follow events, and nothing else
/// tells of a change without one.
fn unlisted(change: &Change<'_>, id: ClientId) -> Option<Key> {
    let is_told = change
        .events
        .iter()
        .any(|event| event.listed() == Some(Listed::Client(id)));
    (!is_told).then(|| DueKind::Client.key(id, change.moment.now))
}

impl Transaction {
    /// What is offered, asked for and billed.
    fn business(&mut self, workspace: WorkspaceId, change: &Change<'_>) -> Result<(), CommitError> {
        self.services_and_requests(workspace, change)?;
        self.billing(workspace, change)
    }

    fn client(
        &mut self,
        Revision { before, after }: &Revision<Client>,
        due: Option<&Key>,
    ) -> Result<(), CommitError> {
        let w = after.workspace_id;
        self.revise(
            client::client_item(after, due)?,
            before.as_ref().map(|before| before.version),
        )?;
        let was_here = before.as_ref().filter(|before| !before.is_archived());
        let is_here = Some(after).filter(|after| !after.is_archived());
        let old = was_here.map(|before| before.email.key());
        let new = is_here.map(|after| after.email.key());
        if let Some(before) = was_here.filter(|_| old != new) {
            self.delete(&client::email_guard_key(w, &before.email))?;
        }
        if new.is_some() && old != new {
            self.take_email(client::email_guard_item(after)?, after.id)?;
        }
        if after.purged_at.is_some() {
            self.delete(&password::password_key(w, Account::Client { id: after.id }))?;
        }

        let was: BTreeSet<CompanyId> = was_here.into_iter().flat_map(Client::memberships).collect();
        let is: BTreeSet<CompanyId> = is_here.into_iter().flat_map(Client::memberships).collect();
        for company_id in &is {
            self.put(client::membership_item(after, *company_id)?)?;
        }
        for company_id in was.difference(&is) {
            self.delete(&client::membership_key(after, *company_id))?;
        }

        let placeholder = was_here.and_then(|before| before.placeholder_id);
        if let Some(gone) = placeholder.filter(|id| !is.contains(id)) {
            self.delete(&company::company_key(w, gone))?;
        }
        if let Some(new) = is_here
            .and_then(Company::placeholder_of)
            .filter(|new| !was.contains(&new.id))
        {
            self.put(company::company_item(&new)?)?;
        }
        Ok(())
    }

    fn company(
        &mut self,
        Revision { before, after }: &Revision<Company>,
    ) -> Result<(), CommitError> {
        let w = after.workspace_id;
        self.revise(
            company::company_item(after)?,
            before.as_ref().map(|before| before.version),
        )?;
        // A deleted company has no name any more; another may have it.
        let named = before.as_ref().filter(|before| before.deleted_at.is_none());
        let old = named.map(|before| before.name.key());
        let new = after.deleted_at.is_none().then(|| after.name.key());
        if old == new {
            return Ok(());
        }
        if let Some(before) = named {
            self.delete(&company::name_guard_key(w, &before.name))?;
        }
        if new.is_some() {
            self.put_guard(company::name_guard_item(after)?, Meaning::CompanyNameTaken)?;
        }
        Ok(())
    }

    /// Puts an item in the place of its earlier version, or of none.
    fn revise(&mut self, item: Attributes, version: Option<u64>) -> Result<(), Error> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match version {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(version)),
        };
        self.push_put(put, Meaning::Stale)
    }

    /// Puts a workspace, or an API key, in the place of its earlier version. The
    /// first ones were written without a number.
    fn settle(&mut self, item: Attributes, version: u64) -> Result<(), Error> {
        let unnumbered = if version == 0 {
            "attribute_not_exists(version) OR "
        } else {
            ""
        };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(format!(
                "attribute_exists(pk) AND ({unnumbered}version = :version)"
            ))
            .expression_attribute_values(":version", number(version));
        self.push_put(put, Meaning::Stale)
    }

    fn put(&mut self, item: Attributes) -> Result<(), Error> {
        self.push_put(
            Put::builder().table_name(&self.table).set_item(Some(item)),
            Meaning::Stale,
        )
    }

    /// Notes the answer to a request, unless there is one that still counts.
    fn answer(&mut self, id: WorkspaceId, answered: &Answered, now: Time) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(answered::answered_item(id, answered)?))
            .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now")
            .expression_attribute_values(":now", text(&now));
        self.push_put(put, Meaning::AlreadyAnswered)
    }

    /// Puts a letter back, if nobody has taken it up or sent it since.
    fn postpone(&mut self, letter: &Letter) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(letter::letter_item(letter)?))
            .condition_expression("attempts = :attempts")
            .expression_attribute_values(":attempts", number(u64::from(letter.attempts)));
        self.push_put(put, Meaning::LeaseEnded)
    }

    fn put_guard(&mut self, item: Attributes, meaning: Meaning) -> Result<(), Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        self.push_put(put, meaning)
    }

    fn repoint(
        &mut self,
        workspace: WorkspaceId,
        merged: (ClientId, ClientId, ClientId),
    ) -> Result<(), Error> {
        let update = client::repoint_update(&self.table, workspace, merged).map_err(unbuildable)?;
        let action = TransactWriteItem::builder().update(update).build();
        self.push(action, Meaning::Stale);
        Ok(())
    }

    fn ring(
        &mut self,
        workspace: WorkspaceId,
        endpoint: EndpointId,
        lane: LaneId,
        now: Time,
    ) -> Result<(), Error> {
        let update =
            lane::ring_update(&self.table, workspace, endpoint, lane, now).map_err(unbuildable)?;
        let action = TransactWriteItem::builder().update(update).build();
        self.push(action, Meaning::Stale);
        Ok(())
    }

    fn delete(&mut self, key: &Key) -> Result<(), Error> {
        self.push_delete(Delete::builder().set_key(Some(key.attributes())))
    }

    /// Deletes an item, unless somebody has changed or deleted it.
    fn delete_version(&mut self, key: &Key, version: u64) -> Result<(), Error> {
        let delete = Delete::builder()
            .set_key(Some(key.attributes()))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version));
        self.push_delete(delete)
    }

    fn push_delete(&mut self, delete: DeleteBuilder) -> Result<(), Error> {
        let delete = delete
            .table_name(&self.table)
            .build()
            .map_err(unbuildable)?;
        self.push(
            TransactWriteItem::builder().delete(delete).build(),
            Meaning::Stale,
        );
        Ok(())
    }

    /// A client can only join, or be invited into, a company that is there, is
    /// not being deleted, is nobody's placeholder, and is active.
    fn check_company(&mut self, key: &Key, id: CompanyId) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(deletedAt) AND isPlaceholder = :no \
                 AND (attribute_not_exists(isActive) OR isActive = :yes)",
            )
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            // What is found instead tells which of these it is.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::NoSuchCompany(id));
        Ok(())
    }

    fn push_put(&mut self, put: PutBuilder, meaning: Meaning) -> Result<(), Error> {
        let put = put.build().map_err(unbuildable)?;
        self.push(TransactWriteItem::builder().put(put).build(), meaning);
        Ok(())
    }

    fn push(&mut self, action: TransactWriteItem, meaning: Meaning) {
        self.actions.push(action);
        self.meanings.push(meaning);
    }
}

fn unbuildable(error: BuildError) -> Error {
    Error::Unavailable(Box::new(error))
}
