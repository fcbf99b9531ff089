//! The functions behind `/v1/workspaces`.

pub mod get;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[get::FUNCTION];
