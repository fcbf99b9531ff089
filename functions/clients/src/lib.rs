//! The functions behind `/v1/clients`.

pub mod archive;
mod companies;
pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod update;
mod view;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    archive::FUNCTION,
];
