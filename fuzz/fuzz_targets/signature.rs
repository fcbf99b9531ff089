//! Any headers where a signature is looked for, and any text for a secret.

#![no_main]

use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};

#[path = "../../shared/webhook/tests/properties/laws.rs"]
#[allow(dead_code, reason = "each target drives one law")]
mod laws;

#[derive(Arbitrary, Debug)]
struct Given<'a> {
    id: Option<&'a str>,
    timestamp: Option<&'a str>,
    standard: Option<&'a str>,
    copilot: Option<&'a str>,
    secret: &'a str,
    body: &'a [u8],
    now: i64,
}

fuzz_target!(|given: Given<'_>| {
    let headers = laws::Signed {
        id: given.id,
        timestamp: given.timestamp,
        standard: given.standard,
        copilot: given.copilot,
    };
    laws::only_signatures_verify(&headers, given.body, given.now);
    laws::secret_is_shown_as_given(given.secret);
    laws::secret_is_shown_as_given(&format!("whsec_{}", given.secret));
});
