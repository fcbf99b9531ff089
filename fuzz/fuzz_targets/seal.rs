//! Any bytes where something sealed is looked for, such as the cookie of a
//! sign-in with Google or the token of a page, and real seals with a byte
//! changed, added or cut off, or in another context: nothing panics, and only
//! what was sealed is opened.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portico_keys::{Keyring, RootKey, Secret};
use std::sync::LazyLock;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let root = RootKey::parse(&"07".repeat(32)).expect("a root key");
    Keyring::new(&root).expect("keys")
});

/// A text, a context, and what is done to a real seal: where, with which
/// letter, and whether it ends there.
type Input<'a> = (&'a str, &'a str, usize, char, bool);

fuzz_target!(|input: Input<'_>| {
    let (text, context, place, letter, is_cut) = input;
    assert!(KEYRING.open(context, text).is_none());
    assert!(KEYRING.read_page_token(context, text).is_none());

    let sealed = KEYRING
        .seal(context, &Secret::new(text.to_owned()))
        .expect("randomness");
    let opened = KEYRING.open(context, &sealed);
    assert_eq!(opened.as_ref().map(Secret::expose), Some(text));
    assert!(
        KEYRING
            .open(&format!("{context}{letter}"), &sealed)
            .is_none()
    );
    assert!(KEYRING.read_page_token(context, &sealed).is_none());

    let (head, tail) = sealed.split_at(place % sealed.len());
    let changed = match is_cut {
        true => head.to_owned(),
        false => format!("{head}{letter}{}", &tail[place / sealed.len() % 2..]),
    };
    // Byte by byte: of texts that are compared as a whole the fuzzer remembers
    // some and tries them, and a real seal it must not get to know.
    if changed.bytes().ne(sealed.bytes()) {
        assert!(KEYRING.open(context, &changed).is_none());
    }
});
