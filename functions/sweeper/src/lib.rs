//! The sweeper: an event-driven function.
