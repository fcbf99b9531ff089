//! The functions behind the workspace routes.
