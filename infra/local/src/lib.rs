//! Portico on one machine: the same functions over an embedded table, mail catcher, queues and clock.
