//! The functions behind `/v1/webhook-endpoints`.

pub mod create;
pub mod delete;
pub mod deliveries;
mod fields;
pub mod get;
pub mod health;
pub mod list;
pub mod recover;
pub mod rotate_secret;
pub mod test;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    delete::FUNCTION,
    deliveries::FUNCTION,
    health::FUNCTION,
    rotate_secret::FUNCTION,
    test::FUNCTION,
    recover::FUNCTION,
];
