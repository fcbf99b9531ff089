//! Portico on one machine.
