//! Letters in the table.

use crate::{
    DueKind, Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, item},
    pattern::Key,
};
use portico_domain::{Letter, LetterId, Time, WorkspaceId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this letter",
    Index::Table,
    "WS#<workspace>#LT#<letter>",
    "LETTER",
);

pub(crate) const ENTITY: &str = "letter";

impl WorkspaceStore<'_> {
    /// Takes the letter up until `until`, if its time has come and nobody else
    /// has it.
    pub async fn lease_letter(
        &self,
        id: LetterId,
        now: Time,
        until: Time,
    ) -> Result<Option<Letter>, Error> {
        self.store
            .lease(ENTITY, &letter_key(self.id, id), "attempts", now, until)
            .await
    }

    /// Throws a letter away that no longer has anything to tell.
    pub async fn discard_letter(&self, id: LetterId) -> Result<(), Error> {
        self.store.delete(&letter_key(self.id, id)).await
    }
}

pub(crate) fn letter_key(workspace: WorkspaceId, id: LetterId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn letter_item(letter: &Letter) -> Result<Attributes, Error> {
    let key = letter_key(letter.workspace_id, letter.id);
    item(
        ENTITY,
        letter,
        &[key, DueKind::Letter.key(letter.id, letter.due_at)],
    )
}
