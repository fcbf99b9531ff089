//! Typed identifiers: a [`ClientId`] never meets a [`CompanyId`].

use crate::{CLOCK_TOLERANCE, Time, lane::LANES};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    borrow::Cow,
    fmt, hash,
    marker::PhantomData,
    str::FromStr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use uuid::{Timestamp, Uuid, timestamp::context::ContextV7};

/// A UUID of version 7 that names a thing of kind `K`.
///
/// Version 7 begins with the time, so ids sort by creation and a list by
/// creation date needs no other sort key.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident of $kind:ident;)*) => {
        /// What an id can name; these types only mark ids.
        pub mod kind {
            $($(#[$doc])* #[derive(Debug)] pub enum $kind {})*
        }
        $($(#[$doc])* pub type $alias = Id<kind::$kind>;)*
    };
}

kinds! {
    /// A workspace: the tenant.
    WorkspaceId of Workspace;
    /// A person served by the workspace.
    ClientId of Client;
    /// A company that clients belong to.
    CompanyId of Company;
    /// One offer to activate an account.
    InvitationId of Invitation;
    /// A mail waiting to be sent.
    LetterId of Letter;
    /// A link that is good once.
    TicketId of Ticket;
    /// One fact that happened.
    EventId of Event;
    /// A webhook receiver.
    EndpointId of Endpoint;
    /// One event on its way to one endpoint.
    DeliveryId of Delivery;
    /// One of the lanes in which an endpoint's deliveries are worked off.
    LaneId of Lane;
    /// One order to send deliveries of a time again.
    RecoveryId of Recovery;
    /// A field that a workspace adds to its clients or companies.
    CustomFieldId of CustomField;
    /// What can be chosen in such a field.
    OptionId of Option;
    /// What a decision leaves to be done afterwards.
    ChoreId of Chore;
    /// A team member of a workspace.
    InternalUserId of InternalUser;
    /// A key for programs.
    ApiKeyId of ApiKey;
    /// A role that a workspace made itself.
    RoleId of Role;
    /// One place where somebody is signed in.
    SessionId of Session;
    /// What one change left in the audit log.
    AuditEntryId of AuditEntry;
    /// Something that clients can ask for.
    ServiceId of Service;
    /// What a client asks for.
    RequestId of Request;
    /// What was billed.
    InvoiceId of Invoice;
    /// Money that came for an invoice, or did not.
    PaymentId of Payment;
}

impl<K> Id<K> {
    /// Wraps a UUID that is known to name a thing of this kind.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The id with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The UUID alone.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// A number from 0 to `shards - 1` that is always the same for this id.
    pub fn shard(self, shards: usize) -> usize {
        usize::from(self.0.as_bytes()[15]) % shards.max(1)
    }

    /// A number that is always the same for this id and hardly another's.
    pub fn seed(self) -> u64 {
        // The lower half of an id of version 7 is random.
        self.0.as_u64_pair().1
    }
}

impl DeliveryId {
    /// The one id that the delivery of this event to this endpoint can have,
    /// so that dispatching an event twice cannot create a second delivery.
    ///
    /// It carries the event's time, so deliveries sort like their events.
    pub fn of(event: EventId, endpoint: EndpointId) -> Self {
        Self::derived(event.uuid(), endpoint.uuid().as_bytes())
    }
}

impl LaneId {
    /// The endpoint's lane for events about this subject: always the same one,
    /// so that they stay in order.
    pub fn of(endpoint: EndpointId, subject: Uuid) -> Self {
        Self::numbered(endpoint, subject.as_bytes()[15] % LANES)
    }

    /// All lanes of an endpoint.
    pub fn all(endpoint: EndpointId) -> impl Iterator<Item = Self> {
        (0..LANES).map(move |number| Self::numbered(endpoint, number))
    }

    fn numbered(endpoint: EndpointId, number: u8) -> Self {
        Self::derived(endpoint.uuid(), &[number])
    }
}

impl<K> Id<K> {
    /// An id that carries the time of `first`; the rest is a hash (UUID
    /// version 5) of both in the bits that version 7 leaves free.
    fn derived(first: Uuid, second: &[u8]) -> Self {
        let hash = Uuid::new_v5(&first, second);
        let mut bytes = *hash.as_bytes();
        bytes[..6].copy_from_slice(&first.as_bytes()[..6]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// When it was made, as it says itself.
    pub fn time(self) -> Time {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.0.as_bytes()[..6]);
        Time::from_unix_millis(i64::from_be_bytes(millis))
    }

    /// The least id of a thing that is made at this time: it sorts before all
    /// that are made then or later, and after all that were made before.
    pub fn least_at(time: Time) -> Self {
        let millis = u64::try_from(time.unix_millis()).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6] = 0x70;
        bytes[8] = 0x80;
        Self::from_bytes(bytes)
    }
}

/// Makes ids that sort in the order in which they were made.
#[derive(Debug)]
pub struct IdSource(Origin);

#[derive(Debug)]
enum Origin {
    Random(Mutex<ContextV7>),
    Repeatable { seed: u64, made: AtomicU64 },
}

impl IdSource {
    /// A source of its own; one per process keeps its ids in order.
    pub fn new() -> Self {
        Self(Origin::Random(Mutex::new(ContextV7::new())))
    }

    /// A source that makes the same ids again from the same seed and times, for
    /// tests that are to be repeated. Anybody can guess these.
    pub fn repeatable(seed: u64) -> Self {
        let made = AtomicU64::new(0);
        Self(Origin::Repeatable { seed, made })
    }

    /// A new id, made at `now`.
    pub fn next<K>(&self, now: Time) -> Id<K> {
        let millis = u64::try_from(now.unix_millis()).unwrap_or(0);
        let uuid = match &self.0 {
            Origin::Random(context) => {
                let nanos = u32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
                Uuid::new_v7(Timestamp::from_unix(context, millis / 1_000, nanos))
            }
            Origin::Repeatable { seed, made } => {
                let count = made.fetch_add(1, Ordering::Relaxed);
                let hash = Uuid::new_v5(
                    &Uuid::from_u64_pair(*seed, count),
                    b"an id that can be made again",
                );
                let mut bytes = *hash.as_bytes();
                bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
                // The count keeps ids of one millisecond in order.
                let [.., second, third, fourth] = count.to_be_bytes();
                bytes[6..10].copy_from_slice(&[0x70, second, 0x80, third]);
                bytes[10] = fourth;
                Uuid::from_bytes(bytes)
            }
        };
        Id::from_uuid(uuid)
    }
}

impl Default for IdSource {
    fn default() -> Self {
        Self::new()
    }
}

/// When something happens, and with which new ids.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The time of the change.
    pub now: Time,
    ids: &'a IdSource,
}

impl<'a> Moment<'a> {
    /// The moment `now`, with ids from `ids`.
    pub const fn new(now: Time, ids: &'a IdSource) -> Self {
        Self { now, ids }
    }

    /// A new id of the kind that the context asks for.
    pub fn id<K>(&self) -> Id<K> {
        self.ids.next(self.now)
    }

    /// A new id that sorts after this one, though the clock that made it was
    /// ahead of ours, as long as both are right to [`CLOCK_TOLERANCE`].
    pub(crate) fn id_after<K>(&self, before: Id<K>) -> Id<K> {
        let soonest = before.time() + Duration::from_millis(1);
        if soonest.since(self.now) <= CLOCK_TOLERANCE * 2 {
            self.ids.next(self.now.max(soonest))
        } else {
            self.id()
        }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id; one looks like 01a200b8-80d8-77eb-ae6d-b30698e7ef0b")]
pub struct NoId;

impl<K> FromStr for Id<K> {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        Uuid::parse_str(text).map(Self::from_uuid).map_err(|_| NoId)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("an id is a UUID"))
    }
}

impl<K> schemars::JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_in_which_they_were_made() {
        let source = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let ids: Vec<ClientId> = (0..1_000).map(|_| source.next(now)).collect();

        assert!(ids.is_sorted());
    }

    #[test]
    fn the_least_id_of_a_time_parts_what_was_made_before_from_what_comes_then() {
        let source = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_123);
        let before: EventId = source.next(Time::from_unix_millis(1_795_300_000_122));
        let then: EventId = source.next(now);

        let least = EventId::least_at(now);

        assert!(before < least && least < then, "{before} {least} {then}");
    }

    #[test]
    fn an_id_tells_its_time() {
        let now = Time::from_unix_millis(1_795_300_000_123);

        assert_eq!(EventId::least_at(now).time(), now);
        assert_eq!(IdSource::new().next::<kind::Event>(now).time(), now);
    }

    #[test]
    fn an_object_keeps_its_lane() {
        let source = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let endpoint: EndpointId = source.next(now);
        let objects: Vec<ClientId> = (0..200).map(|_| source.next(now)).collect();
        let lanes: Vec<LaneId> = LaneId::all(endpoint).collect();

        let lane = |client: &ClientId| LaneId::of(endpoint, client.uuid());

        assert!(
            objects
                .iter()
                .all(|one| lane(one) == lane(one) && lanes.contains(&lane(one)))
        );
        assert!(
            lanes
                .iter()
                .all(|one| objects.iter().any(|object| lane(object) == *one))
        );
    }

    #[test]
    fn a_delivery_id_is_decided_by_its_event_and_endpoint() {
        let source = IdSource::new();
        let now = Time::from_unix_millis(1_795_300_000_000);
        let (event, endpoint): (EventId, EndpointId) = (source.next(now), source.next(now));

        let id = DeliveryId::of(event, endpoint);

        assert_eq!(id, DeliveryId::of(event, endpoint));
        assert_ne!(id, DeliveryId::of(event, source.next(now)));
        assert_eq!(id.uuid().get_version_num(), 7);
        assert_eq!(id.uuid().as_bytes()[..6], event.uuid().as_bytes()[..6]);
    }
}
