//! Words: how a search finds a thing by the beginning of any of its words.
//!
//! A thing has a copy under each of its words, in a partition of all words
//! with the same first character, sorted by the word. So a search is one Query
//! of what begins like its longest word. Each copy names the word before its
//! own in the alphabet: where that begins like the search too, the thing has
//! been met already. Of a search with several words each copy answers for the
//! others, because it carries all words of its thing.

use crate::{
    item::Attributes,
    list::{Filter, Question},
};
use aws_sdk_dynamodb::types::AttributeValue;
use portico_domain::Search;
use std::collections::BTreeSet;

/// The attribute with the word before this one in the alphabet.
const PREVIOUS_WORD: &str = "previousWord";
/// The attribute with all words, each behind a blank.
const WORDS: &str = "words";

/// One word of a thing, among the others.
pub(crate) struct Word {
    pub(crate) text: String,
    previous: Option<String>,
    all: String,
}

/// The words of a thing, each with the one before it.
pub(crate) fn chained(words: BTreeSet<String>) -> Vec<Word> {
    let all: String = words.iter().flat_map(|word| [" ", word]).collect();
    let mut previous = None;
    let chain = words.into_iter().map(|word| Word {
        previous: previous.replace(word.clone()),
        all: all.clone(),
        text: word,
    });
    chain.collect()
}

/// The character that decides under which partition a word is.
pub(crate) fn first_character(word: &str) -> String {
    word.chars().take(1).collect()
}

impl Word {
    /// Notes in the copy for this word what searches look at.
    pub(crate) fn mark(self, copy: &mut Attributes) {
        copy.insert(WORDS.to_owned(), AttributeValue::S(self.all));
        if let Some(previous) = self.previous {
            copy.insert(PREVIOUS_WORD.to_owned(), AttributeValue::S(previous));
        }
    }
}

/// Only the copies that a search finds, each thing once.
pub(crate) fn searched(question: Question, search: &Search) -> Question {
    let longest = search.longest();
    let question = question.beginning(longest).filter(
        Filter::BeginsNotWith,
        PREVIOUS_WORD,
        Some(longest.to_owned()),
    );
    let others = search.others().iter().map(|word| format!(" {word}"));
    others.fold(question, |question, word| {
        question.filter(Filter::Contains, WORDS, Some(word))
    })
}
