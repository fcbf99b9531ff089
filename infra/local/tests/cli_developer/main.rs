//! The commands for developers, as a person or a script starts them.

mod access;
mod events;
mod listen;
mod machine;
mod receiver;
mod trigger;
