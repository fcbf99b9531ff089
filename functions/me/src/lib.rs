//! The function behind `/v1/me`.

pub mod get;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[get::FUNCTION];
