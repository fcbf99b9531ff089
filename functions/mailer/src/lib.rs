//! The mailer: an event-driven function.
