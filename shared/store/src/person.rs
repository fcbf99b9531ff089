//! Clients and team members alike: whoever has an account.

use crate::{
    Error, WorkspaceStore, client, internal_user,
    item::{Attributes, read},
    pattern::Key,
};
use portico_domain::{Account, Client, Door, Email, InternalUser, Person, WorkspaceId};

impl WorkspaceStore<'_> {
    /// Whoever has this account: archived, removed or not.
    pub async fn person(&self, account: Account) -> Result<Option<Person>, Error> {
        Ok(match account {
            Account::Client { id } => self.client(id).await?.map(Person::from),
            Account::InternalUser { id } => self.internal_user(id).await?.map(Person::from),
        })
    }

    /// Whose this address is among those who come to this door.
    pub async fn account_with(&self, door: Door, email: &Email) -> Result<Option<Account>, Error> {
        Ok(match door {
            Door::Clients => {
                let id = self.client_id_of(email).await?;
                id.map(|id| Account::Client { id })
            }
            Door::Team => {
                let id = self.internal_user_id_of(email).await?;
                id.map(|id| Account::InternalUser { id })
            }
        })
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, account: Account) -> Key {
    match account {
        Account::Client { id } => client::client_key(workspace, id),
        Account::InternalUser { id } => internal_user::this_key(workspace, id),
    }
}

pub(crate) fn read_person(account: Account, item: Attributes) -> Result<Person, Error> {
    Ok(match account {
        Account::Client { .. } => read::<Client>(client::ENTITY, item)?.into(),
        Account::InternalUser { .. } => read::<InternalUser>(internal_user::ENTITY, item)?.into(),
    })
}
