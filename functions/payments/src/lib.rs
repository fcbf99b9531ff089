//! The function behind `/v1/payments`. Payments are recorded at their invoice.

pub mod list;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[list::FUNCTION];
