//! Lists of clients for somebody who is limited to several companies.
//!
//! Each company has its members in a partition of its own, for every order, and
//! a client has the same sort key in each of them. So such a list is merged
//! from the partitions of its companies: every page is one Query for each of
//! them, whoever else there is in the workspace, and goes on behind one sort
//! key in all of them.

use super::{ENTITY, list::ClientFilter};
use crate::{
    CALLS_AT_ONCE, Error, Page, PageRequest, Position, WorkspaceStore,
    item::{Attributes, read},
    list::Question,
};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use portico_domain::{Client, CompanyId};
use std::collections::{BTreeMap, BTreeSet};

/// The name under which a position keeps the sort key.
const BEHIND: &str = "behind";
/// How many items of a partition are looked at, at least: with many companies
/// most of what is read may be of the next page.
const FEWEST: usize = 10;

/// What one partition has of a page, and how far it was read, if not to its end.
struct Part {
    items: Vec<(String, Attributes)>,
    read_to: Option<String>,
}

impl WorkspaceStore<'_> {
    /// A page of the clients of these companies, each once.
    pub(super) async fn members_of(
        &self,
        inside: &BTreeSet<CompanyId>,
        filter: &ClientFilter,
        page: &PageRequest,
    ) -> Result<Page<Client>, Error> {
        let is_descending = filter.sort.is_descending;
        let behind = page.after.as_ref().and_then(|after| after.get(BEHIND));
        let most = usize::from(page.limit);
        let share = (2 * most / inside.len()).clamp(most.min(FEWEST), most);
        let questions = inside.iter().map(|company| -> Question {
            let of_company = ClientFilter {
                company_id: Some(*company),
                ..filter.clone()
            };
            self.question(of_company).behind(behind.cloned())
        });
        let questions: Vec<Question> = questions.collect();
        let parts = stream::iter(questions).map(|question| self.part(question, share));
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
        let items = sorted.into_iter().map(|(_, item)| read(ENTITY, item));
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
        let Page { items, next } = self.store.query(question, &request).await?;
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
