//! Filling the table of a fresh installation from one that was restored from a
//! backup. An operator does it, once: it reads a whole table, which no function
//! may.
//!
//! What is due comes last. The stream and the sweeps wake workers for it, and by
//! then everything is there that they look for; what is not due wakes nobody.

use crate::{CALLS_AT_ONCE, Error, Index, MAX_WAITS, Store, item::Attributes, text, workspace};
use aws_sdk_dynamodb::{
    error::BuildError,
    operation::scan::builders::ScanFluentBuilder,
    types::{PutRequest, WriteRequest},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::time::Duration;

/// How many items `BatchWriteItem` takes at once.
const BATCH: usize = 25;

/// The table could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Somebody works with the table already.
    #[error(
        "the table {0} has a workspace already, so what it has would be overwritten; restore into a fresh installation"
    )]
    InUse(String),
    /// One of the tables did not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Copies every item of the restored table into this one and answers how
    /// many there were; `tell` is told after each page. This one must not have a
    /// workspace, unless the copy goes on after it was cut short: then it begins
    /// anew, and writes the same items again.
    pub async fn restore(
        &self,
        restored: &Self,
        goes_on: bool,
        mut tell: impl FnMut(usize),
    ) -> Result<usize, RestoreError> {
        if !goes_on && self.has_a_workspace().await? {
            return Err(RestoreError::InUse(self.table.to_string()));
        }
        let due = Index::Due.attributes().0;
        let mut copied = 0;
        for is_wanted in ["attribute_not_exists(#due)", "attribute_exists(#due)"] {
            let mut after = None;
            loop {
                let page = restored
                    .scan()
                    .filter_expression(is_wanted)
                    .expression_attribute_names("#due", due)
                    .set_exclusive_start_key(after)
                    .send()
                    .await
                    .map_err(Error::from)?;
                copied += self.put_all(page.items.unwrap_or_default()).await?;
                tell(copied);
                after = page.last_evaluated_key;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(copied)
    }

    async fn has_a_workspace(&self) -> Result<bool, Error> {
        let mut after = None;
        loop {
            let page = self
                .scan()
                .filter_expression("entity = :workspace")
                .expression_attribute_values(":workspace", text(&workspace::ENTITY))
                .set_exclusive_start_key(after)
                .send()
                .await?;
            if page.count > 0 {
                return Ok(true);
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(false);
            }
        }
    }

    fn scan(&self) -> ScanFluentBuilder {
        let scan = self.client.scan().table_name(&*self.table);
        scan.consistent_read(true)
    }

    async fn put_all(&self, items: Vec<Attributes>) -> Result<usize, Error> {
        let count = items.len();
        let puts = items.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let puts = puts
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error: BuildError| Error::Unavailable(Box::new(error)))?;
        stream::iter(puts.chunks(BATCH))
            .map(|batch| self.put_batch(batch.to_vec()))
            .buffer_unordered(CALLS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(count)
    }

    /// Puts these, and again what a throttled table has left out.
    async fn put_batch(&self, mut left: Vec<WriteRequest>) -> Result<(), Error> {
        let mut waits = 0;
        loop {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&*self.table, left)
                .send()
                .await?;
            let unprocessed = answer.unprocessed_items.into_iter().flatten();
            left = unprocessed.flat_map(|(_, requests)| requests).collect();
            if left.is_empty() {
                return Ok(());
            }
            waits += 1;
            if waits > MAX_WAITS {
                return Err(Error::Busy("items stay unprocessed".into()));
            }
            tokio::time::sleep(Duration::from_millis(100 << waits)).await;
        }
    }
}
