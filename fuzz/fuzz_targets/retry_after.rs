//! Any `Retry-After`, at any time.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../shared/webhook/tests/properties/laws.rs"]
#[allow(dead_code, reason = "each target drives one law")]
mod laws;

fuzz_target!(|given: (i64, u64, &str)| {
    let (now, scheduled, value) = given;
    laws::wish_is_bounded(value, now, scheduled);
});
