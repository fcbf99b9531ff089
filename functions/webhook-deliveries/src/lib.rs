//! The functions behind `/v1/webhook-deliveries` and `/v1/webhook-recoveries`.

pub mod get;
pub mod recovery;
pub mod resend;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[get::FUNCTION, resend::FUNCTION, recovery::FUNCTION];
