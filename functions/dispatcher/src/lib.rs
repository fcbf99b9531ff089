//! The dispatcher: an event-driven function.
