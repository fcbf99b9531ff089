//! The functions behind `/v1/clients`.

pub mod archive;
pub mod batch;
pub mod clear_avatar;
mod companies;
pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod merge;
pub mod purge;
pub mod replace;
pub mod restore;
pub mod set_avatar;
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
    set_avatar::FUNCTION,
    clear_avatar::FUNCTION,
    restore::FUNCTION,
    purge::FUNCTION,
    merge::FUNCTION,
];
