//! Portico on one machine: the very functions that Lambda runs, over an
//! embedded table, a mail catcher, queues, a stream and a clock.
//!
//! ```text
//!  HTTP ─→ gateway ─→ functions ─→ AWS SDK ─→ in-process connector ─┬─→ table
//!                         ↑                                         ├─→ queues
//!             pumps ──────┘  (stream, queues, schedules)            └─→ mailbox
//! ```
//!
//! The gateway makes the event that API Gateway would make, the pumps make
//! those of the stream, the queues and the scheduler, and the functions decode
//! them as they do in Lambda. Their SDK clients are the real ones; only the
//! last step, the socket, is replaced by a call.

pub mod access;
pub mod admin;
pub mod aws;
pub mod clock;
mod dev;
pub mod docs;
pub mod doctor;
mod driven;
mod dynamo;
mod embedded;
mod examples;
mod filter;
mod gateway;
mod grants;
pub mod hooks;
mod index;
mod install;
pub mod journal;
pub mod mailbox;
mod pump;
pub mod s3;
mod seed;
pub mod server;
pub mod ses;
pub mod sqs;
mod state;
pub mod steps;
mod table;
pub mod threads;

pub use aws::{Call, Fault};
pub use server::{Data, LocalServer, Options, StartError};
