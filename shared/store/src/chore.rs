//! Chores in the table.

use crate::{
    DueKind, Error, Index, Pattern, WorkspaceStore,
    error::unless_condition_fails,
    item::{Attributes, item},
    number,
    pattern::Key,
};
use portico_domain::{Chore, ChoreId, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this chore",
    Index::Table,
    "WS#<workspace>#CH#<chore>",
    "CHORE",
);

const ENTITY: &str = "chore";

impl WorkspaceStore<'_> {
    /// The chore with this id, unless it is done.
    pub async fn chore(&self, id: ChoreId) -> Result<Option<Chore>, Error> {
        self.fetch(ENTITY, &chore_key(self.id, id)).await
    }

    /// Writes how far a chore has come; answers whether nobody else was
    /// quicker.
    pub async fn save_chore(&self, after: &Chore) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(chore_item(after)?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(after.version - 1))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }

    /// Notes that a chore is done: it is gone.
    pub async fn chore_is_done(&self, id: ChoreId) -> Result<(), Error> {
        self.store.delete(&chore_key(self.id, id)).await
    }
}

fn chore_key(workspace: WorkspaceId, id: ChoreId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn chore_item(chore: &Chore) -> Result<Attributes, Error> {
    let keys = [
        chore_key(chore.workspace_id, chore.id),
        DueKind::Chore.key(chore.id, chore.due_at),
    ];
    item(ENTITY, chore, &keys)
}
