//! End-to-end tests of Portico.
