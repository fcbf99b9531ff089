//! The expirer: an event-driven function.
