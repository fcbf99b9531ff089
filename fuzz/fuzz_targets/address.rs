//! Any address, and the IPv4 address in its last 32 bits.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../shared/webhook/tests/properties/laws.rs"]
#[allow(dead_code, reason = "each target drives one law")]
mod laws;

fuzz_target!(|bits: u128| laws::address_is_judged(bits));
