//! Custom fields in the table: one item for those of clients, one for those of
//! companies.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, item, read},
    pattern::Key,
};
use portico_domain::{FieldEntity, FieldSet, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "the custom fields of clients, or of companies",
    Index::Table,
    "WS#<workspace>#CF#<client or company>",
    "FIELDS",
);

const ENTITY: &str = "customFields";

impl WorkspaceStore<'_> {
    /// The custom fields of clients, or of companies.
    pub async fn field_set(&self, entity: FieldEntity) -> Result<FieldSet, Error> {
        let set = self.fetch(ENTITY, &set_key(self.id, entity)).await?;
        Ok(set.unwrap_or_else(|| FieldSet::new(self.id, entity)))
    }

    /// All custom fields: those of clients, then those of companies.
    pub async fn field_sets(&self) -> Result<Vec<FieldSet>, Error> {
        let mut sets = FieldEntity::ALL.map(|entity| FieldSet::new(self.id, entity));
        for item in self.fetch_many(keys(self.id).to_vec()).await? {
            let found: FieldSet = read(ENTITY, item)?;
            if let Some(set) = sets.iter_mut().find(|set| set.entity == found.entity) {
                *set = found;
            }
        }
        Ok(sets.to_vec())
    }
}

/// The keys of both.
pub(crate) fn keys(workspace: WorkspaceId) -> [Key; 2] {
    FieldEntity::ALL.map(|entity| set_key(workspace, entity))
}

fn set_key(workspace: WorkspaceId, entity: FieldEntity) -> Key {
    THIS.key(&[&workspace, &entity.name()])
}

pub(crate) fn set_item(set: &FieldSet) -> Result<Attributes, Error> {
    let key = set_key(set.workspace_id, set.entity);
    item(ENTITY, set, &[key])
}
