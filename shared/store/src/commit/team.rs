//! What a change of who may do what writes: internal users, their API
//! keys, and roles.

use super::{Meaning, Transaction, unbuildable};
use crate::{CommitError, Error, access, internal_user, number, password, pattern::Key, role};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem, Update};
use portico_domain::{Change, CustomRole, InternalUser, Revision, RoleId};

impl Transaction {
    /// Everything in a change that says who may do what.
    pub(super) fn team(&mut self, change: &Change<'_>) -> Result<(), CommitError> {
        for revision in &change.internal_users {
            self.internal_user(revision)?;
        }
        for Revision { before, after } in &change.api_keys {
            let item = access::api_key_item(after)?;
            match before {
                None => self.revise(item, None)?,
                Some(before) => self.settle(item, before.version)?,
            }
        }
        for Revision { before, after } in &change.roles {
            let version = before.as_ref().map(|before| before.version);
            self.revise(role::role_item(after)?, version)?;
            let old = before
                .as_ref()
                .map(|before| CustomRole::name_key(&before.name));
            if old.as_ref() != Some(&CustomRole::name_key(&after.name)) {
                if let Some(before) = before {
                    self.delete(&role::name_guard_key(before.workspace_id, &before.name))?;
                }
                self.put_guard(role::name_guard_item(after)?, Meaning::RoleNameTaken)?;
            }
        }
        for role in &change.deleted_roles {
            self.delete_role(role)?;
        }
        Ok(())
    }

    /// The internal user, its address for as long as it is a member, and the
    /// number of admins, which never falls to none. That one of them can come
    /// in is seen to beside.
    fn internal_user(
        &mut self,
        Revision { before, after }: &Revision<InternalUser>,
    ) -> Result<(), CommitError> {
        let before = before.as_ref();
        self.revise(
            internal_user::internal_user_item(after)?,
            before.map(|before| before.version),
        )?;
        let was_member = before.is_some_and(InternalUser::is_member);
        let address = |user: &InternalUser| user.is_member().then(|| user.email.key());
        if before.and_then(address) != address(after) {
            if let Some(before) = before.filter(|before| before.is_member()) {
                let key = internal_user::email_guard_key(after.workspace_id, &before.email);
                self.delete(&key)?;
            }
            if after.is_member() {
                let guard = internal_user::email_guard_item(after)?;
                self.put_guard(guard, Meaning::InternalUserEmailTaken)?;
            }
        }
        if was_member && !after.is_member() {
            self.delete(&password::password_key(after.workspace_id, after.account()))?;
        }
        let (admins, count) = internal_user::admins_key(after.workspace_id);
        match (before.is_some_and(InternalUser::is_admin), after.is_admin()) {
            (false, true) => self.count_up(&admins, count)?,
            (true, false) => self.count_down(&admins, count, 1, Meaning::LastAdmin)?,
            (true, true) | (false, false) => {}
        }
        let held = |user: &InternalUser| user.role.custom().filter(|_| user.is_member());
        let (was, is) = (before.and_then(held), held(after));
        if was != is {
            if let Some(id) = was {
                let (holders, count) = role::holders_key(after.workspace_id, id);
                self.count_down(&holders, count, 0, Meaning::Stale)?;
            }
            if let Some(id) = is {
                self.check_role(&role::this_key(after.workspace_id, id), id)?;
                let (holders, count) = role::holders_key(after.workspace_id, id);
                self.count_up(&holders, count)?;
            }
        }
        Ok(())
    }

    /// The role goes if nobody has it, together with the count that says so.
    fn delete_role(&mut self, gone: &CustomRole) -> Result<(), CommitError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(
                role::this_key(gone.workspace_id, gone.id).attributes(),
            ))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(gone.version))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().delete(delete).build();
        self.push(action, Meaning::Stale);
        self.delete(&role::name_guard_key(gone.workspace_id, &gone.name))?;
        let (holders, count) = role::holders_key(gone.workspace_id, gone.id);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(holders.attributes()))
            .condition_expression("attribute_not_exists(pk) OR #count = :none")
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":none", number(0))
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().delete(delete).build();
        self.push(action, Meaning::RoleInUse);
        Ok(())
    }

    /// Only a role that is there can be given.
    fn check_role(&mut self, key: &Key, id: RoleId) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(unbuildable)?;
        let action = TransactWriteItem::builder().condition_check(check).build();
        self.push(action, Meaning::UnknownRole(id));
        Ok(())
    }

    /// Adds one to a count, which may not be there yet.
    fn count_up(&mut self, key: &Key, count: &'static str) -> Result<(), Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD #count :one")
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build()
            .map_err(unbuildable)?;
        self.push(
            TransactWriteItem::builder().update(update).build(),
            Meaning::Stale,
        );
        Ok(())
    }

    /// Takes one from a count that must stay at `least` or more.
    fn count_down(
        &mut self,
        key: &Key,
        count: &'static str,
        least: u32,
        meaning: Meaning,
    ) -> Result<(), Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD #count :less")
            .condition_expression("#count > :least")
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":less", AttributeValue::N("-1".to_owned()))
            .expression_attribute_values(":least", AttributeValue::N(least.to_string()))
            .build()
            .map_err(unbuildable)?;
        self.push(TransactWriteItem::builder().update(update).build(), meaning);
        Ok(())
    }
}
