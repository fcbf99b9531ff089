//! Any text where a session's token or an access token is looked for: nothing
//! panics, and nothing that was not given out is believed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_domain::{SigningKeys, Time};
use portico_keys::{Keyring, RootKey, claimed_access_token, parse_session_token};
use std::sync::LazyLock;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let root = RootKey::parse(&"07".repeat(32)).expect("a root key");
    Keyring::new(&root).expect("keys")
});

fuzz_target!(|text: &str| {
    let _ = parse_session_token(text);
    let _ = parse_session_token(&format!("ps_{text}"));
    let _ = claimed_access_token(text);
    let now = Time::from_unix_millis(1_800_000_000_000);
    let keys = SigningKeys::default();
    let read = KEYRING.read_access_token(&keys, "https://portal.example.com", text, now);
    assert!(read.is_none(), "nobody has the key");
    assert!(!KEYRING.is_form_token("nonce|", text));
});
