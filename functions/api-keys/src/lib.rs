//! The functions behind `/v1/api-keys`.

pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod revoke;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    revoke::FUNCTION,
];
