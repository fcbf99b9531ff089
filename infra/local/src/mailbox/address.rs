//! Mail addresses as headers write them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A mail address with the name that readers show for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The name, decoded; empty if there is none.
    pub name: String,
    /// `local@domain`.
    pub address: String,
}

/// Why SES would refuse an address; the texts are SES's own where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// There is no `@`, or nothing after it.
    Domain,
    /// There is nothing before the `@`, or what is there cannot be an address.
    Illegal,
    /// It holds control characters or white space.
    Control,
    /// It holds characters outside ASCII, which headers cannot carry as they
    /// are.
    NotAscii,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domain => "Missing final '@domain'",
            Self::Illegal => "Illegal address",
            Self::Control => "Local address contains control or whitespace",
            Self::NotAscii => {
                "Non-ASCII characters in an address: encode the name as RFC 2047 says and the domain as Punycode"
            }
        })
    }
}

impl Address {
    /// Reads `a@b`, `Name <a@b>` or `"Name" <a@b>`; names may be encoded as RFC
    /// 2047 says.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if !text.is_ascii() {
            return Err(AddressError::NotAscii);
        }
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control);
        }
        let text = text.trim();
        let (name, address) = match text.rsplit_once('<') {
            Some((name, rest)) => (
                name.trim(),
                rest.strip_suffix('>').ok_or(AddressError::Illegal)?,
            ),
            None => ("", text),
        };
        check(address)?;
        Ok(Self {
            name: decoded(&unquoted(name)),
            address: address.to_owned(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return f.write_str(&self.address);
        }
        write!(f, "{} <{}>", self.name, self.address)
    }
}

fn check(address: &str) -> Result<(), AddressError> {
    let (local, domain) = address.rsplit_once('@').ok_or(AddressError::Domain)?;
    if domain.is_empty() || domain.starts_with('.') || domain.ends_with('.') {
        return Err(AddressError::Domain);
    }
    if address.contains(char::is_whitespace) {
        return Err(AddressError::Control);
    }
    let illegal = |c| matches!(c, '<' | '>' | ',' | ';' | ':' | '(' | ')' | '@' | '[' | ']');
    if local.is_empty() || local.contains(illegal) || domain.contains(illegal) {
        return Err(AddressError::Illegal);
    }
    Ok(())
}

/// A quoted string's content, with `\"` and `\\` resolved.
fn unquoted(name: &str) -> String {
    let inner = (name.strip_prefix('"')).and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return name.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// The text with RFC 2047 encoded words resolved. White space between two
/// encoded words is dropped, as the RFC asks.
pub(super) fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_encoded = false;
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if let Some(plain) = encoded_word(bare) {
            if after_encoded {
                out.truncate(out.trim_end_matches(' ').len());
            }
            out.push_str(&plain);
            out.push_str(&word[bare.len()..]);
            after_encoded = true;
        } else {
            out.push_str(word);
            after_encoded = false;
        }
    }
    out
}

fn encoded_word(word: &str) -> Option<String> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let mut parts = inner.splitn(3, '?');
    let (charset, encoding, data) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let bytes = match encoding {
        "B" | "b" => BASE64.decode(data).ok()?,
        "Q" | "q" => quoted_printable(data)?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

fn quoted_printable(data: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    let mut bytes = data.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let address = Address::parse(text).unwrap();
        (address.name, address.address)
    }

    fn pair(name: &str, address: &str) -> (String, String) {
        (name.to_owned(), address.to_owned())
    }

    #[test]
    fn addresses_are_read_with_and_without_a_name() {
        assert_eq!(read("ada@example.com"), pair("", "ada@example.com"));
        assert_eq!(read("Ada <a@b.c>"), pair("Ada", "a@b.c"));
        assert_eq!(
            read(r#""Love, \"Ada\"" <a@b.c>"#),
            pair("Love, \"Ada\"", "a@b.c")
        );
    }

    #[test]
    fn encoded_names_are_decoded() {
        let wanted = pair("Müller & Söhne", "a@b.c");

        assert_eq!(read("=?UTF-8?B?TcO8bGxlciAmIFPDtmhuZQ==?= <a@b.c>"), wanted);
        assert_eq!(
            read("=?utf-8?Q?M=C3=BCller_=26?= =?utf-8?Q?_S=C3=B6hne?= <a@b.c>"),
            wanted
        );
    }

    #[test]
    fn what_ses_refuses_is_refused() {
        let refused = |text| Address::parse(text).unwrap_err();

        assert_eq!(refused("ada"), AddressError::Domain);
        assert_eq!(refused("ada@"), AddressError::Domain);
        assert_eq!(refused("@example.com"), AddressError::Illegal);
        assert_eq!(refused("a b@example.com"), AddressError::Control);
        assert_eq!(refused("a@b.c\r\nBcc: spy@b.c"), AddressError::Control);
        assert_eq!(refused("Ada <a@b.c"), AddressError::Illegal);
        assert_eq!(refused("a@b.c, d@e.f"), AddressError::Control);
        assert_eq!(refused("Müller <a@b.c>"), AddressError::NotAscii);
    }
}
