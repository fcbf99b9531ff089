//! The laws, with inputs that are made up: some of anything, most of what is
//! almost right. The fuzzer in `fuzz/` drives the same laws.

mod laws;

use laws::{
    Signed, address_is_judged, headers_are_vetted, only_signatures_verify,
    secret_is_shown_as_given, url_is_vetted, wish_is_bounded,
};
use portico_webhook::{SigningSecret, sign};
use proptest::{option, prelude::*};

/// URLs around the rules: schemes, user names, hosts in every notation, ports.
fn near_url() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![8 => Just("https://"), 1 => Just("http://"), 1 => Just("https:\\\\"), 1 => Just("https:/")];
    let user = prop_oneof![8 => Just(""), 1 => Just("a@"), 1 => Just("a:b@"), 1 => Just("@"), 1 => Just("\\@")];
    let host = prop_oneof![
        "[a-z0-9.-]{1,20}",
        "[a-z]{1,5}\\.(local|internal|localhost|portico\\.example|example)\\.?",
        "[a-zA-Zａ-ｚ０-９。%.-]{1,12}",
        "(0x)?[0-9a-f]{1,10}",
        "[0-9]{1,3}(\\.(0x)?[0-9a-f]{1,4}){0,4}\\.?",
        any::<[u8; 16]>().prop_map(|bytes| format!("[{}]", std::net::Ipv6Addr::from(bytes))),
        any::<u32>().prop_map(|bits| format!("[::ffff:{}]", std::net::Ipv4Addr::from(bits))),
        any::<u32>().prop_map(|bits| format!("[64:ff9b::{}]", std::net::Ipv4Addr::from(bits))),
    ];
    let port =
        prop_oneof![5 => Just(String::new()), 2 => Just(":8443".to_owned()), 1 => "(:[0-9]{0,6})"];
    let rest =
        prop_oneof![3 => "(/[!-~é ]{0,20})?(\\?[!-~ é]{0,20})?", 1 => "[\\\\/?#@: -~]{0,12}"];
    (scheme, user, host, port, rest)
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}{user}{host}{port}{rest}"))
}

fn near_address() -> impl Strategy<Value = u128> {
    // Around the ranges that have a meaning.
    let prefix = prop_oneof![
        Just(0_u128),
        Just(0xffff << 32),
        Just(0x0064_ff9b << 96),
        Just(0x0064_ff9b_0001 << 80),
        Just(0x2001 << 112),
        Just(0x2002 << 112),
        Just(0x3fff << 112),
        Just(0xfc00 << 112),
    ];
    prop_oneof![
        any::<u128>(),
        (prefix, any::<u32>()).prop_map(|(prefix, low)| prefix | u128::from(low)),
        (prefix_v6(), any::<u128>()).prop_map(|(top, rest)| top | (rest >> 16)),
    ]
}

fn prefix_v6() -> impl Strategy<Value = u128> {
    (0_u128..=0xffff).prop_map(|top| top << 112)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_url_is_vetted(text: String) {
        url_is_vetted(&text);
        url_is_vetted(&format!("https://{text}"));
    }

    #[test]
    fn a_url_that_is_almost_right_is_vetted(url in near_url()) {
        url_is_vetted(&url);
    }

    #[test]
    fn any_address_is_judged(bits in near_address()) {
        address_is_judged(bits);
    }

}

proptest! {
    #[test]
    fn any_retry_after_is_bounded(value: String, now: i64, scheduled in 0_u64..1_000_000) {
        wish_is_bounded(&value, now, scheduled);
    }

    #[test]
    fn a_retry_after_that_is_almost_right_is_bounded(
        value in "[+-]?[0-9]{1,30}|((Mon|Sun), )?[0-9]{1,3} (Jan|Feb|Xyz) [0-9]{1,5} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})? (GMT|[+-][0-9]{4})",
        now: i64,
        scheduled in 0_u64..1_000_000,
    ) {
        wish_is_bounded(&value, now, scheduled);
    }

    #[test]
    fn only_what_was_signed_verifies(
        id in option::of("[a-z_.]{0,8}"),
        timestamp in option::of("[+-]?[0-9]{1,20}|.{0,4}"),
        standard in option::of("(v1a?,[A-Za-z0-9+/=]{0,48} ?){0,3}|.{0,8}"),
        copilot in option::of("[0-9a-fA-F]{62,66}|.{0,8}"),
        body: Vec<u8>,
        now: i64,
    ) {
        let given = Signed {
            id: id.as_deref(),
            timestamp: timestamp.as_deref(),
            standard: standard.as_deref(),
            copilot: copilot.as_deref(),
        };
        only_signatures_verify(&given, &body, now);
    }

    #[test]
    fn a_signature_with_one_character_changed_does_not_verify(
        place: prop::sample::Index,
        other in "[A-Za-z0-9+/=, ]",
        body: Vec<u8>,
        now in 0_i64..4_000_000_000,
    ) {
        let signed = sign(&[SigningSecret::from_bytes([7; 32])], "evt_1", now, &body);
        let value = |name: &str| signed.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
        let mut standard = value("webhook-signature").unwrap();
        let at = place.index(standard.len());
        standard.replace_range(at..=at, &other);
        let timestamp = value("webhook-timestamp");
        let given = Signed {
            id: Some("evt_1"),
            timestamp: timestamp.as_deref(),
            standard: Some(&standard),
            copilot: None,
        };
        only_signatures_verify(&given, &body, now);
    }

    #[test]
    fn any_secret_is_shown_as_given(text in "whsec_[A-Za-z0-9+/]{30,90}={0,2}|.{0,20}") {
        secret_is_shown_as_given(&text);
    }

    #[test]
    fn any_headers_are_vetted(
        given in prop::collection::vec(("[a-zA-Z-]{1,12}|[ -~é\r\n\0]{0,70}", "[ -~é\r\n\0]{0,20}|[a-z]{200,300}"), 0..12),
    ) {
        let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers_are_vetted(&given);
    }
}
