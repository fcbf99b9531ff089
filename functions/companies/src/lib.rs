//! The functions behind `/v1/companies`.

pub mod batch;
pub mod clear_icon;
pub mod create;
pub mod delete;
mod fields;
pub mod get;
pub mod join;
pub mod leave;
pub mod list;
pub mod set_icon;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    batch::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    delete::FUNCTION,
    set_icon::FUNCTION,
    clear_icon::FUNCTION,
    join::FUNCTION,
    leave::FUNCTION,
];
