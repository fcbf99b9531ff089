//! Rate limits of API keys in the table: when the bucket of a key will be full.

use crate::{
    Error, Index, Pattern, Store, TTL_ATTRIBUTE,
    access::LAST_USED,
    error::unless_condition_fails,
    item::{ENTITY, read},
    number, text,
};
use aws_sdk_dynamodb::types::ReturnValue;
use portico_domain::{ApiKeyId, Quota, RateLimit, Time, micros};
use serde::Deserialize;

pub(crate) const PATTERNS: &[Pattern] = &[THIS];

const THIS: Pattern = Pattern::new(
    "how much a limited API key has asked for",
    Index::Table,
    "KEY#<key>",
    "RATE",
);

/// The partitions that hold API keys and their rates. Every function that lets
/// in keys may update there, to count a request or note a use, and nowhere
/// else.
pub const RATE_PARTITIONS: &str = "KEY#";

/// The only attributes that such an update touches: none that says whose a key
/// is, what it allows or whether it was revoked.
pub const RATE_ATTRIBUTES: &[&str] = &["pk", "sk", FULL, LAST_USED, ENTITY, TTL_ATTRIBUTE];

/// When a bucket will be full.
const FULL: &str = "full";

const KIND: &str = "keyRate";

/// How often a bucket is tried that becomes full, or not, at the same moment.
const MAX_TRIES: usize = 3;

#[derive(Deserialize)]
struct Bucket {
    full: u64,
}

impl Store {
    /// Takes a token from a key's bucket; the answer is what is left, as an
    /// error if there was none to take. Each step is one conditional write, so
    /// of requests at the same time no more get in than there are tokens.
    pub async fn take_token(
        &self,
        key: ApiKeyId,
        limit: RateLimit,
        now: Time,
    ) -> Result<Result<Quota, Quota>, Error> {
        let now = micros(now);
        for _ in 0..MAX_TRIES {
            for is_full in [true, false] {
                if let Some(bucket) = self.move_on(key, limit, now, is_full).await? {
                    return Ok(Ok(limit.quota(bucket.full, now)));
                }
            }
            let bucket: Option<Bucket> = self.get_for_admission(KIND, THIS.key(&[&key])).await?;
            let empty = bucket.filter(|bucket| bucket.full > limit.latest_full(now));
            if let Some(bucket) = empty {
                return Ok(Err(limit.quota(bucket.full, now)));
            }
        }
        Err(Error::Busy("the rate of a key changes all the time".into()))
    }

    /// Counts a request, if the bucket is full, as it usually is, or if it is
    /// not but has a token.
    async fn move_on(
        &self,
        key: ApiKeyId,
        limit: RateLimit,
        now: u64,
        is_full: bool,
    ) -> Result<Option<Bucket>, Error> {
        // A bucket that is full again need not be kept.
        let ttl = now / 1_000_000 + u64::from(limit.seconds) + 1;
        let request = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(THIS.key(&[&key]).attributes()))
            .expression_attribute_names("#full", FULL)
            .expression_attribute_names("#entity", ENTITY)
            .expression_attribute_names("#ttl", TTL_ATTRIBUTE)
            .expression_attribute_values(":entity", text(&KIND))
            .expression_attribute_values(":ttl", number(ttl))
            .expression_attribute_values(":now", number(now))
            .return_values(ReturnValue::UpdatedNew);
        let request = if is_full {
            request
                .update_expression("SET #full = :next, #entity = :entity, #ttl = :ttl")
                .condition_expression("attribute_not_exists(#full) OR #full <= :now")
                .expression_attribute_values(":next", number(now + limit.interval()))
        } else {
            request
                .update_expression("SET #full = #full + :interval, #entity = :entity, #ttl = :ttl")
                .condition_expression("#full > :now AND #full <= :latest")
                .expression_attribute_values(":interval", number(limit.interval()))
                .expression_attribute_values(":latest", number(limit.latest_full(now)))
        };
        let answer = unless_condition_fails(request.send().await)?;
        let item = answer.and_then(|answer| answer.attributes);
        item.map(|item| read(KIND, item)).transpose()
    }
}
