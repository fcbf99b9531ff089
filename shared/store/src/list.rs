//! Lists: one page is one Query, however large the tenant.

use crate::{
    Error, Index, Store,
    item::{Attributes, read},
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// What sorts before every character that our keys have.
const LEAST: char = '\u{1}';

/// Where a list goes on: the key of the last item that was looked at.
pub type Position = BTreeMap<String, String>;

/// Which part of a list to read.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// How many items to look at, at most.
    pub limit: u16,
    /// Where the page before ended.
    pub after: Option<Position>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// The last page of a list that has nothing more.
    pub const fn empty() -> Self {
        Self {
            items: Vec::new(),
            next: None,
        }
    }
}

/// In which direction a list is read: by its sort key, upwards or downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// How a list is sorted: by what, and in which direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort<By> {
    /// By what.
    pub by: By,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

impl<By> Sort<By> {
    pub(crate) const fn order(&self) -> Order {
        if self.is_descending {
            Order::NewestFirst
        } else {
            Order::OldestFirst
        }
    }
}

/// A question that a Query answers.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    index: Index,
    partition: String,
    order: Order,
    after_sort: Option<String>,
    until_sort: Option<String>,
    behind_sort: Option<String>,
    sort_prefix: Option<String>,
    filters: Vec<(&'static str, Vec<(Filter, String)>)>,
    presence: Vec<(&'static str, bool)>,
    flags: Vec<(&'static str, bool)>,
}

/// How an attribute is compared; this happens after reading, so a page of a
/// filtered list may have few items and go on all the same.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filter {
    Is,
    Contains,
    BeginsWith,
    BeginsNotWith,
}

impl Question {
    pub(crate) fn new(index: Index, partition: String, order: Order) -> Self {
        Self {
            index,
            partition,
            order,
            after_sort: None,
            until_sort: None,
            behind_sort: None,
            sort_prefix: None,
            filters: Vec::new(),
            presence: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// Only what sorts after this.
    pub(crate) fn after(mut self, sort: Option<String>) -> Self {
        self.after_sort = sort;
        self
    }

    /// Only what sorts no later than this.
    pub(crate) fn until(mut self, sort: &impl ToString) -> Self {
        self.until_sort = Some(sort.to_string());
        self
    }

    /// Only what comes behind this in its order; not together with other bounds.
    pub(crate) fn behind(mut self, sort: Option<String>) -> Self {
        self.behind_sort = sort;
        self
    }

    /// In which direction it is read.
    pub(crate) const fn order(&self) -> Order {
        self.order
    }

    /// In which index it is answered.
    pub(crate) const fn index(&self) -> Index {
        self.index
    }

    /// Only what begins so in its sort key; not together with other bounds.
    pub(crate) fn beginning(mut self, prefix: &str) -> Self {
        self.sort_prefix = Some(prefix.to_owned());
        self
    }

    /// Only items that have this attribute, or only those that have it not.
    pub(crate) fn present(mut self, attribute: &'static str, is_present: bool) -> Self {
        self.presence.push((attribute, is_present));
        self
    }

    /// Only items that say yes, or no, in this attribute, if it matters.
    pub(crate) fn flag(mut self, attribute: &'static str, value: Option<bool>) -> Self {
        self.flags.extend(value.map(|value| (attribute, value)));
        self
    }

    /// Only items whose attribute compares so with `value`, if there is one. A
    /// dot leads into a map.
    pub(crate) fn filter(
        self,
        how: Filter,
        attribute: &'static str,
        value: Option<String>,
    ) -> Self {
        self.filter_any(how, attribute, value.into_iter().collect())
    }

    /// Only items whose attribute compares so with one of these values, if
    /// there are any.
    pub(crate) fn filter_any(
        self,
        how: Filter,
        attribute: &'static str,
        values: Vec<String>,
    ) -> Self {
        let values = values.into_iter().map(|value| (how, value));
        self.filter_mixed(attribute, values.collect())
    }

    /// Only items whose attribute compares with one of these values in its way,
    /// if there are any.
    pub(crate) fn filter_mixed(
        mut self,
        attribute: &'static str,
        values: Vec<(Filter, String)>,
    ) -> Self {
        if !values.is_empty() {
            self.filters.push((attribute, values));
        }
        self
    }
}

impl Store {
    /// Reads one page with one Query.
    pub(crate) async fn query(
        &self,
        question: Question,
        page: &PageRequest,
    ) -> Result<Page<Attributes>, Error> {
        let (partition, sort) = question.index.attributes();
        let mut condition = "#partition = :partition".to_owned();
        let mut query = self
            .client
            .query()
            .table_name(&*self.table)
            .set_index_name(question.index.name().map(ToOwned::to_owned))
            // Indexes are eventually consistent by nature; the table need not be.
            .consistent_read(question.index == Index::Table)
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":partition", AttributeValue::S(question.partition))
            .scan_index_forward(question.order == Order::OldestFirst)
            .limit(i32::from(page.limit))
            .set_exclusive_start_key(page.after.clone().map(to_key));
        // A sort key takes one condition, and BETWEEN includes both ends, so
        // the least character behind the lower one leaves it out.
        let bounds = [
            (":after", question.after_sort),
            (":until", question.until_sort),
        ];
        condition.push_str(match &bounds {
            [(_, None), (_, None)] => "",
            [(_, Some(_)), (_, None)] => " AND #sort > :after",
            [(_, None), (_, Some(_))] => " AND #sort <= :until",
            [(_, Some(_)), (_, Some(_))] => " AND #sort BETWEEN :after AND :until",
        });
        let has_both = bounds.iter().all(|(_, bound)| bound.is_some());
        for (name, bound) in bounds {
            let Some(mut bound) = bound else { continue };
            if has_both && name == ":after" {
                bound.push(LEAST);
            }
            query = query
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(name, AttributeValue::S(bound));
        }
        if let Some(behind) = question.behind_sort {
            condition.push_str(match question.order {
                Order::OldestFirst => " AND #sort > :behind",
                Order::NewestFirst => " AND #sort < :behind",
            });
            query = query
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(":behind", AttributeValue::S(behind));
        }
        if let Some(prefix) = question.sort_prefix {
            condition.push_str(" AND begins_with(#sort, :prefix)");
            query = query
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(":prefix", AttributeValue::S(prefix));
        }
        let mut filters = Vec::new();
        for (place, (attribute, is_present)) in question.presence.into_iter().enumerate() {
            filters.push(if is_present {
                format!("attribute_exists(#p{place})")
            } else {
                format!("attribute_not_exists(#p{place})")
            });
            query = query.expression_attribute_names(format!("#p{place}"), attribute);
        }
        for (place, (attribute, value)) in question.flags.into_iter().enumerate() {
            filters.push(format!("#b{place} = :b{place}"));
            query = query
                .expression_attribute_names(format!("#b{place}"), attribute)
                .expression_attribute_values(format!(":b{place}"), AttributeValue::Bool(value));
        }
        for (place, (attribute, values)) in question.filters.into_iter().enumerate() {
            let mut path = Vec::new();
            for (depth, name) in attribute.split('.').enumerate() {
                let placeholder = format!("#f{place}d{depth}");
                query = query.expression_attribute_names(&placeholder, name);
                path.push(placeholder);
            }
            let path = path.join(".");
            let mut any = Vec::new();
            for (number, (how, value)) in values.into_iter().enumerate() {
                let name = format!(":f{place}v{number}");
                any.push(match how {
                    Filter::Is => format!("{path} = {name}"),
                    Filter::Contains => format!("contains({path}, {name})"),
                    Filter::BeginsWith => format!("begins_with({path}, {name})"),
                    Filter::BeginsNotWith => format!("NOT begins_with({path}, {name})"),
                });
                query = query.expression_attribute_values(name, AttributeValue::S(value));
            }
            filters.push(format!("({})", any.join(" OR ")));
        }
        let filter = (!filters.is_empty()).then(|| filters.join(" AND "));
        let answer = query
            .key_condition_expression(condition)
            .set_filter_expression(filter)
            .send()
            .await?;
        Ok(Page {
            next: answer.last_evaluated_key.map(to_position),
            items: answer.items.unwrap_or_default(),
        })
    }

    /// Reads one page and every item in it. Where a filter leaves nothing of it,
    /// it reads on, as far as [`MOST_EMPTY`] allows.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        question: Question,
        page: &PageRequest,
    ) -> Result<Page<T>, Error> {
        let (most, index) = (usize::from(page.limit), question.index);
        let mut found = self.query(question.clone(), page).await?;
        for _ in 0..MOST_EMPTY.1 {
            if !found.items.is_empty() || found.next.is_none() {
                break;
            }
            let further = PageRequest {
                limit: page.limit.max(MOST_EMPTY.0),
                after: found.next,
            };
            found = self.query(question.clone(), &further).await?;
        }
        page_of(entity, found, most, index)
    }

    /// Reads one page of a list whose filters few items pass: goes on until the
    /// page is full, as far as [`MOST_SIFTED`] allows.
    pub(crate) async fn sift<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        question: Question,
        page: &PageRequest,
    ) -> Result<Page<T>, Error> {
        self.sift_within(entity, question, page, MOST_SIFTED).await
    }

    /// The same, looking at so many items with each Query, and asking so many.
    pub(crate) async fn sift_within<T: DeserializeOwned>(
        &self,
        entity: &'static str,
        question: Question,
        page: &PageRequest,
        (items, queries): (u16, usize),
    ) -> Result<Page<T>, Error> {
        let (most, index) = (usize::from(page.limit), question.index);
        let (mut found, mut next) = (Vec::new(), page.after.clone());
        for _ in 0..queries {
            let part = PageRequest {
                limit: items,
                after: next,
            };
            let looked_at = self.query(question.clone(), &part).await?;
            found.extend(looked_at.items);
            next = looked_at.next;
            if found.len() >= most || next.is_none() {
                break;
            }
        }
        page_of(entity, Page { items: found, next }, most, index)
    }
}

/// At most so many of what was found; the rest is for the next page.
fn page_of<T: DeserializeOwned>(
    entity: &'static str,
    Page {
        mut items,
        mut next,
    }: Page<Attributes>,
    most: usize,
    index: Index,
) -> Result<Page<T>, Error> {
    if items.len() > most {
        items.truncate(most);
        next = items.last().map(|item| place_of(item, index));
    }
    let items = items.into_iter().map(|item| read(entity, item));
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        next,
    })
}

/// How many items one more Query looks at where a page would be empty, and how
/// many more there are.
const MOST_EMPTY: (u16, usize) = (500, 4);

/// How many items one Query looks at for [`Store::sift`], and how many Queries
/// there are.
const MOST_SIFTED: (u16, usize) = (500, 8);

/// Where an item is in an index, which also tells its place in the table.
fn place_of(item: &Attributes, index: Index) -> Position {
    let of_table = Index::Table.attributes();
    let of_index = index.attributes();
    let names = [of_table.0, of_table.1, of_index.0, of_index.1];
    let keys = names.map(|name| Some((name.to_owned(), item.get(name)?.clone())));
    to_position(keys.into_iter().flatten().collect())
}

fn to_key(position: Position) -> HashMap<String, AttributeValue> {
    position
        .into_iter()
        .map(|(name, value)| (name, AttributeValue::S(value)))
        .collect()
}

fn to_position(key: HashMap<String, AttributeValue>) -> Position {
    key.into_iter()
        .filter_map(|(name, value)| match value {
            AttributeValue::S(text) => Some((name, text)),
            // Every key attribute of the table is a text.
            _ => None,
        })
        .collect()
}
