//! The functions behind `/v1/webhook-endpoints`.

pub mod create;
pub mod delete;
pub mod deliveries;
pub mod get;
pub mod list;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    delete::FUNCTION,
    deliveries::FUNCTION,
];
