//! Lists that are merged from several partitions.
//!
//! What is in more than one of them has the same sort key in each. So every
//! page is one Query for each partition, whatever else there is in the
//! workspace, and goes on behind one sort key in all of them.

use crate::{
    CALLS_AT_ONCE, Error, Page, PageRequest, Position, Store, WorkspaceStore,
    item::{Attributes, read},
    list::{Order, Question},
};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The name under which a position keeps the sort key.
const BEHIND: &str = "behind";
/// How many items of a partition are looked at, at least: with many partitions
/// most of what is read may be of the next page.
const FEWEST: usize = 10;

/// What one partition has of a page, and how far it was read, if not to its end.
struct Part {
    items: Vec<(String, Attributes)>,
    read_to: Option<String>,
}

impl WorkspaceStore<'_> {
    /// A page of what these questions, all in one order, find together; of one,
    /// it is one Query.
    pub(crate) async fn any_of<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        mut questions: Vec<Question>,
        page: &PageRequest,
    ) -> Result<Page<T>, Error> {
        match (questions.pop(), questions.is_empty()) {
            (None, _) => Ok(Page::empty()),
            (Some(only), true) => self.store.list(entity, only, page).await,
            (Some(last), false) => {
                questions.push(last);
                self.store.merged(entity, questions, page).await
            }
        }
    }
}

impl Store {
    /// A page of what these questions, all in one order, find together, each
    /// item once.
    pub(crate) async fn merged<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        questions: Vec<Question>,
        page: &PageRequest,
    ) -> Result<Page<T>, Error> {
        let is_descending = questions
            .first()
            .is_some_and(|question| question.order() == Order::NewestFirst);
        let behind = page.after.as_ref().and_then(|after| after.get(BEHIND));
        let most = usize::from(page.limit);
        let share = (2 * most / questions.len().max(1)).clamp(most.min(FEWEST), most);
        let parts = stream::iter(questions)
            .map(|question| self.part(question.behind(behind.cloned()), share));
        let parts: Vec<Part> = parts.buffer_unordered(CALLS_AT_ONCE).try_collect().await?;

        // Up to where every partition is known.
        let read_to = parts.iter().filter_map(|part| part.read_to.clone());
        let known_to = if is_descending {
            read_to.max()
        } else {
            read_to.min()
        };
        let is_known = |sort: &String| match &known_to {
            None => true,
            Some(end) if is_descending => sort >= end,
            Some(end) => sort <= end,
        };
        let items = parts.into_iter().flat_map(|part| part.items);
        let merged: BTreeMap<String, Attributes> =
            items.filter(|(sort, _)| is_known(sort)).collect();
        let mut sorted: Vec<(String, Attributes)> = merged.into_iter().collect();
        if is_descending {
            sorted.reverse();
        }
        let end = if sorted.len() > most {
            sorted.truncate(most);
            sorted.last().map(|(sort, _)| sort.clone())
        } else {
            known_to
        };
        let items = sorted.into_iter().map(|(_, item)| read(entity, item));
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: end.map(|end| Position::from([(BEHIND.to_owned(), end)])),
        })
    }

    async fn part(&self, question: Question, share: usize) -> Result<Part, Error> {
        let (_, sort) = question.index().attributes();
        let request = PageRequest {
            limit: u16::try_from(share).unwrap_or(u16::MAX),
            after: None,
        };
        let Page { items, next } = self.query(question, &request).await?;
        let keyed = items.into_iter().filter_map(|item| {
            let key = match item.get(sort) {
                Some(AttributeValue::S(key)) => key.clone(),
                // What an index yields has its sort key.
                _ => return None,
            };
            Some((key, item))
        });
        Ok(Part {
            items: keyed.collect(),
            read_to: next.and_then(|mut next| next.remove(sort)),
        })
    }
}
