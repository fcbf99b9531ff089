//! The functions behind the clients routes.
