//! Checked texts: e-mail addresses and names.
//!
//! Each is checked once, where it enters, and carries the proof in its type.

use crate::Invalid;
use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An e-mail address that SES can deliver to.
///
/// It is kept as it was written; [`Email::key`] is what makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks the address in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::missing(field));
        }
        let invalid = |message: &str| Err(Invalid::new(field, "email_invalid", message));
        // RFC 5321 allows a path of 256 octets with its angle brackets.
        if text.len() > 254 {
            return invalid("an e-mail address has at most 254 characters");
        }
        // SES does not deliver to addresses with other characters (SMTPUTF8).
        if !text.is_ascii() {
            return invalid(
                "the e-mail address may only have ASCII characters; write an international domain in its xn-- form",
            );
        }
        let options = Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        // Nor to local parts that need quotation marks.
        if text.contains('"') {
            return invalid("the e-mail address may not have quotation marks");
        }
        match EmailAddress::parse_with_options(text, options) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(reason) => {
                let reason = reason.to_string().to_lowercase();
                let reason = reason.trim_end_matches('.');
                invalid(&format!("this is not an e-mail address: {reason}"))
            }
        }
    }

    /// The address of a client who was erased: none.
    pub(crate) const fn nobody() -> Self {
        Self(String::new())
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared: two addresses that differ only in case are one.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a person in two parts; the whole name is computed from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonName {
    /// First name.
    pub given_name: String,
    /// Last name; empty for a person with a single name.
    pub family_name: String,
}

impl PersonName {
    /// The name from the field or fields that the caller gave: both parts, or
    /// one whole `name`, which is split at its last space.
    pub fn from_fields(
        given: Option<&str>,
        family: Option<&str>,
        whole: Option<&str>,
    ) -> Result<Self, Invalid> {
        match (given, family, whole) {
            (None, None, Some(whole)) => Self::split(whole),
            (_, _, Some(_)) => Err(Invalid::new(
                "name",
                "name_ambiguous",
                "give either name, or givenName and familyName",
            )),
            (given, family, None) => Ok(Self {
                given_name: name_part("givenName", given.unwrap_or_default(), 1, 100)?,
                // Some people have a single name; leaving it out is a mistake.
                family_name: match family {
                    Some(family) => name_part("familyName", family, 0, 100)?,
                    None => return Err(Invalid::missing("familyName")),
                },
            }),
        }
    }

    /// Splits a whole name at its last space.
    fn split(whole: &str) -> Result<Self, Invalid> {
        let whole = name_part("name", whole, 1, 200)?;
        let (given, family) = whole.rsplit_once(' ').unwrap_or((&whole, ""));
        Ok(Self {
            given_name: line("name", given, 1, 100)?,
            family_name: line("name", family, 0, 100)?,
        })
    }

    /// What somebody who guesses this person's password tries first.
    pub fn guessed_first<'a>(&'a self, email: &'a Email, workspace: &'a str) -> [&'a str; 4] {
        [
            &self.given_name,
            &self.family_name,
            email.as_str(),
            workspace,
        ]
    }

    /// Given and family name together.
    pub fn full(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
            .trim()
            .to_owned()
    }
}

/// How long the key of a unique name can be: DynamoDB takes 2 048 bytes, and
/// a character can stand for many.
const MAX_NAME_KEY: usize = 1_600;

/// The name of a company: two characters or more, unique among what looks alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompanyName(String);

impl CompanyName {
    /// Checks the name in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        unique_name(field, text, 200).map(Self)
    }

    /// The name that a placeholder company has: none.
    pub const fn placeholder() -> Self {
        Self(String::new())
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared; see [`folded`].
    pub fn key(&self) -> String {
        folded(&self.0)
    }
}

/// A name of two characters to `max` that is unique by its [`folded`] form.
pub(crate) fn unique_name(field: &str, text: &str, max: usize) -> Result<String, Invalid> {
    let name = line(field, text, 2, max)?;
    if folded(&name).len() > MAX_NAME_KEY {
        let message = format!("{field} is too long when its characters are written out");
        return Err(Invalid::new(field, "text_too_long", message));
    }
    Ok(name)
}

/// What is compared: names are one name that differ only in case (`Straße` is
/// `STRASSE`), in how Unicode writes the same characters, in how many blanks
/// there are, or in characters that show nothing.
pub(crate) fn folded(name: &str) -> String {
    let mut folded = String::new();
    for letter in name.nfkc().filter(|letter| !is_invisible(*letter)) {
        match letter {
            // Its upper case is that of another letter.
            'ı' => folded.push(letter),
            letter => {
                let upper = letter.to_lowercase().flat_map(char::to_uppercase);
                folded.extend(upper.flat_map(char::to_lowercase));
            }
        }
    }
    let folded: String = folded.nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character shows nothing by itself: it joins, splits or directs
/// others, or is drawn blank (`Default_Ignorable_Code_Point` of Unicode, and the
/// blank Braille pattern).
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character ends the line, or turns round what comes after it, also
/// what is not ours: lines stand beside others in mails and on pages.
fn breaks_a_line(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{2028}'..='\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// A part of a person's name. Names stand in mails of the business, also those
/// of strangers who sign up, so none is a link.
fn name_part(field: &str, text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let name = line(field, text, min, max)?;
    let lower = name.to_lowercase();
    if lower.contains("://") || lower.contains("www.") {
        let message = format!("{field} may not have a link in it");
        return Err(Invalid::new(field, "text_invalid", message));
    }
    Ok(name)
}

/// One line of text, trimmed, of `min` visible characters to `max`, without
/// control characters: a line break in a name would become a header in a mail.
pub fn line(field: &str, text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 && min > 0 {
        return Err(Invalid::missing(field));
    }
    let shown = text.chars().filter(|letter| !is_invisible(*letter)).count();
    if length > 0
        && text
            .chars()
            .all(|letter| letter.is_whitespace() || is_invisible(letter))
    {
        let message = format!("{field} has only characters that show nothing");
        return Err(Invalid::new(field, "text_invalid", message));
    }
    if shown < min {
        let message = format!("{field} has {shown} visible characters; it needs {min} or more");
        return Err(Invalid::new(field, "text_too_short", message));
    }
    if length > max {
        let message = format!("{field} has {length} characters; the limit is {max}");
        return Err(Invalid::new(field, "text_too_long", message));
    }
    if text.chars().any(breaks_a_line) {
        let message = format!("{field} may not have line breaks or other control characters");
        return Err(Invalid::new(field, "text_invalid", message));
    }
    Ok(text.to_owned())
}

/// Text of several lines, trimmed, of `max` characters at most, without other
/// control characters than line breaks and tabs.
pub fn block(field: &str, text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.trim().split(['\n', '\t']).collect();
    // What is left between the breaks is held to the rules of a line.
    line(field, &lines.join(" "), 0, max)?;
    Ok(text.trim().to_owned())
}

/// A phone number in E.164 form; an empty text stays empty.
pub fn phone(field: &str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or_default();
    // E.164 allows 15 digits, and no country code begins with 0.
    let is_e164 = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if text.is_empty() || is_e164 {
        return Ok(text.to_owned());
    }
    let message = "a phone number is written in E.164 form, such as +12125550123";
    Err(Invalid::new(field, "phone_invalid", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_text_has_lines_and_nothing_worse() {
        assert_eq!(block("d", " a\r\nb ", 10), Ok("a\nb".to_owned()));
        assert!(block("d", "a\u{7}b", 10).is_err());
        assert!(block("d", "a\nb", 2).is_err());
    }

    #[test]
    fn addresses_that_differ_in_case_are_one() {
        let one = Email::parse("email", " Ada@Example.com ").map(|email| email.key());

        assert_eq!(one, Ok("ada@example.com".to_owned()));
    }

    #[test]
    fn bad_addresses_are_refused_by_name_of_field() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "a b@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
            "ädä@example.com",
            "a@b.co\r\nBcc: x@y.z",
            "\"a b\"@example.com",
            &long,
        ] {
            let refused = Email::parse("email", text);
            assert!(
                refused.is_err_and(|invalid| invalid.field == "email"),
                "{text}"
            );
        }
    }

    #[test]
    fn one_name_is_split_at_the_last_space() {
        let split = |name| {
            PersonName::from_fields(None, None, Some(name)).map(|n| (n.given_name, n.family_name))
        };

        assert_eq!(split("Ada Lovelace"), Ok(("Ada".into(), "Lovelace".into())));
        assert_eq!(
            split("Ana Maria Ruiz"),
            Ok(("Ana Maria".into(), "Ruiz".into()))
        );
        assert_eq!(split("Cher"), Ok(("Cher".into(), String::new())));
    }

    #[test]
    fn a_name_with_a_line_break_a_turn_or_a_link_is_refused() {
        for name in [
            "Ada\nBcc: x",
            "Ada\u{2028}Bcc: x",
            "\u{202e}adA",
            "Ada \u{2066}turned",
            "Unlock it at https://evil.example/unlock",
            "see WWW.evil.example",
        ] {
            let refused = PersonName::from_fields(Some(name), Some("L"), None);
            assert!(
                refused.is_err_and(|invalid| invalid.field == "givenName"),
                "{name:?}"
            );
        }
    }

    #[test]
    fn company_names_that_look_alike_are_one() {
        let key = |name| CompanyName::parse("name", name).map(|name| name.key());
        for (one, other) in [
            ("Straße AG", "STRASSE AG"),
            ("STRA\u{1e9e}E AG", "Strasse ag"),
            ("Caf\u{e9} X", "Cafe\u{0301} X"),
            ("Foo Bar", "Foo \u{a0} Bar"),
            ("Foo\u{200b}Bar", "FooBar"),
            ("ΑΔΑΜΑΣ", "αδαμας"),
            ("Ｆｏｏ", "foo"),
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        for (one, other) in [("Kırık", "Kirik"), ("Café", "Cafe"), ("FooBar", "Foo Bar")] {
            assert_ne!(key(one), key(other), "{one}");
        }
        // Names of ASCII letters have the key that they always had.
        assert_eq!(key("Rocket Rides"), Ok("rocket rides".to_owned()));
    }

    #[test]
    fn what_shows_nothing_is_no_text() {
        for text in ["\u{200b}\u{200b}", "\u{202e}\u{ad}", "\u{3164}\u{2800}"] {
            let refused = CompanyName::parse("name", text);
            assert_eq!(refused.map_err(|invalid| invalid.code), Err("text_invalid"));
        }
        let one = CompanyName::parse("name", "A\u{200b}");
        assert_eq!(one.map_err(|invalid| invalid.code), Err("text_too_short"));
        let long = "\u{fdfa}".repeat(200);
        let long = CompanyName::parse("name", &long);
        assert_eq!(long.map_err(|invalid| invalid.code), Err("text_too_long"));
        // What joins letters may stand between them.
        assert!(line("name", "می\u{200c}خواهم", 1, 100).is_ok());
    }

    #[test]
    fn a_person_can_have_a_single_name() {
        let name = PersonName::from_fields(Some("Cher"), Some(""), None);
        assert_eq!(name.map(|name| name.full()), Ok("Cher".to_owned()));
        let missing = PersonName::from_fields(Some("Cher"), None, None);
        assert!(missing.is_err_and(|invalid| invalid.field == "familyName"));
    }

    #[test]
    fn company_names_have_two_characters_or_more() {
        assert!(CompanyName::parse("name", "A").is_err());
        assert!(CompanyName::parse("name", "  A  ").is_err());
        assert!(CompanyName::parse("name", "3M").is_ok());
    }
}
