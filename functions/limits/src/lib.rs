//! The functions behind `/v1/limits`.

pub mod get;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[get::FUNCTION];
