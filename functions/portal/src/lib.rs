//! The functions behind `/portal`: what a signed-in client reaches.

pub mod me;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[me::FUNCTION];
