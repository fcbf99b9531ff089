//! The functions behind `/v1/invoices`.

mod billed;
pub mod create;
mod fields;
pub mod get;
pub mod list;
pub mod pay;
pub mod update;
pub mod void;

use portico_web::Function;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    list::FUNCTION,
    get::FUNCTION,
    update::FUNCTION,
    void::FUNCTION,
    pay::FUNCTION,
];
