//! Workspaces in the table.

use crate::{
    Error, Index, Pattern, Store, WorkspaceStore,
    item::{Attributes, item, read},
    pattern::Key,
};
use portico_domain::{Workspace, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this workspace",
    Index::Table,
    "WS#<workspace>",
    "WORKSPACE",
);

pub(crate) const ENTITY: &str = "workspace";

impl Store {
    /// Writes a new workspace; answers whether there was none with its id.
    pub async fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        self.put_new(workspace_item(workspace)?).await
    }
}

impl Store {
    /// The workspace with this id, if there is one: for the pages that anybody
    /// may open, whose address names it.
    pub async fn find_workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Error> {
        self.get(ENTITY, &THIS.key(&[&id])).await
    }

    /// The same for functions that read only several items at once.
    pub async fn find_workspace_with_others(
        &self,
        id: WorkspaceId,
    ) -> Result<Option<Workspace>, Error> {
        let found = self.get_many(vec![THIS.key(&[&id])]).await?;
        let mut found = found.into_iter();
        found.next().map(|item| read(ENTITY, item)).transpose()
    }
}

impl WorkspaceStore<'_> {
    /// The workspace itself. Whoever has this handle has been told of the
    /// workspace by one of its own items, so it is there.
    pub async fn get(&self) -> Result<Workspace, Error> {
        let workspace = self.fetch(ENTITY, &THIS.key(&[&self.id])).await?;
        workspace.ok_or_else(|| Error::corrupt(ENTITY, "there is no such item"))
    }
}

pub(crate) fn this_key(id: WorkspaceId) -> Key {
    THIS.key(&[&id])
}

pub(crate) fn workspace_item(workspace: &Workspace) -> Result<Attributes, Error> {
    item(ENTITY, workspace, &[THIS.key(&[&workspace.id])])
}
