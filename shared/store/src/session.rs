//! Sessions in the table, and which keys sign access tokens.
//!
//! Whoever is signed in is read together with the session in one call, so a
//! session that was revoked and an account whose epoch has moved on are out on
//! the very next request.

use crate::{
    Error, Index, Pattern, Store, WorkspaceStore,
    access::LAST_USED,
    client,
    error::unless_condition_fails,
    internal_user,
    item::{Attributes, ENTITY as KIND, TTL, expire_after, item, read},
    list::{Order, Question},
    number,
    pattern::Key,
    person, text, workspace,
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{
    Account, Person, Session, SessionId, SessionLimits, SigningKeys, Time, Workspace, WorkspaceId,
};

pub(crate) const PATTERNS: &[Pattern] = &[OF_ACCOUNT, SIGNING_KEYS];

const OF_ACCOUNT: Pattern = Pattern::new(
    "sessions of an account, and this one",
    Index::Table,
    "WS#<workspace>#AC#<account>#SE",
    "<session>",
);
const SIGNING_KEYS: Pattern = Pattern::new(
    "which keys sign access tokens",
    Index::Table,
    "SIGNING_KEYS",
    "SIGNING_KEYS",
);

/// The partitions that hold sessions, as policies write patterns. Every function
/// that lets in whoever is signed in may update there, to note that a session is
/// in use, and nowhere else.
pub const SESSION_PARTITIONS: &str = "WS#*#AC#*#SE";

/// The only attributes that such an update touches: none that says whose a
/// session is or when it ends in any case.
pub const SESSION_ATTRIBUTES: &[&str] = &["pk", "sk", LAST_USED, TTL];

const ENTITY: &str = "session";
const KEYS_ENTITY: &str = "signingKeys";
/// How many sessions of an account are shown: more than anybody tells apart.
const MAX_SHOWN: u16 = 100;

/// What is needed to tell whether somebody is signed in.
#[derive(Debug, Default)]
pub struct SignedIn {
    /// Who it is: archived, removed or not.
    pub person: Option<Person>,
    /// The workspace; read for team members alone, who may reach all of it.
    pub workspace: Option<Workspace>,
    /// The session, live or not; that of a team member under the settings of
    /// the workspace as they are now.
    pub session: Option<Session>,
    /// The keys that sign access tokens.
    pub keys: SigningKeys,
}

impl WorkspaceStore<'_> {
    /// Whoever has an account, one of its sessions and the signing keys, in one
    /// call.
    pub async fn signed_in(&self, account: Account, id: SessionId) -> Result<SignedIn, Error> {
        let mut wanted = vec![
            person::this_key(self.id, account),
            session_key(self.id, account, id),
            signing_keys_key(),
        ];
        if matches!(account, Account::InternalUser { .. }) {
            wanted.push(workspace::this_key(self.id));
        }
        let mut found = SignedIn::default();
        for item in self.store.get_many(wanted).await? {
            let kind = item.get(KIND).and_then(|kind| kind.as_s().ok());
            match kind.map(String::as_str) {
                Some(client::ENTITY | internal_user::ENTITY) => {
                    found.person = Some(person::read_person(account, item)?);
                }
                Some(workspace::ENTITY) => found.workspace = Some(read(workspace::ENTITY, item)?),
                Some(ENTITY) => found.session = Some(read(ENTITY, item)?),
                _ => found.keys = read(KEYS_ENTITY, item)?,
            }
        }
        if let Some(workspace) = &found.workspace {
            let limits = SessionLimits::of(account, workspace);
            found.session = found.session.map(|session| session.within(limits));
        }
        Ok(found)
    }

    /// A session of this account.
    pub async fn session(&self, account: Account, id: SessionId) -> Result<Option<Session>, Error> {
        self.fetch(ENTITY, &session_key(self.id, account, id)).await
    }

    /// The sessions of an account, newest first; the dead ones that the table
    /// has not deleted yet are among them.
    pub async fn sessions(&self, account: Account) -> Result<Vec<Session>, Error> {
        let partition = OF_ACCOUNT.partition(&[&self.id, &account.uuid()]);
        let question = Question::new(OF_ACCOUNT.index, partition, Order::NewestFirst);
        let page = crate::PageRequest {
            limit: MAX_SHOWN,
            after: None,
        };
        Ok(self.store.list(ENTITY, question, &page).await?.items)
    }

    /// Moves a session to its next generation; answers whether nobody else has
    /// moved or ended it.
    pub async fn rotate_session(&self, before: &Session, after: &Session) -> Result<bool, Error> {
        let result = self
            .store
            .client
            .put_item()
            .table_name(&*self.store.table)
            .set_item(Some(session_item(after)?))
            .condition_expression("generation = :generation")
            .expression_attribute_values(":generation", number(u64::from(before.generation)))
            .send()
            .await;
        Ok(unless_condition_fails(result)?.is_some())
    }

    /// Notes that a session is in use, unless it has ended meanwhile.
    pub async fn touch_session(&self, session: &Session, now: Time) -> Result<(), Error> {
        let touched = Session {
            last_used_at: now,
            ..session.clone()
        };
        let end = AttributeValue::N(touched.ends_at().unix_seconds().to_string());
        let result = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(
                session_key(self.id, session.account, session.id).attributes(),
            ))
            .update_expression("SET #used = :now, #ttl = :end")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#used", LAST_USED)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", text(&now))
            .expression_attribute_values(":end", end)
            .send()
            .await;
        unless_condition_fails(result).map(drop)
    }

    /// Ends a session.
    pub async fn end_session(&self, account: Account, id: SessionId) -> Result<(), Error> {
        self.store.delete(&session_key(self.id, account, id)).await
    }
}

impl Store {
    /// The keys that sign access tokens; those that an installation begins
    /// with are not stored.
    pub async fn signing_keys(&self) -> Result<SigningKeys, Error> {
        let keys = self.get(KEYS_ENTITY, &signing_keys_key()).await?;
        Ok(keys.unwrap_or_default())
    }

    /// Replaces the keys; answers whether nobody else has done so meanwhile.
    pub async fn replace_signing_keys(
        &self,
        before: &SigningKeys,
        after: &SigningKeys,
    ) -> Result<bool, Error> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item(KEYS_ENTITY, after, &[signing_keys_key()])?));
        let put = if before.version == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", number(before.version))
        };
        Ok(unless_condition_fails(put.send().await)?.is_some())
    }
}

pub(crate) fn signing_keys_key() -> Key {
    SIGNING_KEYS.key(&[])
}

pub(crate) fn session_key(workspace: WorkspaceId, account: Account, id: SessionId) -> Key {
    OF_ACCOUNT.key(&[&workspace, &account.uuid(), &id])
}

pub(crate) fn session_item(session: &Session) -> Result<Attributes, Error> {
    let key = session_key(session.workspace_id, session.account, session.id);
    let mut item = item(ENTITY, session, &[key])?;
    expire_after(&mut item, session.ends_at());
    Ok(item)
}
