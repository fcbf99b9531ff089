//! The functions behind `/v1/internal-users`.

pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod remove;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    remove::FUNCTION,
];
