//! The functions behind `/v1/events`, and those that name or make events.

pub mod get;
pub mod list;
pub mod resend;
pub mod send;
pub mod types;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    get::FUNCTION,
    list::FUNCTION,
    resend::FUNCTION,
    send::FUNCTION,
    types::FUNCTION,
];
