//! The deliverer: an event-driven function.
