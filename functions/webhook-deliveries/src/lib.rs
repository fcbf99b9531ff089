//! The functions behind `/v1/webhook-deliveries`.

pub mod resend;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[resend::FUNCTION];
