//! Signing secrets, and the two signatures that every webhook carries.
//!
//! `webhook-signature` follows Standard Webhooks and covers the id, the time
//! and the body; `x-copilot-signature` is what receivers written for the
//! Assembly (formerly Copilot) API check, and covers the body alone. While a
//! secret is being rotated, the first is made with every secret that is still
//! valid, the second only with the newest, because it has no room for two.
//!
//! An attempt that arrives late still verifies: each attempt is signed anew
//! with its own time. One that arrives twice is recognised by its
//! `webhook-id`. A header that is missing or broken makes a verdict negative,
//! never an error.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// Header with the event's id, the same on every attempt.
pub const ID_HEADER: &str = "webhook-id";

/// Header with the Unix time of the attempt, in seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";

/// Header with the Standard Webhooks signatures, space-separated.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Header with the Assembly-compatible signature, in hex.
pub const COPILOT_HEADER: &str = "x-copilot-signature";

/// How far the timestamp may lie from the verifier's clock, in seconds, as the
/// Standard Webhooks libraries have it.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1";

// The bounds that the Standard Webhooks specification sets for symmetric
// secrets.
const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 64;

/// A symmetric signing secret of 24 to 64 bytes, shown as `whsec_<base64>`.
///
/// Its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<Vec<u8>>);

/// Why a text is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    #[error("the secret must start with whsec_")]
    Prefix,
    /// What follows `whsec_` is not padded standard base64.
    #[error("the secret must be base64 after whsec_")]
    Encoding,
    /// It holds this many bytes, which is too few.
    #[error("the secret must hold at least 24 bytes, this one holds {0}")]
    TooShort(usize),
    /// It holds this many bytes, which is too many.
    #[error("the secret must hold at most 64 bytes, this one holds {0}")]
    TooLong(usize),
}

/// Which of the two signatures of a request hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `webhook-signature` holds and its timestamp is within the tolerance.
    pub standard: bool,
    /// `x-copilot-signature` holds. It covers no time, so it holds for ever.
    pub copilot: bool,
}

impl SigningSecret {
    /// The secret made of these random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The text that the user is shown, `whsec_<base64>`.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(&*self.0))
    }

    fn standard_key(&self) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, &self.0)
    }

    /// Users paste the text that they were shown into their verifying code,
    /// so the text is the key, not the bytes that it encodes.
    fn copilot_key(&self) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, Zeroizing::new(self.to_text()).as_bytes())
    }
}

impl FromStr for SigningSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let bytes = BASE64.decode(encoded).map_err(|_| SecretError::Encoding)?;
        let bytes = Zeroizing::new(bytes);
        match bytes.len() {
            short if short < MIN_BYTES => Err(SecretError::TooShort(short)),
            long if long > MAX_BYTES => Err(SecretError::TooLong(long)),
            _ => Ok(Self(bytes)),
        }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(redacted)")
    }
}

/// The headers that sign one attempt, `secrets` being those valid now, newest
/// first.
///
/// `id` must not contain a full stop, which separates the signed parts.
/// Without any secret the signature headers are absent, so that no verifier
/// can accept the request.
pub fn sign(
    secrets: &[SigningSecret],
    id: &str,
    unix_seconds: i64,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let timestamp = unix_seconds.to_string();
    let mut headers = Vec::with_capacity(4);
    if let Some(newest) = secrets.first() {
        let signatures: Vec<String> = secrets
            .iter()
            .map(|secret| {
                let tag = standard_tag(secret, id, &timestamp, body);
                format!("{VERSION},{}", BASE64.encode(tag))
            })
            .collect();
        headers.push((SIGNATURE_HEADER, signatures.join(" ")));
        let tag = hmac::sign(&newest.copilot_key(), body);
        headers.push((COPILOT_HEADER, hex::encode(tag)));
    }
    headers.push((ID_HEADER, id.to_owned()));
    headers.push((TIMESTAMP_HEADER, timestamp));
    headers
}

/// Checks both signatures of a request as its receiver would.
///
/// `header` looks a header up by its lower-case name.
pub fn verify<'h>(
    secret: &SigningSecret,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    now_unix_seconds: i64,
) -> Verdict {
    Verdict {
        standard: standard_holds(secret, &header, body, now_unix_seconds).unwrap_or(false),
        copilot: copilot_holds(secret, &header, body).unwrap_or(false),
    }
}

fn standard_holds<'h>(
    secret: &SigningSecret,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    now_unix_seconds: i64,
) -> Option<bool> {
    let timestamp = header(TIMESTAMP_HEADER)?;
    let unix_seconds: i64 = timestamp.parse().ok()?;
    if now_unix_seconds.abs_diff(unix_seconds) > TOLERANCE_SECONDS {
        return Some(false);
    }
    let expected = standard_tag(secret, header(ID_HEADER)?, timestamp, body);
    let holds = header(SIGNATURE_HEADER)?
        .split(' ')
        .filter_map(|signature| signature.split_once(','))
        .filter(|(version, _)| *version == VERSION)
        .filter_map(|(_, encoded)| BASE64.decode(encoded).ok())
        .any(|given| same(expected.as_ref(), &given));
    Some(holds)
}

fn copilot_holds<'h>(
    secret: &SigningSecret,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
) -> Option<bool> {
    let given = hex::decode(header(COPILOT_HEADER)?).ok()?;
    Some(hmac::verify(&secret.copilot_key(), body, &given).is_ok())
}

fn standard_tag(secret: &SigningSecret, id: &str, timestamp: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&secret.standard_key());
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

fn same(expected: &[u8], given: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(expected, given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = br#"{"eventType":"client.created"}"#;

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::from_bytes([byte; 32])
    }

    fn judge(by: &SigningSecret, headers: &[(&str, String)], body: &[u8], now: i64) -> Verdict {
        let find = |name: &str| {
            let found = headers.iter().find(|(candidate, _)| *candidate == name);
            found.map(|(_, value)| value.as_str())
        };
        verify(by, find, body, now)
    }

    #[test]
    fn the_published_example_of_standard_webhooks_is_reproduced() {
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".parse().unwrap();
        let headers = sign(
            &[secret],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            br#"{"email":"test@example.com","username":"test_user"}"#,
        );
        assert!(headers.contains(&(
            SIGNATURE_HEADER,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=".to_owned()
        )));
    }

    #[test]
    fn the_hex_signature_is_keyed_with_the_text_of_the_newest_secret() {
        let headers = sign(&[secret(1), secret(2)], "evt", NOW, BODY);
        let text = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let key = hmac::Key::new(HMAC_SHA256, text.as_bytes());
        let expected = hex::encode(hmac::sign(&key, BODY));
        assert!(headers.contains(&(COPILOT_HEADER, expected)));
    }

    #[test]
    fn while_rotating_both_secrets_verify_the_standard_signature() {
        let headers = sign(&[secret(1), secret(2)], "evt", NOW, BODY);
        let both = Verdict {
            standard: true,
            copilot: true,
        };
        assert_eq!(judge(&secret(1), &headers, BODY, NOW), both);
        let old = Verdict {
            copilot: false,
            ..both
        };
        assert_eq!(judge(&secret(2), &headers, BODY, NOW), old);
        let none = Verdict {
            standard: false,
            copilot: false,
        };
        assert_eq!(judge(&secret(3), &headers, BODY, NOW), none);
    }

    #[test]
    fn without_a_secret_nothing_verifies() {
        let headers = sign(&[], "evt", NOW, BODY);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [ID_HEADER, TIMESTAMP_HEADER]);
        let verdict = judge(&secret(1), &headers, BODY, NOW);
        assert!(!verdict.standard && !verdict.copilot);
    }

    #[test]
    fn a_timestamp_holds_for_five_minutes_both_ways() {
        let headers = sign(&[secret(1)], "evt", NOW, BODY);
        let holds = |now| judge(&secret(1), &headers, BODY, now).standard;
        assert!(holds(NOW - 300) && holds(NOW + 300));
        assert!(!holds(NOW - 301) && !holds(NOW + 301));
        assert!(!holds(i64::MIN) && !holds(i64::MAX));
    }

    #[test]
    fn a_secret_outside_24_to_64_bytes_is_refused() {
        let parse = |length: usize| {
            let text = format!("whsec_{}", BASE64.encode(vec![7; length]));
            text.parse::<SigningSecret>().map(|secret| secret.0.len())
        };
        assert_eq!(parse(0), Err(SecretError::TooShort(0)));
        assert_eq!(parse(23), Err(SecretError::TooShort(23)));
        assert_eq!(parse(24), Ok(24));
        assert_eq!(parse(64), Ok(64));
        assert_eq!(parse(65), Err(SecretError::TooLong(65)));
    }

    #[test]
    fn a_secret_that_is_not_one_is_refused() {
        let refusal = |text: &str| text.parse::<SigningSecret>().unwrap_err();
        assert_eq!(refusal("AQEBAQEBAQEBAQEBAQEBAQEB"), SecretError::Prefix);
        assert_eq!(refusal("whsec_not base64"), SecretError::Encoding);
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", secret(1)), "SigningSecret(redacted)");
    }

    proptest! {
        #[test]
        fn the_text_of_a_secret_parses_to_the_same_secret(bytes: [u8; 32]) {
            let secret = SigningSecret::from_bytes(bytes);
            let again: SigningSecret = secret.to_text().parse().unwrap();
            prop_assert_eq!(&*again.0, &bytes[..]);
        }

        #[test]
        fn any_other_body_fails_both_checks(body: Vec<u8>, other: Vec<u8>) {
            prop_assume!(body != other);
            let headers = sign(&[secret(1)], "evt", NOW, &body);
            let right = judge(&secret(1), &headers, &body, NOW);
            let wrong = judge(&secret(1), &headers, &other, NOW);
            prop_assert!(right.standard && right.copilot);
            prop_assert!(!wrong.standard && !wrong.copilot);
        }

        #[test]
        fn the_reference_library_makes_the_same_signature(
            key: [u8; 32], id in "[a-z0-9_]{1,40}", at in 0_i64..4_000_000_000, body: String,
        ) {
            let witness = standardwebhooks::Webhook::from_bytes(key.to_vec()).unwrap();
            let expected = witness.sign(&id, at, body.as_bytes()).unwrap();
            let headers = sign(&[SigningSecret::from_bytes(key)], &id, at, body.as_bytes());
            prop_assert!(headers.contains(&(SIGNATURE_HEADER, expected)));
        }

        #[test]
        fn hostile_headers_never_verify_nor_panic(value: String) {
            let headers = [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER, COPILOT_HEADER]
                .map(|name| (name, value.clone()));
            let verdict = judge(&secret(1), &headers, BODY, NOW);
            prop_assert!(!verdict.standard && !verdict.copilot);
        }
    }
}
