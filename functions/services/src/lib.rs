//! The functions behind `/v1/services`.

pub mod create;
pub mod delete;
mod fields;
pub mod get;
pub mod list;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    delete::FUNCTION,
];
