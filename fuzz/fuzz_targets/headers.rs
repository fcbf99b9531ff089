//! Any headers that the owner of an endpoint may give.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../shared/webhook/tests/properties/laws.rs"]
#[allow(dead_code, reason = "each target drives one law")]
mod laws;

fuzz_target!(|given: Vec<(&str, &str)>| laws::headers_are_vetted(&given));
