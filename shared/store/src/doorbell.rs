//! The table's stream as a doorbell: which of its records mean new work.
//!
//! A record that is not understood rings no bell; the sweep finds the work
//! all the same.

use crate::{
    Error, client, company,
    due::is_due,
    event,
    item::{Attributes, ENTITY, read},
    letter, recovery,
};
use portico_domain::{
    Client, ClientId, Company, CompanyId, Event, Letter, LetterId, Recovery, RecoveryId,
    WorkspaceId,
};
use serde_json::{Value, json};

/// New work that a stream record tells of.
#[derive(Debug)]
pub enum Doorbell {
    /// An event happened and wants to be dispatched.
    Event(Box<Event>),
    /// A letter wants to be mailed.
    Letter(WorkspaceId, LetterId),
    /// A recovery wants to begin.
    Recovery(WorkspaceId, RecoveryId),
    /// A deleted company wants to be emptied.
    Company(WorkspaceId, CompanyId),
    /// A client, changed without an event, wants to be listed anew.
    Client(WorkspaceId, ClientId),
}

impl Doorbell {
    /// What a record of the stream means: `name` is `INSERT`, `MODIFY` or
    /// `REMOVE`, `image` the item after it.
    pub fn of(name: &str, image: serde_dynamo::Item) -> Result<Option<Self>, Error> {
        let item: Attributes = image.into();
        let entity = item
            .get(ENTITY)
            .and_then(|value| value.as_s().ok())
            .map(String::as_str);
        // What is put back from a backup may have been done long ago.
        if !is_due(&item) {
            return Ok(None);
        }
        match (name, entity) {
            ("INSERT", Some(event::ENTITY)) => {
                event::read_event(item).map(|event| Some(Self::Event(Box::new(event))))
            }
            ("INSERT", Some(letter::ENTITY)) => {
                let letter: Letter = read(letter::ENTITY, item)?;
                Ok(Some(Self::Letter(letter.workspace_id, letter.id)))
            }
            ("INSERT", Some(recovery::ENTITY)) => {
                let recovery: Recovery = read(recovery::ENTITY, item)?;
                Ok(Some(Self::Recovery(recovery.workspace_id, recovery.id)))
            }
            ("MODIFY", Some(company::ENTITY)) => {
                let company: Company = read(company::ENTITY, item)?;
                Ok(Some(Self::Company(company.workspace_id, company.id)))
            }
            ("MODIFY", Some(client::ENTITY)) => {
                let client: Client = read(client::ENTITY, item)?;
                Ok(Some(Self::Client(client.workspace_id, client.id)))
            }
            _ => Ok(None),
        }
    }

    /// The changes that can ring: what happened, to which kinds of items. One
    /// rings while its item is due.
    pub const CHANGES: [(&'static str, &'static [&'static str]); 2] = [
        ("INSERT", &[event::ENTITY, letter::ENTITY, recovery::ENTITY]),
        ("MODIFY", &[client::ENTITY, company::ENTITY]),
    ];

    /// The records that ring, as filter patterns of an event source mapping;
    /// all others need not wake anybody.
    pub fn patterns() -> [Value; 2] {
        Self::CHANGES.map(|(name, entities)| {
            let image =
                json!({ ENTITY: { "S": entities }, "duepk": { "S": [{ "exists": true }] } });
            json!({ "eventName": [name], "dynamodb": { "NewImage": image } })
        })
    }
}
