//! The functions behind `/v1/workspaces`.

mod fields;
pub mod get;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[get::FUNCTION, update::FUNCTION];
