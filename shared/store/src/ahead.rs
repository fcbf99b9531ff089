//! What is read together with who asks for it.
//!
//! Most routes name one thing by the id in their path, and what callers come in
//! with says in which workspace. So the thing is read in the very request that
//! reads who asks, and waits here until the caller has been let in and its
//! handler asks for it. It is found by its whole key, so nobody gets what a
//! read of its own would not have given.

use crate::{
    Error, WorkspaceStore, access, audit, client, company, delivery, endpoint, event, field_set,
    internal_user, invitation, invoice,
    item::{Attributes, read},
    pattern::Key,
    recovery, request, role, service, workspace,
};
use portico_domain::{Id, WorkspaceId};
use serde::de::DeserializeOwned;
use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// What a route names by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The workspace itself.
    Workspace,
    /// Its custom fields, whichever of them the path names.
    CustomFields,
    /// A client.
    Client(Uuid),
    /// A company.
    Company(Uuid),
    /// An invitation.
    Invitation(Uuid),
    /// A webhook endpoint.
    Endpoint(Uuid),
    /// A webhook delivery.
    Delivery(Uuid),
    /// A webhook recovery.
    Recovery(Uuid),
    /// An event.
    Event(Uuid),
    /// An internal user.
    InternalUser(Uuid),
    /// A role of the workspace's own.
    Role(Uuid),
    /// A request for a service.
    Request(Uuid),
    /// A service.
    Service(Uuid),
    /// An invoice.
    Invoice(Uuid),
    /// How far the numbers of invoices are counted.
    InvoicesNumbered,
    /// An API key.
    ApiKey(Uuid),
    /// An entry of the audit log.
    AuditEntry(Uuid),
}

impl Named {
    pub(crate) fn keys(self, w: WorkspaceId) -> Vec<Key> {
        vec![match self {
            Self::Workspace => workspace::this_key(w),
            Self::CustomFields => return field_set::keys(w).to_vec(),
            Self::Client(id) => client::client_key(w, Id::from_uuid(id)),
            Self::Company(id) => company::company_key(w, Id::from_uuid(id)),
            Self::Invitation(id) => invitation::invitation_key(w, Id::from_uuid(id)),
            Self::Endpoint(id) => endpoint::this_key(w, Id::from_uuid(id)),
            Self::Delivery(id) => delivery::this_key(w, Id::from_uuid(id)),
            Self::Recovery(id) => recovery::this_key(w, Id::from_uuid(id)),
            Self::Event(id) => event::event_key(w, Id::from_uuid(id)),
            Self::InternalUser(id) => internal_user::this_key(w, Id::from_uuid(id)),
            Self::Role(id) => role::this_key(w, Id::from_uuid(id)),
            Self::Request(id) => request::this_key(w, Id::from_uuid(id)),
            Self::Service(id) => service::this_key(w, Id::from_uuid(id)),
            Self::InvoicesNumbered => invoice::numbered_key(w),
            Self::Invoice(id) => invoice::this_key(w, Id::from_uuid(id)),
            Self::ApiKey(id) => access::this_key(Id::from_uuid(id)),
            Self::AuditEntry(id) => audit::this_key(w, Id::from_uuid(id)),
        }]
    }
}

/// Keys, with the items that there are.
type Found = Vec<(Key, Option<Attributes>)>;

/// Items that were read before they were asked for, and that there are none.
/// Each is given out once: who asks again wants to know what it is by then.
#[derive(Clone, Debug, Default)]
pub struct ReadAhead(Arc<Mutex<Found>>);

impl ReadAhead {
    pub(crate) fn new(found: Found) -> Self {
        Self(Arc::new(Mutex::new(found)))
    }

    fn take(&self, key: &Key) -> Option<Option<Attributes>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = held.iter().position(|(known, _)| known == key)?;
        Some(held.swap_remove(place).1)
    }
}

impl<'a> WorkspaceStore<'a> {
    /// The same part of the table for a caller who was let in. What was read
    /// ahead is not read again, and everything else by the action that lets
    /// callers in, so that reading needs no other grant.
    #[must_use]
    pub const fn reading(mut self, ahead: &'a ReadAhead) -> Self {
        self.ahead = Some(ahead);
        self
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        key: &Key,
    ) -> Result<Option<T>, Error> {
        let Some(ahead) = self.ahead else {
            return self.store.get(entity, key).await;
        };
        match ahead.take(key) {
            Some(item) => item.map(|item| read(entity, item)).transpose(),
            None => self.store.get_for_admission(entity, key.clone()).await,
        }
    }

    /// The items with these keys that there are, in no order.
    pub(crate) async fn fetch_many(&self, mut keys: Vec<Key>) -> Result<Vec<Attributes>, Error> {
        let mut found = Vec::new();
        if let Some(ahead) = self.ahead {
            keys = mem::take(&mut keys)
                .into_iter()
                .filter(|key| match ahead.take(key) {
                    Some(item) => {
                        found.extend(item);
                        false
                    }
                    None => true,
                })
                .collect();
        }
        found.extend(self.store.get_many(keys).await?);
        Ok(found)
    }
}
