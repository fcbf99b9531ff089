//! A zoo of receivers and name servers on loopback, and the attempts that end
//! there: each test is one way to misbehave.
//!
//! Whoever would keep the sender waiting meets a hasty one, whose deadline is a
//! fraction of a second. The others meet a patient one with the usual
//! deadlines, so that what ends early has ended for the reason that the test
//! names.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod answers;
mod anything;
mod bodies;
mod breaks;
mod environment;
mod floods;
mod name_server;
mod names;
mod receiver;
mod requests;
mod resolution;
mod silence;
mod tls;
mod tls_server;
