//! The headers that the owner of an endpoint adds to its requests.
//!
//! They are vetted when they are given, and what is refused here never comes
//! near a request: a second way to frame the message, a forged signature or
//! origin, or the proof that a cloud's metadata service asks its callers for.

use std::collections::BTreeSet;

/// How many headers an endpoint may have.
pub const MAX_HEADERS: usize = 10;

/// The longest name of a header, in characters.
pub const MAX_NAME_LENGTH: usize = 64;

/// The longest value of a header, in characters.
pub const MAX_VALUE_LENGTH: usize = 1024;

/// Why headers are refused. Names the header and never holds its value, which
/// may be a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefusal {
    /// There are more than [`MAX_HEADERS`].
    #[error("an endpoint can have at most 10 headers")]
    TooMany,
    /// This is no header name. It is cut after [`MAX_NAME_LENGTH`] characters.
    #[error(
        "{0:?} is not a header name: it must have 1 to 64 letters, digits or any of !#$%&'*+-.^_`|~"
    )]
    Name(String),
    /// This header is not for the owner of an endpoint to set.
    #[error("the header {0} is reserved")]
    Reserved(String),
    /// This header is given more than once, in whatever case.
    #[error("the header {0} is given more than once")]
    Repeated(String),
    /// The value of this header cannot be sent.
    #[error(
        "the value of the header {0} must have 1 to 1024 visible ASCII characters, and spaces only between them"
    )]
    Value(String),
}

impl HeaderRefusal {
    /// The header that is at fault, if it is one.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::TooMany => None,
            Self::Name(name) | Self::Reserved(name) | Self::Repeated(name) | Self::Value(name) => {
                Some(name)
            }
        }
    }
}

/// The headers with their names in lower case, in the order that they were
/// given in, or the first reason against them.
pub fn vet_headers<'a>(
    given: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<(String, String)>, HeaderRefusal> {
    let mut seen = BTreeSet::new();
    let mut vetted = Vec::new();
    for (name, value) in given {
        if vetted.len() == MAX_HEADERS {
            return Err(HeaderRefusal::TooMany);
        }
        if !is_name(name) {
            let shown = name.chars().take(MAX_NAME_LENGTH).collect();
            return Err(HeaderRefusal::Name(shown));
        }
        let name = name.to_ascii_lowercase();
        if is_reserved(&name) {
            return Err(HeaderRefusal::Reserved(name));
        }
        if !seen.insert(name.clone()) {
            return Err(HeaderRefusal::Repeated(name));
        }
        if !is_value(value) {
            return Err(HeaderRefusal::Value(name));
        }
        vetted.push((name, value.to_owned()));
    }
    Ok(vetted)
}

const RESERVED: [&str; 34] = [
    // Where the message ends, and what the connection is for.
    "connection",
    "expect",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    // What is sent, by whom and when, is the sender's to say.
    "accept-encoding",
    "date",
    "host",
    "range",
    "user-agent",
    "x-copilot-signature",
    // What proxies say of a request that passed them; receivers believe it.
    "cf-connecting-ip",
    "forwarded",
    "max-forwards",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-real-ip",
    // Another method or path than the ones that were vetted and are logged.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    // A browser's; a sender has no session and comes from no page.
    "cookie",
    "cookie2",
    "origin",
    "referer",
    "set-cookie",
    // What metadata services ask for, so that a tricked server cannot call
    // them: Google and Azure. Amazon's is among the beginnings below.
    "metadata",
    "metadata-flavor",
    "x-google-metadata-request",
];

const RESERVED_BEGINNINGS: [&str; 10] = [
    "access-control-",
    "content-",
    "if-",
    "portico-",
    "proxy-",
    "sec-",
    "webhook-",
    "x-aws-ec2-metadata-",
    "x-forwarded-",
    "x-portico-",
];

fn is_reserved(name: &str) -> bool {
    let begins = |beginning: &&str| name.starts_with(*beginning);
    RESERVED.contains(&name) || RESERVED_BEGINNINGS.iter().any(begins)
}

/// A token of RFC 9110, section 5.6.2.
fn is_name(name: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.bytes().all(in_token)
}

fn is_value(value: &str) -> bool {
    let inside = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    (1..=MAX_VALUE_LENGTH).contains(&value.len())
        && value.bytes().all(inside)
        && !value.starts_with(' ')
        && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    fn one(name: &str, value: &str) -> Result<Vec<(String, String)>, HeaderRefusal> {
        vet_headers([(name, value)].into_iter())
    }

    #[test]
    fn ordinary_headers_are_taken_in_their_order_and_in_lower_case() {
        let given = [
            ("X-Tenant", "acme 42"),
            ("Authorization", "Bearer abc.def"),
            ("traceparent", "00-1-2-00"),
        ];
        let vetted = vet_headers(given.into_iter()).unwrap();
        let expected = [
            ("x-tenant", "acme 42"),
            ("authorization", "Bearer abc.def"),
            ("traceparent", "00-1-2-00"),
        ];
        assert_eq!(
            vetted,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(vet_headers([].into_iter()), Ok(Vec::new()));
    }

    #[test]
    fn ten_headers_are_taken_and_eleven_refused() {
        let names: Vec<String> = (0..11).map(|number| format!("x-{number}")).collect();
        let given = |count| names.iter().take(count).map(|name| (name.as_str(), "v"));
        assert_eq!(vet_headers(given(10)).unwrap().len(), 10);
        assert_eq!(vet_headers(given(11)), Err(HeaderRefusal::TooMany));
    }

    #[test]
    fn a_name_is_a_token_of_at_most_64_characters() {
        let longest = "x".repeat(64);
        assert!(one(&longest, "v").is_ok());
        assert!(one("!#$%&'*+-.^_`|~09azAZ", "v").is_ok());
        assert_eq!(one(&"x".repeat(65), "v"), Err(HeaderRefusal::Name(longest)));
        for name in [
            "", " ", "a b", "a:", ":path", "a\r\nb", "a\0", "ä", "a,b", "a/b", "(a)", "a\tb",
        ] {
            assert_eq!(one(name, "v"), Err(HeaderRefusal::Name(name.to_owned())));
        }
    }

    #[test]
    fn a_value_is_visible_ascii_with_spaces_inside() {
        assert!(one("x", &"v".repeat(1024)).is_ok());
        assert!(one("x", "a  b \"c\" \\ ~").is_ok());
        let refusal = Err(HeaderRefusal::Value("x".to_owned()));
        assert_eq!(one("x", &"v".repeat(1025)), refusal);
        for value in [
            "",
            " ",
            " a",
            "a ",
            "a\tb",
            "a\r\nwebhook-id: 1",
            "a\nb",
            "a\rb",
            "a\0b",
            "é",
            "a\x7f",
        ] {
            assert_eq!(one("x", value), refusal, "{value:?}");
        }
    }

    #[test]
    fn a_header_is_given_once_whatever_its_case() {
        let given = [("X-Key", "1"), ("x-kEY", "2")];
        let refusal = HeaderRefusal::Repeated("x-key".to_owned());
        assert_eq!(vet_headers(given.into_iter()), Err(refusal));
    }

    #[test]
    fn what_the_sender_says_cannot_be_said_by_others() {
        let names = "Webhook-Id webhook-timestamp webhook-signature webhook-new \
            X-Copilot-Signature Portico-Anything X-Portico-Anything Content-Type Content-Length \
            Content-Encoding Content-Range Transfer-Encoding Host Connection Keep-Alive TE Trailer \
            Upgrade Expect Proxy-Authorization Proxy-Connection User-Agent Accept-Encoding Cookie \
            Forwarded X-Forwarded-For X-Forwarded-Host Via Date Range If-Match If-None-Match \
            If-Modified-Since X-HTTP-Method-Override X-Original-URL X-Real-IP Sec-Fetch-Site \
            Metadata Metadata-Flavor X-aws-ec2-metadata-token X-aws-ec2-metadata-token-ttl-seconds \
            X-Google-Metadata-Request HTTP2-Settings Origin Referer";
        for name in names.split_whitespace() {
            let refusal = HeaderRefusal::Reserved(name.to_ascii_lowercase());
            assert_eq!(one(name, "v"), Err(refusal));
        }
    }

    #[test]
    fn what_only_looks_reserved_is_taken() {
        for name in [
            "x-webhook-id",
            "hosts",
            "x-date",
            "ifs",
            "secret",
            "x-via",
            "contents",
        ] {
            assert!(one(name, "v").is_ok(), "{name}");
        }
    }

    #[test]
    fn a_refusal_names_the_header_and_never_its_value() {
        let secret = "s3cret\n";
        for name in ["x-key", "host", "a b"] {
            let refusal = one(name, secret).unwrap_err();
            assert!(refusal.header().is_some_and(|header| header == name));
            assert!(refusal.to_string().contains(name), "{refusal}");
            assert!(!format!("{refusal} {refusal:?}").contains("s3cret"));
        }
    }

    #[test]
    fn the_lists_of_reserved_names_are_in_lower_case_and_without_repetition() {
        let all = RESERVED.iter().chain(&RESERVED_BEGINNINGS);
        assert!(all.clone().all(|name| *name == name.to_ascii_lowercase()));
        let once: BTreeSet<&&str> = all.clone().collect();
        assert_eq!(once.len(), all.count());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_taken_can_be_sent_as_it_is(
            given in proptest::collection::vec((any::<String>(), any::<String>()), 0..12),
        ) {
            let pairs = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            if let Ok(vetted) = vet_headers(pairs) {
                prop_assert!(vetted.len() <= MAX_HEADERS);
                for (name, value) in vetted {
                    let sent = HeaderName::try_from(&name).unwrap();
                    prop_assert_eq!(sent.as_str(), name);
                    let sent = HeaderValue::try_from(&value).unwrap();
                    prop_assert_eq!(sent.to_str().unwrap(), value);
                }
            }
        }

        #[test]
        fn near_headers_are_judged_as_the_rules_say(
            name in "[A-Za-z0-9!#$%&'*+.^_`|~ :\r\n\u{0}é-]{0,66}",
            value in "[ -~\r\n\t\u{0}é]{0,20}",
        ) {
            let verdict = one(&name, &value);
            let sendable = HeaderName::try_from(&name).is_ok()
                && HeaderValue::from_str(&value).is_ok()
                && value.trim() == value
                && !value.is_empty()
                && !value.contains('\t')
                && value.is_ascii()
                && name.len() <= MAX_NAME_LENGTH;
            let reserved = is_reserved(&name.to_ascii_lowercase());
            prop_assert_eq!(verdict.is_ok(), sendable && !reserved);
        }

        #[test]
        fn vetting_what_was_vetted_changes_nothing(
            given in proptest::collection::vec(("[a-zA-Z-]{1,12}", "[ -~]{1,20}"), 0..10),
        ) {
            let pairs = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            if let Ok(vetted) = vet_headers(pairs) {
                let again = vetted.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                prop_assert_eq!(vet_headers(again), Ok(vetted.clone()));
            }
        }

        #[test]
        fn no_refusal_repeats_a_value(name: String, value in "[A-Z]{12}\n") {
            let refusal = one(&name, &value).unwrap_err();
            let told = format!("{refusal} {refusal:?}");
            prop_assert!(!told.contains(value.trim()));
        }
    }
}
