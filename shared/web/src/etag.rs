//! Entity tags and the conditions on them (RFC 9110, sections 8.8.3 and 13).
//!
//! A tag is a hash of what a caller is shown, so it changes exactly when that
//! does: also when an invitation runs out, which nothing writes. What is shown
//! differs between callers, and so do their tags.

use crate::{Problem, Request, Response};
use portico_domain::Invalid;
use portico_keys::sha256_hex;
use serde::Serialize;

/// How many hexadecimal digits of the hash a tag has: 128 bits, which nobody
/// meets twice by chance.
const DIGITS: usize = 32;

/// What a request asks of the present state of its resource, and who answers.
#[derive(Debug)]
pub(crate) struct Conditions {
    method: String,
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Request {
    /// Refuses to change a resource that is not what the caller last saw: if
    /// there is an `If-Match`, it must name the tag of `current`. To be asked
    /// where the decision is made, on what the decision is based on.
    pub fn if_match(&self, current: &impl Serialize) -> Result<(), Problem> {
        let Some(wanted) = self.header("if-match") else {
            return Ok(());
        };
        let body = serde_json::to_string(current).map_err(|_| Problem::internal())?;
        if matches(wanted, &tag(&body), Comparison::Strong)? {
            Ok(())
        } else {
            Err(Problem::precondition_failed())
        }
    }
}

impl Conditions {
    pub(crate) fn of(request: &Request) -> Self {
        let header = |name| request.header(name).map(ToOwned::to_owned);
        Self {
            method: request.method.clone(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
        }
    }

    /// Tags the answer; a reader who has the same already gets 304. Changes
    /// check their conditions themselves, before they change anything.
    pub(crate) fn apply(&self, response: Response) -> Result<Response, Problem> {
        if self.method == "DELETE" || !response.is_json() {
            return Ok(response);
        }
        let tag = tag(response.body());
        let response = response.with_header("etag", &tag);
        if !matches!(&*self.method, "GET" | "HEAD") {
            return Ok(response);
        }
        if let Some(wanted) = &self.if_match
            && !matches(wanted, &tag, Comparison::Strong)?
        {
            return Err(Problem::precondition_failed());
        }
        match &self.if_none_match {
            Some(had) if matches(had, &tag, Comparison::Weak)? => Ok(response.not_modified()),
            _ => Ok(response),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// A weak tag matches nothing.
    Strong,
    /// A weak tag is as good as a strong one.
    Weak,
}

fn tag(body: &str) -> String {
    let hash = sha256_hex(body.as_bytes());
    format!("\"{}\"", &hash[..DIGITS])
}

/// Whether a list of tags, or `*`, matches the tag of something that is there.
fn matches(list: &str, tag: &str, comparison: Comparison) -> Result<bool, Invalid> {
    let list = list.trim();
    if list == "*" {
        return Ok(true);
    }
    let mut rest = list;
    let mut found = false;
    loop {
        let (is_weak, opaque) = match rest.strip_prefix("W/") {
            Some(opaque) => (true, opaque),
            None => (false, rest),
        };
        let inner = opaque
            .strip_prefix('"')
            .and_then(|text| text.split_once('"'));
        let (inner, after) = inner.ok_or_else(malformed)?;
        let is_comparable = comparison == Comparison::Weak || !is_weak;
        found |= is_comparable && tag.trim_matches('"') == inner;
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        rest = rest.strip_prefix(',').ok_or_else(malformed)?.trim_start();
    }
}

fn malformed() -> Invalid {
    Invalid::new(
        "If-Match",
        "etag_malformed",
        "If-Match and If-None-Match hold * or quoted tags, as ETag gives them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_weak_tags_and_stars_are_compared_as_the_rfc_says() {
        let strong = |list| matches(list, "\"a\"", Comparison::Strong).ok();
        let weak = |list| matches(list, "\"a\"", Comparison::Weak).ok();

        for list in [
            "*",
            " * ",
            "\"a\"",
            "\"b\", \"a\"",
            "\"b\",\"a\" ",
            "\"x,y\", \"a\"",
        ] {
            assert_eq!(
                (strong(list), weak(list)),
                (Some(true), Some(true)),
                "{list}"
            );
        }
        for list in ["W/\"a\"", "\"b\" , W/\"a\""] {
            assert_eq!(
                (strong(list), weak(list)),
                (Some(false), Some(true)),
                "{list}"
            );
        }
        for list in ["\"b\"", "\"\"", "W/\"b\"", "\"A\""] {
            assert_eq!(
                (strong(list), weak(list)),
                (Some(false), Some(false)),
                "{list}"
            );
        }
        for list in [
            "",
            "a",
            "\"a",
            "\"a\" \"b\"",
            "\"a\",",
            "w/\"a\"",
            "*, \"a\"",
        ] {
            assert_eq!((strong(list), weak(list)), (None, None), "{list}");
        }
    }

    #[test]
    fn a_tag_is_decided_by_what_is_shown() {
        assert_eq!(tag("{}"), tag("{}"));
        assert_ne!(tag("{}"), tag("{ }"));
        assert_eq!(tag("{}").len(), DIGITS + 2);
    }
}
