//! The functions behind `/v1/audit-log`.

pub mod create;
pub mod get;
pub mod list;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[create::FUNCTION, get::FUNCTION, list::FUNCTION];
