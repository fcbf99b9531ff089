//! The functions behind the invitations routes.
