//! The functions behind `/v1/webhook-deliveries` and `/v1/webhook-recoveries`.

pub mod attempts;
pub mod get;
pub mod recoveries;
pub mod resend;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    get::FUNCTION,
    attempts::FUNCTION,
    resend::FUNCTION,
    recoveries::list::FUNCTION,
    recoveries::get::FUNCTION,
    recoveries::cancel::FUNCTION,
];
