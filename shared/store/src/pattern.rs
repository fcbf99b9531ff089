//! Access patterns: the questions that the table answers, and the keys that
//! answer them.
//!
//! A key is spelt once, as the template of a [`Pattern`]; the code fills the
//! template and `docs/table.md` prints it, so the two cannot disagree.

use aws_sdk_dynamodb::types::AttributeValue;
use std::{collections::HashMap, fmt::Display};

/// Where a pattern is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// The table itself.
    Table,
    /// The first index: lists in order of creation.
    Gsi1,
    /// The second index.
    Gsi2,
    /// The third index.
    Gsi3,
    /// The fourth index.
    Gsi4,
    /// What is to be done, by the time when; only work that is not done is in it.
    Due,
}

impl Index {
    /// Every place there is.
    pub const ALL: [Self; 6] = [
        Self::Table,
        Self::Gsi1,
        Self::Gsi2,
        Self::Gsi3,
        Self::Gsi4,
        Self::Due,
    ];

    /// The index's name in DynamoDB; `None` for the table.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Table => None,
            Self::Gsi1 => Some("gsi1"),
            Self::Gsi2 => Some("gsi2"),
            Self::Gsi3 => Some("gsi3"),
            Self::Gsi4 => Some("gsi4"),
            Self::Due => Some("due"),
        }
    }

    /// The attributes that hold partition and sort key.
    pub const fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::Table => ("pk", "sk"),
            Self::Gsi1 => ("gsi1pk", "gsi1sk"),
            Self::Gsi2 => ("gsi2pk", "gsi2sk"),
            Self::Gsi3 => ("gsi3pk", "gsi3sk"),
            Self::Gsi4 => ("gsi4pk", "gsi4sk"),
            Self::Due => ("duepk", "duesk"),
        }
    }
}

/// What fills a place in a template.
pub(crate) type Value<'a> = &'a (dyn Display + Sync);

/// One question that the table answers.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The question, as a person would ask it.
    pub question: &'static str,
    /// Where it is answered.
    pub index: Index,
    /// The template of the partition key; what stands in angle brackets is
    /// filled in.
    pub partition: &'static str,
    /// The template of the sort key.
    pub sort: &'static str,
}

/// A pattern's key, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: Index,
    partition: String,
    sort: String,
}

impl Pattern {
    pub(crate) const fn new(
        question: &'static str,
        index: Index,
        partition: &'static str,
        sort: &'static str,
    ) -> Self {
        Self {
            question,
            index,
            partition,
            sort,
        }
    }

    /// Fills the templates, partition first, with these values in order.
    pub(crate) fn key(&self, values: &[Value<'_>]) -> Key {
        let mut values = values.iter();
        let partition = fill(self.partition, &mut values);
        let sort = fill(self.sort, &mut values);
        debug_assert!(
            values.next().is_none(),
            "{}: more values than places",
            self.question
        );
        Key {
            index: self.index,
            partition,
            sort,
        }
    }

    /// Fills only the template of the partition, for a query of all of it.
    pub(crate) fn partition(&self, values: &[Value<'_>]) -> String {
        fill(self.partition, &mut values.iter())
    }

    /// Whether a partition key could be of this pattern.
    pub fn matches(&self, index: Index, partition: &str) -> bool {
        let mut rest = partition;
        let mut pieces = self.partition.split(['<', '>']).enumerate();
        self.index == index
            && pieces.all(|(position, literal)| {
                // Every second piece is a place; it reaches to the next literal.
                if position % 2 == 1 {
                    return true;
                }
                match (position, rest.find(literal)) {
                    (0, Some(0)) | (1.., Some(_)) => {
                        let start = rest.find(literal).unwrap_or(0) + literal.len();
                        rest = &rest[start..];
                        true
                    }
                    _ => false,
                }
            })
            && (rest.is_empty() || self.partition.ends_with('>'))
    }
}

fn fill<'a>(template: &str, values: &mut impl Iterator<Item = &'a Value<'a>>) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    for (position, piece) in template.split(['<', '>']).enumerate() {
        if position % 2 == 0 {
            filled.push_str(piece);
        } else {
            let value = values.next().map(ToString::to_string);
            debug_assert!(value.is_some(), "no value for <{piece}> in {template}");
            filled.push_str(&value.unwrap_or_default());
        }
    }
    filled
}

impl Key {
    pub(crate) fn partition(&self) -> &str {
        &self.partition
    }

    pub(crate) fn sort(&self) -> &str {
        &self.sort
    }

    /// The two attributes that make up the key.
    /// Whether it is the key of this item.
    pub(crate) fn is_of(&self, item: &HashMap<String, AttributeValue>) -> bool {
        let (partition, sort) = self.index.attributes();
        let is = |name: &str, value: &String| {
            item.get(name).and_then(|found| found.as_s().ok()) == Some(value)
        };
        is(partition, &self.partition) && is(sort, &self.sort)
    }

    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let (partition, sort) = self.index.attributes();
        HashMap::from([
            (
                partition.to_owned(),
                AttributeValue::S(self.partition.clone()),
            ),
            (sort.to_owned(), AttributeValue::S(self.sort.clone())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: Pattern = Pattern::new("clients", Index::Gsi1, "WS#<workspace>#CL", "<client>");

    #[test]
    fn values_fill_the_places_in_order() {
        let key = CLIENTS.key(&[&"w1", &"c1"]);

        assert_eq!(
            (key.partition.as_str(), key.sort.as_str()),
            ("WS#w1#CL", "c1")
        );
        assert_eq!(CLIENTS.partition(&[&"w1"]), "WS#w1#CL");
    }

    #[test]
    fn a_partition_is_recognized_by_its_literals() {
        assert!(CLIENTS.matches(Index::Gsi1, "WS#w1#CL"));
        assert!(!CLIENTS.matches(Index::Gsi2, "WS#w1#CL"));
        assert!(!CLIENTS.matches(Index::Gsi1, "WS#w1#CL#c1"));
        assert!(!CLIENTS.matches(Index::Gsi1, "XS#w1#CL"));
    }
}
