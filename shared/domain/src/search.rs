//! What can be searched: the words of a text, and searches for their beginnings.
//!
//! Both sides are folded alike, so a search finds a word whatever its case and
//! with or without its diacritics: `soren` finds `Søren`, and the other way
//! round.

use crate::{Invalid, text};
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How many characters of a word count: as many as either part of an address
/// has between its dots. Longer words are found by their beginning of this
/// length.
const MAX_WORD: usize = 64;
/// How many different words of one thing count: each is an item in the index.
const MAX_WORDS: usize = 40;
/// How long a search can be, in characters and in words.
const MAX_SEARCH: usize = 200;
const MAX_SEARCH_WORDS: usize = 8;

/// A search: every word in it is the beginning of a word of what it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    longest: String,
    others: Vec<String>,
}

impl Search {
    /// Checks the search in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let found: BTreeSet<String> = words(&text::line(field, text, 1, MAX_SEARCH)?).collect();
        // What begins with `love` begins with `lo` too.
        let is_implied = |word: &String| {
            let mut longer = found.range(word.clone()..).skip(1);
            longer.next().is_some_and(|next| next.starts_with(word))
        };
        let mut words: Vec<String> = found
            .iter()
            .filter(|word| !is_implied(word))
            .cloned()
            .collect();
        if words.len() > MAX_SEARCH_WORDS {
            let message = format!(
                "{field} has {} words; the limit is {MAX_SEARCH_WORDS}",
                words.len()
            );
            return Err(Invalid::new(field, "text_too_long", message));
        }
        // The longest word is the rarest, as far as can be told beforehand.
        words.sort_by_key(|word| word.chars().count());
        let Some(longest) = words.pop() else {
            let message = format!("{field} needs a letter or a digit to search for");
            return Err(Invalid::new(field, "search_without_words", message));
        };
        Ok(Self {
            longest,
            others: words,
        })
    }

    /// The longest word: the one to look up.
    pub fn longest(&self) -> &str {
        &self.longest
    }

    /// The other words: what is found by the longest one has these too.
    pub fn others(&self) -> &[String] {
        &self.others
    }
}

/// The words of these texts by which a thing is found. If there are too many,
/// each text has as large a share as the others, so that a long one leaves room
/// for those that are short.
pub(crate) fn searchable(texts: &[&str]) -> BTreeSet<String> {
    let mut texts: Vec<_> = texts.iter().map(|text| words(text)).collect();
    let mut found = BTreeSet::new();
    loop {
        let mut is_over = true;
        for word in texts.iter_mut().filter_map(Iterator::next) {
            is_over = false;
            if found.len() < MAX_WORDS {
                found.insert(word);
            }
        }
        if is_over || found.len() == MAX_WORDS {
            return found;
        }
    }
}

/// What a name is sorted by: its words, so that case, diacritics and
/// punctuation do not matter. A hyphen sorts behind what ends the name in a
/// key, so `ada` comes before `ada-lovelace`.
pub(crate) fn sortable(name: &str) -> String {
    words(name)
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(MAX_SEARCH)
        .collect()
}

/// The words of a text, folded. An apostrophe is part of its word.
fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let is_between = |letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter);
    let words: Vec<String> = folded
        .split(is_between)
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_WORD).collect())
        .collect();
    words.into_iter()
}

/// Lower case without the diacritics of Latin, Greek and Cyrillic letters.
/// The marks of other scripts are letters of their own, so they stay.
fn fold(text: &str) -> String {
    text.nfkd()
        .flat_map(char::to_lowercase)
        .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}' | '\'' | '’' | 'ʼ'))
        .flat_map(|letter| {
            plain(letter)
                .chars()
                .chain(plain(letter).is_empty().then_some(letter))
        })
        .nfc()
        .collect()
}

/// Letters that have no decomposition in Unicode and yet are written plainly
/// by who lacks the key; nothing for all others.
const fn plain(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        // The form of a sigma at the end of a word has one upper case with σ.
        'ς' => "σ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn case_and_diacritics_do_not_matter() {
        for (one, other) in [
            ("Søren Łukasz", "soren lukasz"),
            ("Émile Zoë", "emile zoe"),
            ("E\u{0301}MILE ZOË", "émile zoe"),
            ("STRASSE Straße", "strasse strasse"),
            ("İstanbul Işık", "istanbul isik"),
            ("ΑΔΑΜΆΝΤΙΟΣ", "αδαμαντιος"),
            ("Ёлка Й", "елка и"),
            ("Ｆｕｌｌ", "full"),
        ] {
            assert_eq!(of(one), of(other));
        }
    }

    #[test]
    fn words_end_where_a_reader_sees_it() {
        assert_eq!(
            of("Anne-Marie O'Brien, Dr."),
            ["anne", "marie", "obrien", "dr"]
        );
        assert_eq!(
            of("ada.lovelace+x@example.com"),
            ["ada", "lovelace", "x", "example", "com"]
        );
        assert_eq!(of(" \u{1f600} – … "), Vec::<String>::new());
    }

    #[test]
    fn marks_of_other_scripts_stay_in_their_words() {
        assert_eq!(of("हिन्दी が"), ["हिन्दी", "が"]);
        assert_ne!(of("が"), of("か"));
    }

    #[test]
    fn a_search_looks_up_its_longest_word_and_drops_what_is_implied() {
        let search = Search::parse("search", "Lo  ada LOVE").expect("it is fine");

        assert_eq!(search.longest(), "love");
        assert_eq!(search.others(), ["ada"]);
    }

    #[test]
    fn a_search_without_a_word_and_one_with_too_many_are_refused() {
        let refused = |text: &str| Search::parse("search", text).map_err(|invalid| invalid.code);

        assert_eq!(refused("…!"), Err("search_without_words"));
        assert_eq!(refused("a b c d e f g h i"), Err("text_too_long"));
        assert_eq!(refused(&"x".repeat(MAX_SEARCH + 1)), Err("text_too_long"));
    }

    #[test]
    fn a_long_name_leaves_room_for_address_and_position() {
        let name: Vec<String> = (0..60).map(|number| format!("name{number}")).collect();
        let found = searchable(&[&name.join(" "), "last@words.example", "Zebra Keeper"]);

        assert_eq!(found.len(), MAX_WORDS);
        for word in [
            "name0", "name30", "last", "words", "example", "zebra", "keeper",
        ] {
            assert!(found.contains(word), "{word}");
        }
    }

    #[test]
    fn two_long_addresses_are_told_apart() {
        let local = "x".repeat(62);
        let one = format!("{local}01@example.com");
        let search = Search::parse("search", &one).expect("a search");

        assert!(searchable(&[&one]).contains(search.longest()));
        let other = format!("{local}02@example.com");
        assert!(!searchable(&[&other]).contains(search.longest()));
    }

    #[test]
    fn a_name_sorts_before_those_that_go_on() {
        let key = |name: &str| format!("{}#1", sortable(name));
        assert!(key("Ada") < key("Ada Byron"));
        assert!(key("Ada Byron") < key("Adam"));
    }

    proptest! {
        #[test]
        fn words_are_bounded_and_folding_again_changes_nothing(text in "\\PC{0,300}") {
            for word in searchable(&[&text]) {
                prop_assert!(word.chars().count() <= MAX_WORD);
                prop_assert_eq!(of(&word), vec![word.clone()]);
            }
            prop_assert!(searchable(&[&text]).len() <= MAX_WORDS);
        }

        #[test]
        fn any_beginning_of_any_word_is_searched_as_it_is_indexed(text in "[ \\p{L}.'-]{1,80}", part in 0_usize..80, length in 1_usize..20) {
            let indexed = searchable(&[&text]);
            let raw: Vec<&str> = text.split([' ', '.', '-']).filter(|word| !of(word).is_empty()).collect();
            prop_assume!(!raw.is_empty());
            let word = raw[part % raw.len()];
            let beginning: String = word.chars().take(length).collect();
            if let Ok(search) = Search::parse("search", &beginning) && search.others().is_empty() && indexed.len() < MAX_WORDS {
                prop_assert!(indexed.iter().any(|word| word.starts_with(search.longest())), "{:?} in {:?}", search, indexed);
            }
        }
    }
}
