//! Tags: a set of short texts by which clients and companies are grouped.

use crate::{Invalid, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many tags one thing can have.
pub const MAX_TAGS: usize = 20;
/// How long a tag can be.
const MAX_LENGTH: usize = 50;

/// A set of tags, in the order in which they were given.
///
/// Two spellings that differ in case, or in how many blanks stand between
/// their words, are one tag; [`Tags::key`] is what is compared. The first
/// spelling is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Checks the tags in `field`.
    pub fn parse(field: &str, texts: &[String]) -> Result<Self, Invalid> {
        let mut tags = Vec::new();
        let mut keys = BTreeSet::new();
        for (place, text) in texts.iter().enumerate() {
            let tag = text::line(&format!("{field}[{place}]"), text, 1, MAX_LENGTH)?;
            if keys.insert(Self::key(&tag)) {
                tags.push(tag.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        if tags.len() > MAX_TAGS {
            let message = format!("there are {} tags; the limit is {MAX_TAGS}", tags.len());
            return Err(Invalid::new(field, "too_many_tags", message));
        }
        Ok(Self(tags))
    }

    /// What is compared of a tag.
    pub fn key(tag: &str) -> String {
        let words: Vec<&str> = tag.split_whitespace().collect();
        words.join(" ").to_lowercase()
    }

    /// These tags, and those of `other` that are not among them; perhaps more
    /// than one thing can have.
    #[must_use]
    pub fn united(&self, other: &Self) -> Self {
        let mut keys: BTreeSet<String> = self.0.iter().map(|tag| Self::key(tag)).collect();
        let new = other.0.iter().filter(|tag| keys.insert(Self::key(tag)));
        Self(self.0.iter().chain(new).cloned().collect())
    }

    /// The tags as they were written.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(texts: &[&str]) -> Result<Tags, Invalid> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Tags::parse("tags", &texts)
    }

    #[test]
    fn tags_that_differ_in_case_or_blanks_are_one() {
        let found = tags(&["Key  Account", " key account ", "VIP"]).expect("they are fine");

        assert_eq!(found.as_slice(), ["Key Account", "VIP"]);
    }

    #[test]
    fn an_empty_tag_is_refused_by_its_place() {
        let refused = tags(&["VIP", " "]).expect_err("one is empty");

        assert_eq!(refused.field, "tags[1]");
    }

    #[test]
    fn there_are_twenty_tags_at_most_however_often_each_is_given() {
        let many: Vec<String> = (0..=MAX_TAGS).map(|number| format!("t{number}")).collect();
        let twice = vec!["VIP".to_owned(); 50];

        assert!(Tags::parse("tags", &many).is_err_and(|invalid| invalid.code == "too_many_tags"));
        assert!(Tags::parse("tags", &twice).is_ok());
    }

    #[test]
    fn united_tags_keep_the_first_spelling() {
        let (one, other) = (tags(&["VIP", "Oslo"]), tags(&["oslo", "Bergen"]));

        let united = one.expect("fine").united(&other.expect("fine"));

        assert_eq!(united.as_slice(), ["VIP", "Oslo", "Bergen"]);
    }
}
