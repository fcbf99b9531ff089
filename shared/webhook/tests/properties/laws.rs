//! What must hold of every input, whoever makes it up: `main.rs` beside this
//! file, or the fuzzer in `fuzz/`. Each law panics where it is broken.

use portico_webhook::{
    Policy, SigningSecret,
    address::is_public,
    headers::{MAX_HEADERS, MAX_NAME_LENGTH, MAX_VALUE_LENGTH, vet_headers},
    schedule::{RETRY_AFTER_LIMIT, honour, parse_retry_after},
    sign,
    signature::{COPILOT_HEADER, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, TOLERANCE_SECONDS},
    target::MAX_URL_LENGTH,
    verify,
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};
use url::{Host, Position};

const OWN_DOMAIN: &str = "portico.example";

/// What is accepted is what the rules say, as this reader of URLs and as the
/// one that makes requests understand it.
pub(crate) fn url_is_vetted(text: &str) {
    let policy = Policy::public().refusing(OWN_DOMAIN);
    let Ok(url) = policy.vet(text) else {
        return;
    };
    assert_eq!(url.scheme(), "https");
    assert!(text.len() <= MAX_URL_LENGTH && url.as_str().len() <= MAX_URL_LENGTH);
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(!url.as_str().contains('#'));
    assert!(matches!(url.port(), None | Some(8443)));
    match url.host() {
        Some(Host::Ipv4(ip)) => assert!(is_public(ip.into())),
        Some(Host::Ipv6(ip)) => assert!(is_public(ip.into())),
        Some(Host::Domain(name)) => name_is_vetted(name),
        None => panic!("no host"),
    }
    assert_eq!(policy.vet(url.as_str()), Ok(url.clone()));

    // Two readers that disagree on the host are how such checks are passed by.
    let host = &url[Position::BeforeHost..Position::AfterHost];
    if let Ok(target) = url.as_str().parse::<http::Uri>() {
        assert_eq!(target.host(), Some(host));
        assert_eq!(target.port_u16(), url.port());
    }
    if let Ok(line) = url[Position::BeforePath..Position::AfterQuery].parse::<http::Uri>() {
        assert_eq!(line.authority(), None);
        assert!(line.path().starts_with('/'));
    }
    assert!(http::HeaderValue::try_from(host).is_ok());
}

fn name_is_vetted(name: &str) {
    assert!(name.is_ascii() && name == name.to_ascii_lowercase());
    assert!(!name.ends_with('.') && !name.is_empty());
    assert!(name.parse::<IpAddr>().is_err());
    // Whatever else reads numbers as addresses (`inet_aton`) finds none.
    let last = name.rsplit('.').next().unwrap_or_default();
    assert!(!last.bytes().all(|byte| byte.is_ascii_digit()));
    let hex = last.strip_prefix("0x");
    assert!(!hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit())));
    for domain in ["localhost", "local", "internal", OWN_DOMAIN] {
        assert!(name != domain && !name.ends_with(&format!(".{domain}")));
    }
}

/// An address is judged the same however it is written, and never public where
/// the standard library or the plan of the address space says otherwise.
pub(crate) fn address_is_judged(bits: u128) {
    let v6 = Ipv6Addr::from_bits(bits);
    let Ok(low) = u32::try_from(bits & u128::from(u32::MAX)) else {
        unreachable!("32 bits");
    };
    let v4 = Ipv4Addr::from_bits(low);
    let translated = Ipv6Addr::from_bits((0x0064_ff9b << 96) | u128::from(low));
    let is_v4_public = is_public(v4.into());
    assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_v4_public);
    assert_eq!(is_public(translated.into()), is_v4_public);
    let is_special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        || v4.is_unspecified();
    assert!(!(is_special && is_v4_public));
    assert!(!is_public(v4.to_ipv6_compatible().into()));

    if is_public(v6.into()) && v6.to_ipv4_mapped().is_none() && v6 != translated {
        assert!(v6.octets()[0] & 0xe0 == 0x20, "global unicast");
        assert!(!v6.is_loopback() && !v6.is_unspecified() && !v6.is_multicast());
        assert!(!v6.is_unique_local() && !v6.is_unicast_link_local());
        assert!(v6.segments()[0] != 0x2002, "6to4");
    }
    // The URL is judged as its address is.
    let accepted = |host: String| Policy::public().vet(&format!("https://{host}/")).is_ok();
    assert_eq!(accepted(v4.to_string()), is_v4_public);
    assert_eq!(accepted(low.to_string()), is_v4_public);
    assert_eq!(accepted(format!("{low:#x}")), is_v4_public);
    assert_eq!(accepted(format!("0{low:o}")), is_v4_public);
    assert_eq!(accepted(format!("[{v6}]")), is_public(v6.into()));
}

/// A wish is read without failing, and bounded.
pub(crate) fn wish_is_bounded(value: &str, now: i64, scheduled: u64) {
    let wish = parse_retry_after(value, now);
    let digits = value.trim();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = digits.parse().unwrap_or(u64::MAX);
        assert_eq!(wish, Some(Duration::from_secs(seconds)));
    }
    let scheduled = Duration::from_secs(scheduled);
    let delay = honour(scheduled, wish);
    assert!(delay >= scheduled && delay <= scheduled.max(RETRY_AFTER_LIMIT));
}

/// The headers that a verifier may meet.
#[derive(Clone, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) timestamp: Option<&'a str>,
    pub(crate) standard: Option<&'a str>,
    pub(crate) copilot: Option<&'a str>,
}

/// Nothing verifies but what the owner of the secret signs in this time, and
/// that does.
pub(crate) fn only_signatures_verify(given: &Signed<'_>, body: &[u8], now: i64) {
    let secret = SigningSecret::from_bytes([7; 32]);
    let header = |name: &str| match name {
        ID_HEADER => given.id,
        TIMESTAMP_HEADER => given.timestamp,
        SIGNATURE_HEADER => given.standard,
        COPILOT_HEADER => given.copilot,
        _ => None,
    };
    let verdict = verify(&secret, header, body, now);
    let secrets = [secret.clone()];
    let time = given.timestamp.and_then(|text| text.parse().ok());
    if verdict.standard {
        let time: i64 = time.expect("a time");
        assert!(now.abs_diff(time) <= TOLERANCE_SECONDS);
        let ours = sign(&secrets, given.id.expect("an id"), time, body);
        let ours = value_of(&ours, SIGNATURE_HEADER);
        let theirs = given.standard.expect("a signature");
        assert!(theirs.split(' ').any(|signature| signature == ours));
    }
    if verdict.copilot {
        let ours = sign(&secrets, "", 0, body);
        let theirs = given.copilot.expect("a signature");
        assert!(theirs.eq_ignore_ascii_case(value_of(&ours, COPILOT_HEADER)));
    }

    let ours = sign(&secrets, given.id.unwrap_or_default(), now, body);
    let header = |name: &str| {
        let found = ours.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.as_str())
    };
    let verdict = verify(&secret, header, body, now);
    assert!(verdict.standard && verdict.copilot);
}

fn value_of<'a>(headers: &'a [(&str, String)], name: &str) -> &'a str {
    let found = headers.iter().find(|(other, _)| *other == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// A text that is taken for a secret is shown as it was given.
pub(crate) fn secret_is_shown_as_given(text: &str) {
    if let Ok(secret) = text.parse::<SigningSecret>() {
        assert_eq!(secret.to_text(), text);
        assert!(!format!("{secret:?}").contains(text));
    }
}

/// Headers that are taken can be sent as they are, frame nothing, and claim
/// nothing that is the sender's to say. A refusal tells no value.
pub(crate) fn headers_are_vetted(given: &[(&str, &str)]) {
    match vet_headers(given.iter().copied()) {
        Err(refusal) => {
            let told = format!("{refusal} {refusal:?}");
            // Short values stand in every sentence.
            let mut values = given.iter().filter(|(_, value)| value.len() > 200);
            assert!(!values.any(|(_, value)| told.contains(value)));
        }
        Ok(vetted) => {
            assert!(vetted.len() <= MAX_HEADERS && vetted.len() == given.len());
            for (name, value) in &vetted {
                assert!(name.len() <= MAX_NAME_LENGTH && value.len() <= MAX_VALUE_LENGTH);
                let sent = http::HeaderName::try_from(name).expect("a name");
                assert_eq!(sent.as_str(), name);
                let sent = http::HeaderValue::try_from(value).expect("a value");
                assert_eq!(sent.to_str().expect("visible"), value);
                assert!(!value.contains(['\r', '\n', '\0']));
                for ours in [
                    "host",
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "webhook-id",
                ] {
                    assert_ne!(name, ours);
                }
            }
            let again = vetted
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(vet_headers(again).as_ref(), Ok(&vetted));
        }
    }
}
