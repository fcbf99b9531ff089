//! Passwords in the table, and whose they are.

use crate::{
    Error, Index, Pattern, WorkspaceStore, client, internal_user,
    item::{Attributes, ENTITY as KIND, item, read},
    pattern::Key,
};
use portico_domain::{
    Account, Client, ClientId, Credential, Email, InternalUser, InternalUserId, Moment, Time,
    WorkspaceId,
};
use serde::Deserialize;
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[OF_CLIENT, OF_INTERNAL_USER];

const OF_CLIENT: Pattern = Pattern::new(
    "the password of this client",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "PASSWORD",
);

const OF_INTERNAL_USER: Pattern = Pattern::new(
    "the password of this internal user",
    Index::Table,
    "WS#<workspace>#IU#<internal user>",
    "PASSWORD",
);

const ENTITY: &str = "password";

/// A password as it is stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredPassword {
    /// The hash in PHC string format.
    pub hash: String,
    /// When it was chosen.
    #[serde(default)]
    pub changed_at: Option<Time>,
}

/// A client with what it signs in with.
#[derive(Debug)]
pub struct ClientLogin {
    /// The client, archived or not.
    pub client: Client,
    /// Its password, if it has chosen one.
    pub password: Option<StoredPassword>,
}

/// A team member with what it signs in with.
#[derive(Debug)]
pub struct MemberLogin {
    /// The team member, removed or not.
    pub user: InternalUser,
    /// Its password, if it has chosen one.
    pub password: Option<StoredPassword>,
}

impl WorkspaceStore<'_> {
    /// The team member with this address and its password. Whether there is one
    /// or not, the table is asked the same two questions.
    pub async fn member_login(
        &self,
        email: &Email,
        moment: Moment<'_>,
    ) -> Result<Option<MemberLogin>, Error> {
        let id = self.internal_user_id_of(email).await?;
        self.member_login_of(id.unwrap_or_else(|| moment.id()))
            .await
    }

    /// This team member and its password, in one call.
    pub async fn member_login_of(&self, id: InternalUserId) -> Result<Option<MemberLogin>, Error> {
        let wanted = vec![
            internal_user::this_key(self.id, id),
            password_key(self.id, Account::InternalUser { id }),
        ];
        let (mut user, mut password) = (None, None);
        for item in self.store.get_many(wanted).await? {
            let is_password = item.get(KIND).and_then(|kind| kind.as_s().ok());
            if is_password.is_some_and(|kind| kind == ENTITY) {
                password = Some(read(ENTITY, item)?);
            } else {
                user = Some(read(internal_user::ENTITY, item)?);
            }
        }
        Ok(user.map(|user| MemberLogin { user, password }))
    }

    /// The client with this address and its password. Whether there is one or
    /// not, the table is asked the same two questions.
    pub async fn client_login(
        &self,
        email: &Email,
        moment: Moment<'_>,
    ) -> Result<Option<ClientLogin>, Error> {
        let id = self.client_id_of(email).await?;
        self.client_login_of(id.unwrap_or_else(|| moment.id()))
            .await
    }

    /// This client and its password, in one call.
    pub async fn client_login_of(&self, id: ClientId) -> Result<Option<ClientLogin>, Error> {
        let wanted = vec![
            client::client_key(self.id, id),
            password_key(self.id, Account::Client { id }),
        ];
        let (mut client, mut password) = (None, None);
        for item in self.store.get_many(wanted).await? {
            let is_password = item.get(KIND).and_then(|kind| kind.as_s().ok());
            if is_password.is_some_and(|kind| kind == ENTITY) {
                password = Some(read(ENTITY, item)?);
            } else {
                client = Some(read(client::ENTITY, item)?);
            }
        }
        Ok(client.map(|client| ClientLogin { client, password }))
    }
}

pub(crate) fn password_key(workspace: WorkspaceId, account: Account) -> Key {
    match account {
        Account::Client { id } => OF_CLIENT.key(&[&workspace, &id]),
        Account::InternalUser { id } => OF_INTERNAL_USER.key(&[&workspace, &id]),
    }
}

pub(crate) fn password_item(
    workspace: WorkspaceId,
    credential: &Credential,
) -> Result<Attributes, Error> {
    let fields = json!({ "hash": credential.hash, "changedAt": credential.changed_at });
    let key = password_key(workspace, credential.account);
    item(ENTITY, &fields, &[key])
}
