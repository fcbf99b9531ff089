//! The functions behind the webhooks routes.
