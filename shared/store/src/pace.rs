//! How fast endpoints are sent to, in the table. There is nothing to read or
//! write for one that has no limit.

use crate::{
    Error, Index, Pattern, TTL_ATTRIBUTE, WorkspaceStore,
    item::{Attributes, ENTITY, read},
    number, text,
};
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError, types::ReturnValuesOnConditionCheckFailure,
};
use portico_domain::{EndpointId, Pace, Time};
use serde::Deserialize;

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "what an endpoint with a rate limit got in the last second",
    Index::Table,
    "WS#<workspace>#WE#<endpoint>",
    "SENT",
);

const KIND: &str = "endpointPace";

/// For how long, in seconds, what was sent last is kept.
const KEPT: u64 = 24 * 60 * 60;

/// How often a pace that others count in too is tried to be written: each of
/// the endpoint's lanes can be quicker once.
const MAX_TRIES: usize = 8;

/// What a worker knows of an endpoint's pace.
#[derive(Clone, Debug, Default)]
pub struct KnownPace {
    /// How many requests there were ever; each counts up, so it says whether
    /// something else was counted meanwhile.
    taken: u64,
    pace: Pace,
}

#[derive(Deserialize)]
struct Stored {
    taken: u64,
    sent: String,
}

impl WorkspaceStore<'_> {
    /// Counts one more request to an endpoint, if it may get one in this second;
    /// else answers when it may. What the worker knows spares a read: only if
    /// others have sent meanwhile, it takes another try.
    pub async fn take_turn(
        &self,
        endpoint: EndpointId,
        limit: u32,
        known: &mut KnownPace,
        clock: impl Fn() -> Time + Send + Sync,
    ) -> Result<Result<(), Time>, Error> {
        for _ in 0..MAX_TRIES {
            // Each try takes a while, and the request is made after the last.
            let now = clock();
            // What is known may be old, and then there is more, not less.
            let pace = match known.pace.take(limit, now) {
                Ok(pace) => pace,
                Err(free_at) => return Ok(Err(free_at)),
            };
            let next = KnownPace {
                taken: known.taken + 1,
                pace,
            };
            match self.count(endpoint, known.taken, &next, now).await? {
                None => {
                    *known = next;
                    return Ok(Ok(()));
                }
                Some(found) => *known = found,
            }
        }
        Err(Error::Busy(
            "the pace of an endpoint changes all the time".into(),
        ))
    }

    /// Writes what follows; answers what is there instead, if others were
    /// quicker.
    async fn count(
        &self,
        endpoint: EndpointId,
        before: u64,
        next: &KnownPace,
        now: Time,
    ) -> Result<Option<KnownPace>, Error> {
        let now = u64::try_from(now.unix_seconds()).unwrap_or(0);
        let request = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(THIS.key(&[&self.id, &endpoint]).attributes()))
            .update_expression("SET taken = :taken, sent = :sent, #entity = :kind, #ttl = :ttl")
            .expression_attribute_names("#entity", ENTITY)
            .expression_attribute_names("#ttl", TTL_ATTRIBUTE)
            .expression_attribute_values(":taken", number(next.taken))
            .expression_attribute_values(":sent", text(&next.pace))
            .expression_attribute_values(":kind", text(&KIND))
            .expression_attribute_values(":ttl", number(now + KEPT))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = if before == 0 {
            request.condition_expression("attribute_not_exists(taken)")
        } else {
            request
                .condition_expression("taken = :before")
                .expression_attribute_values(":before", number(before))
        };
        let Err(error) = request.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                found(failed.item.clone()).map(Some)
            }
            _ => Err(error.into()),
        }
    }
}

fn found(item: Option<Attributes>) -> Result<KnownPace, Error> {
    let Some(item) = item else {
        return Ok(KnownPace::default());
    };
    let Stored { taken, sent } = read(KIND, item)?;
    let pace = sent.parse().map_err(|error| Error::corrupt(KIND, error))?;
    Ok(KnownPace { taken, pace })
}
