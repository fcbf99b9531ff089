//! The functions behind `/v1/clients`.

pub mod archive;
pub mod batch;
mod companies;
pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod replace;
pub mod update;
mod view;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    batch::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    replace::FUNCTION,
    archive::FUNCTION,
];
