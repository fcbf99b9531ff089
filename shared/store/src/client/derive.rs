//! What lists and searches need beside the client: copies and words.
//!
//! A *facet* is what a list can be filtered by: everything, a status, a tag,
//! an account manager. For each of its facets a client has a copy with the
//! keys of every order, so any filter in any order is one Query of one
//! partition. Of a company's list the memberships are the copies.
//!
//! For each word by which it is found a client has a copy under the word. It
//! names the word before it in the alphabet, so that a search that meets
//! several words of a client shows the client once.
//!
//! For each of its companies a client has a *marker*, which says that the
//! company's count includes it. Marker and count are written together, so
//! nobody is counted twice.

use super::{ENTITY, MEMBERSHIP, client_copy, client_key, last_activity, membership_item};
use crate::{
    Error, Index, Pattern, WorkspaceStore,
    company::count,
    derived::{Family, MAX_TRIES, action_update},
    due::is_due,
    item::{Attributes, ENTITY as ENTITY_ATTRIBUTE, item, read},
    transact::MAX_ACTIONS,
    word::{chained, first_character},
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::{Client, ClientId, ClientStatus, CompanyId, InternalUserId, Tags, Time};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, fmt};

pub(crate) const PATTERNS: &[Pattern] = &[
    FACET,
    BY_CREATION,
    BY_NAME,
    BY_ACTIVITY,
    WORD,
    BY_WORD,
    MARKER,
];

const FACET: Pattern = Pattern::new(
    "the copy of this client for a filter",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "CLIENT#FACET#<facet>",
);
pub(super) const BY_CREATION: Pattern = Pattern::new(
    "clients with this status, tag or account manager, by creation",
    Index::Gsi1,
    "WS#<workspace>#CL#FACET#<facet>",
    "<client>",
);
pub(super) const BY_NAME: Pattern = Pattern::new(
    "clients, or those with this status, tag or account manager, by name",
    Index::Gsi2,
    "WS#<workspace>#CL#FACET#<facet>",
    "<name>#<client>",
);
pub(super) const BY_ACTIVITY: Pattern = Pattern::new(
    "clients, or those with this status, tag or account manager, by last activity",
    Index::Gsi3,
    "WS#<workspace>#CL#FACET#<facet>",
    "<last activity or 0>#<client>",
);
const WORD: Pattern = Pattern::new(
    "the copy of this client for a word",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "CLIENT#WORD#<word>",
);
pub(super) const BY_WORD: Pattern = Pattern::new(
    "clients with a word that begins so",
    Index::Gsi1,
    "WS#<workspace>#CL#WORD#<first character>",
    "<word>#<client>",
);
const MARKER: Pattern = Pattern::new(
    "is this client counted in this company",
    Index::Table,
    "WS#<workspace>#CL#<client>",
    "CLIENT#COUNTED#<company>",
);

/// How many clients are counted at once: two actions for each, and the count,
/// in one transaction.
const MOVES_AT_ONCE: usize = (MAX_ACTIONS - 1) / 2;

const COPY: &str = "clientCopy";
const COUNTED: &str = "clientCounted";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    company_id: CompanyId,
}

/// What a list of clients can be filtered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    All,
    Status(ClientStatus),
    Tag(String),
    AccountManager(InternalUserId),
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("ALL"),
            Self::Status(status) => write!(f, "STATUS#{}", status.name()),
            Self::Tag(tag) => write!(f, "TAG#{tag}"),
            Self::AccountManager(id) => write!(f, "MANAGER#{id}"),
        }
    }
}

/// A client whose copies are as they shall be.
#[derive(Debug)]
pub struct Relisted {
    /// The companies that do not count it as they should.
    pub moves: Vec<Move>,
    due_version: Option<u64>,
}

/// A client has joined or left a company, which does not know it yet.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// The company.
    pub company_id: CompanyId,
    /// The client.
    pub client_id: ClientId,
    has_joined: bool,
    version: Option<u64>,
}

impl WorkspaceStore<'_> {
    /// Derives from a client the copies that lists and searches need, and
    /// writes what is not there yet. What companies have to count is for
    /// [`WorkspaceStore::count_moves`].
    pub async fn relist_client(&self, id: ClientId) -> Result<Relisted, Error> {
        let key = client_key(self.id, id);
        for _ in 0..MAX_TRIES {
            let mut family = self.store.family(&key, key.sort()).await?;
            let there = family.remove(key.sort());
            let is_due = there.as_ref().is_some_and(is_due);
            let client: Option<Client> = there.map(|item| read(ENTITY, item)).transpose()?;
            let version = client.as_ref().map(|client| client.version);
            let client = client.filter(Client::is_listed);
            let (markers, copies): (Family, Family) =
                family.into_iter().partition(|(_, item)| is_marker(item));

            let wanted = client.as_ref().map_or_else(|| Ok(Vec::new()), copies_of)?;
            let difference = self.store.difference(&copies, wanted)?;
            let is_unchanged = [self.store.check_version(&key, "version", version)?];
            if self
                .store
                .write_difference(difference, &is_unchanged, id.seed())
                .await?
            {
                let step = |(company_id, has_joined)| Move {
                    company_id,
                    client_id: id,
                    has_joined,
                    version,
                };
                let moves = moves(client.as_ref(), markers)?;
                return Ok(Relisted {
                    moves: moves.into_iter().map(step).collect(),
                    due_version: version.filter(|_| is_due),
                });
            }
        }
        Err(Error::Busy("the client is changed all the time".into()))
    }

    /// Counts who has joined or left one company, together with the markers
    /// that say so. Answers with `false` if one of the clients has changed since
    /// or somebody else has counted it: then look at all of them again.
    pub async fn count_moves(&self, moves: &[Move], now: Time) -> Result<bool, Error> {
        for moves in moves.chunks(MOVES_AT_ONCE) {
            let [first, ..] = moves else { continue };
            let mut actions = Vec::new();
            for step in moves {
                let key = client_key(self.id, step.client_id);
                actions.push(self.store.check_version(&key, "version", step.version)?);
                let marker = MARKER.key(&[&self.id, &step.client_id, &step.company_id]);
                actions.push(if step.has_joined {
                    let fields = json!({ "companyId": step.company_id });
                    self.store
                        .put_new_action(item(COUNTED, &fields, &[marker])?)?
                } else {
                    self.store.delete_existing(&marker)?
                });
            }
            let by = moves
                .iter()
                .map(|step| if step.has_joined { 1 } else { -1 })
                .sum();
            let count = count::update(&self.store.table, self.id, first.company_id, by, now);
            actions.push(action_update(count)?);
            if !self
                .store
                .transact(&actions, first.client_id.seed(), None)
                .await?
                .is_written()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes that a client that was changed without an event is listed.
    pub async fn client_is_listed(&self, id: ClientId, relisted: &Relisted) -> Result<(), Error> {
        if let Some(version) = relisted.due_version {
            let key = client_key(self.id, id);
            self.store.clear_due_of(&key, "version", version).await?;
        }
        Ok(())
    }

    /// Writes the client's memberships anew where they are not as this version
    /// of the code writes them.
    pub async fn rewrite_memberships(&self, id: ClientId) -> Result<(), Error> {
        for _ in 0..MAX_TRIES {
            let key = client_key(self.id, id);
            let client = self.client(id).await?;
            let stem = MEMBERSHIP.key(&[&self.id, &id, &""]);
            let there = self.store.family(&key, stem.sort()).await?;
            let version = client.as_ref().map(|client| client.version);
            let client = client.filter(Client::is_listed);
            let wanted = client.iter().flat_map(|client| {
                client
                    .memberships()
                    .map(move |company| membership_item(client, company))
            });
            let difference = self
                .store
                .difference(&there, wanted.collect::<Result<_, _>>()?)?;
            let is_unchanged = self.store.check_version(&key, "version", version)?;
            if self
                .store
                .write_difference(difference, &[is_unchanged], id.seed())
                .await?
            {
                return Ok(());
            }
        }
        Err(Error::Busy("the client is changed all the time".into()))
    }
}

/// Each client waits for another time before it tries again what collided.
fn is_marker(item: &Attributes) -> bool {
    matches!(item.get(ENTITY_ATTRIBUTE), Some(AttributeValue::S(entity)) if entity == COUNTED)
}

/// The companies that do not count the client as they should, and whether it
/// has joined or left them. A placeholder counts nobody.
fn moves(client: Option<&Client>, markers: Family) -> Result<Vec<(CompanyId, bool)>, Error> {
    let is: BTreeSet<CompanyId> = client
        .iter()
        .flat_map(|client| client.company_ids.iter().copied())
        .collect();
    let was: BTreeSet<CompanyId> = markers
        .into_values()
        .map(|marker| read::<Marker>(COUNTED, marker).map(|marker| marker.company_id))
        .collect::<Result<_, _>>()?;
    let left = was.difference(&is).map(|company| (*company, false));
    let joined = is.difference(&was).map(|company| (*company, true));
    Ok(left.chain(joined).collect())
}

/// All copies that a client shall have.
fn copies_of(client: &Client) -> Result<Vec<Attributes>, Error> {
    let (w, id) = (&client.workspace_id, &client.id);
    let (name, activity) = (client.sort_name(), last_activity(client));
    let mut copies = Vec::new();
    for facet in facets_of(client) {
        let mut keys = vec![
            FACET.key(&[w, id, &facet]),
            BY_NAME.key(&[w, &facet, &name, id]),
            BY_ACTIVITY.key(&[w, &facet, &activity, id]),
        ];
        // All clients by creation are the clients themselves.
        if facet != Facet::All {
            keys.push(BY_CREATION.key(&[w, &facet, id]));
        }
        copies.push(client_copy(COPY, client, &keys)?);
    }
    for word in chained(client.words()) {
        let first = first_character(&word.text);
        let keys = [
            WORD.key(&[w, id, &word.text]),
            BY_WORD.key(&[w, &first, &word.text, id]),
        ];
        let mut copy = client_copy(COPY, client, &keys)?;
        word.mark(&mut copy);
        copies.push(copy);
    }
    Ok(copies)
}

fn facets_of(client: &Client) -> Vec<Facet> {
    let status = Facet::Status(client.recorded_status());
    let tags = client
        .tags
        .as_slice()
        .iter()
        .map(|tag| Facet::Tag(Tags::key(tag)));
    let managers: BTreeSet<InternalUserId> = client.account_manager_ids.iter().copied().collect();
    [Facet::All, status]
        .into_iter()
        .chain(tags)
        .chain(managers.into_iter().map(Facet::AccountManager))
        .collect()
}
