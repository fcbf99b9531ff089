//! Passwords in the table, and whose they are.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{Attributes, ENTITY as KIND, item, read},
    pattern::Key,
    person,
};
use portico_domain::{Account, Credential, Door, Email, Moment, Person, Time, WorkspaceId};
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

/// Somebody with what it signs in with.
#[derive(Debug)]
pub struct Login {
    /// Who it is: archived, removed or not.
    pub person: Person,
    /// Its password, if it has chosen one.
    pub password: Option<StoredPassword>,
}

impl WorkspaceStore<'_> {
    /// Whoever has this address at this door, and the password. Whether there is
    /// somebody or not, the table is asked the same two questions.
    pub async fn login(
        &self,
        door: Door,
        email: &Email,
        moment: Moment<'_>,
    ) -> Result<Option<Login>, Error> {
        let account = self.account_with(door, email).await?;
        self.login_of(account.unwrap_or_else(|| door.nobody(moment)))
            .await
    }

    /// Whoever has this account, and the password, in one call.
    pub async fn login_of(&self, account: Account) -> Result<Option<Login>, Error> {
        let wanted = vec![
            person::this_key(self.id, account),
            password_key(self.id, account),
        ];
        let (mut person, mut password) = (None, None);
        for item in self.store.get_many(wanted).await? {
            let is_password = item.get(KIND).and_then(|kind| kind.as_s().ok());
            if is_password.is_some_and(|kind| kind == ENTITY) {
                password = Some(read(ENTITY, item)?);
            } else {
                person = Some(person::read_person(account, item)?);
            }
        }
        Ok(person.map(|person| Login { person, password }))
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
