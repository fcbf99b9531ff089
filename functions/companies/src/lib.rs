//! The functions behind the companies routes.
