//! Tickets in the table.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, expire_after, item},
};
use portico_domain::{Ticket, TicketId};

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "this ticket",
    Index::Table,
    "WS#<workspace>#TK#<ticket>",
    "TICKET",
);

const ENTITY: &str = "ticket";

impl WorkspaceStore<'_> {
    /// The ticket with this id.
    pub async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, Error> {
        self.fetch(ENTITY, &THIS.key(&[&self.id, &id])).await
    }
}

pub(crate) fn ticket_item(ticket: &Ticket) -> Result<Attributes, Error> {
    let key = THIS.key(&[&ticket.workspace_id, &ticket.id]);
    let mut item = item(ENTITY, ticket, &[key])?;
    expire_after(&mut item, ticket.expires_at + Ticket::KEPT);
    Ok(item)
}
