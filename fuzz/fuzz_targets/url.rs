//! Any text, as a URL and behind the scheme that is wanted.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../shared/webhook/tests/properties/laws.rs"]
#[allow(dead_code, reason = "each target drives one law")]
mod laws;

fuzz_target!(|text: &str| {
    laws::url_is_vetted(text);
    laws::url_is_vetted(&format!("https://{text}"));
});
