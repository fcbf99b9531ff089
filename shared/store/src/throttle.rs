//! How often something was tried, in windows of time.
//!
//! A try is counted before it is made, by the table itself, so of a thousand
//! tries at once not one more is made than the limit allows.

use crate::{
    Error, Index, Pattern, WorkspaceStore,
    item::{ENTITY as KIND, TTL},
    text,
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use portico_domain::Window;

pub(crate) const PATTERNS: &[Pattern] = &[TRIES];

const TRIES: Pattern = Pattern::new(
    "how often this was tried in this window of time",
    Index::Table,
    "WS#<workspace>#TRIES#<what and by whom>",
    "<begin of the window>",
);

const ENTITY: &str = "tries";

impl WorkspaceStore<'_> {
    /// Counts one more try; answers how many there have been in the window,
    /// this one included.
    pub async fn count_try(&self, subject: &str, window: Window) -> Result<u64, Error> {
        self.add_tries(subject, window, "1").await
    }

    /// Takes a try back that turned out to be no guess.
    pub async fn forgive_try(&self, subject: &str, window: Window) -> Result<(), Error> {
        self.add_tries(subject, window, "-1").await.map(drop)
    }

    async fn add_tries(&self, subject: &str, window: Window, count: &str) -> Result<u64, Error> {
        let key = TRIES.key(&[&self.id, &subject, &window.begin]);
        let end = AttributeValue::N(window.end.unix_seconds().to_string());
        let answer = self
            .store
            .client
            .update_item()
            .table_name(&*self.store.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET #kind = :kind, #ttl = :end ADD tries :count")
            .expression_attribute_names("#kind", KIND)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":kind", text(&ENTITY))
            .expression_attribute_values(":end", end)
            .expression_attribute_values(":count", AttributeValue::N(count.to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await?;
        let tries = answer.attributes.and_then(|mut item| item.remove("tries"));
        let tries = tries.and_then(|tries| tries.as_n().ok()?.parse().ok());
        // Fewer than none are none: a window can end between a try and its
        // being taken back.
        Ok(tries.map_or(0, |tries: i64| u64::try_from(tries).unwrap_or(0)))
    }
}
