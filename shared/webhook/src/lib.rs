//! Webhooks: signing, retry schedule, and the sender that refuses private
//! addresses.
//!
//! The deliverer asks [`Sender::send`] for one attempt with the headers of
//! [`sign`], and [`schedule`] for when to try again. Nothing here remembers
//! anything between attempts: a delivery that is made twice, late or after a
//! crash carries the same `webhook-id`, is vetted anew, and is told apart by
//! its receiver.

pub mod address;
pub mod headers;
pub mod schedule;
pub mod sender;
pub mod signature;
pub mod target;

/// Whether this build can reach loopback, see [`Policy`]. What is deployed must
/// not; `cargo run` must.
pub const IS_LOCAL_POSSIBLE: bool = cfg!(feature = "local");

pub use sender::{Attempt, Exchange, Failure, Method, Outcome, Outgoing, Sender, SenderError};
pub use signature::{SecretError, SigningSecret, Verdict, sign, verify};
pub use target::{Policy, TargetError};
