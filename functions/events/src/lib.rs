//! The functions behind `/v1/events`.

pub mod list;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[list::FUNCTION];
