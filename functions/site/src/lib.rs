//! The functions behind the site routes.
