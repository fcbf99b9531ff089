//! The commands, and what they share.

pub(crate) mod connection;
pub(crate) mod console;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod forward;
pub(crate) mod index;
pub(crate) mod listen;
mod log;
pub(crate) mod trigger;

use std::io::{self, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a command ends.
pub(crate) type Done = Result<(), Box<dyn std::error::Error>>;

/// Prints a line and does not keep it back.
pub(crate) fn print(text: &str) -> Done {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Tells the process to end: Ctrl-C, or `kill`.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until the process is told.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
