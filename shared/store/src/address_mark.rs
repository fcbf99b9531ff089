//! What is known against addresses, in the table.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, item},
};
use portico_domain::{AddressMark, Email};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "what is known against this e-mail address",
    Index::Table,
    "WS#<workspace>#MARK#<lower-case e-mail>",
    "MARK",
);

const ENTITY: &str = "addressMark";

impl WorkspaceStore<'_> {
    /// What is known against an address.
    pub async fn address_mark(&self, email: &Email) -> Result<Option<AddressMark>, Error> {
        self.fetch(ENTITY, &THIS.key(&[&self.id, &email.key()]))
            .await
    }
}

pub(crate) fn mark_item(mark: &AddressMark) -> Result<Attributes, Error> {
    item(
        ENTITY,
        mark,
        &[THIS.key(&[&mark.workspace_id, &mark.email.key()])],
    )
}
