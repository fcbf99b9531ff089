//! The functions behind `/v1/events`.

pub mod list;
pub mod resend;
pub mod types;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[list::FUNCTION, resend::FUNCTION, types::FUNCTION];
