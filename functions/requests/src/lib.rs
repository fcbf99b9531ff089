//! The functions behind `/v1/requests`.

pub mod create;
pub mod get;
pub mod history;
pub mod list;
pub mod update;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    list::FUNCTION,
    get::FUNCTION,
    update::FUNCTION,
    history::FUNCTION,
];
