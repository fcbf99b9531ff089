//! The part of Mailpit's search syntax that this catcher speaks.
//!
//! A query is a list of terms that must all fit: plain words (over subject,
//! text and addresses), `to:`, `from:`, `cc:`, `bcc:`, `reply-to:`,
//! `addressed:` (any of these five), `subject:`, `message-id:` and `tag:`. Case
//! does not count; a term fits anywhere within a field, a tag only as a whole.
//! Quotes keep a phrase together, also after a prefix (`subject:"your
//! invitation"`), and `-` or `!` in front turns a term around. Mailpit's other
//! prefixes are searched as plain words.

use super::{Address, Mail};

/// A parsed query.
pub(super) struct Query(Vec<Term>);

struct Term {
    negated: bool,
    field: Field,
    // Lower-cased, with single spaces.
    text: String,
}

#[derive(Clone, Copy)]
enum Field {
    To,
    From,
    Cc,
    Bcc,
    ReplyTo,
    Addressed,
    Subject,
    MessageId,
    Tag,
    Anywhere,
}

const PREFIXES: [(&str, Field); 9] = [
    ("to:", Field::To),
    ("from:", Field::From),
    ("cc:", Field::Cc),
    ("bcc:", Field::Bcc),
    ("reply-to:", Field::ReplyTo),
    ("addressed:", Field::Addressed),
    ("subject:", Field::Subject),
    ("message-id:", Field::MessageId),
    ("tag:", Field::Tag),
];

impl Query {
    /// Reads a query; terms without a letter or a digit are passed over, as
    /// Mailpit does.
    pub(super) fn parse(text: &str) -> Self {
        Self(
            words(text)
                .iter()
                .filter_map(|word| Term::parse(word))
                .collect(),
        )
    }

    /// Whether every term fits the mail.
    pub(super) fn fits(&self, mail: &Mail) -> bool {
        self.0.iter().all(|term| term.fits(mail))
    }
}

impl Term {
    fn parse(word: &str) -> Option<Self> {
        let word = normal(word);
        let (negated, word) = match word.strip_prefix(['-', '!']) {
            Some(rest) => (true, rest),
            None => (false, word.as_str()),
        };
        let (field, text) = PREFIXES
            .iter()
            .find_map(|(prefix, field)| Some((*field, word.strip_prefix(prefix)?)))
            .unwrap_or((Field::Anywhere, word));
        text.contains(char::is_alphanumeric).then(|| Self {
            negated,
            field,
            text: text.trim().to_owned(),
        })
    }

    fn fits(&self, mail: &Mail) -> bool {
        self.found(mail) != self.negated
    }

    fn found(&self, mail: &Mail) -> bool {
        let within = |text: &str| normal(text).contains(&self.text);
        let among = |addresses: &[Address]| addresses.iter().any(|one| within(&one.to_string()));
        let addressed = || {
            within(&mail.from.to_string())
                || [&mail.to, &mail.cc, &mail.bcc, &mail.reply_to]
                    .iter()
                    .any(|addresses| among(addresses))
        };
        match self.field {
            Field::To => among(&mail.to),
            Field::From => within(&mail.from.to_string()),
            Field::Cc => among(&mail.cc),
            Field::Bcc => among(&mail.bcc),
            Field::ReplyTo => among(&mail.reply_to),
            Field::Addressed => addressed(),
            Field::Subject => within(&mail.subject),
            Field::MessageId => within(&mail.message_id),
            Field::Tag => mail.tags.iter().any(|tag| normal(tag) == self.text),
            Field::Anywhere => within(&mail.subject) || within(&mail.text) || addressed(),
        }
    }
}

/// Splits at white space outside quotes, and drops the quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    words
}

fn normal(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
