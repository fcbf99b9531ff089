//! Keys, seals, hashes and tokens: everything that is secret.
