//! The functions behind `/v1/internal-users`.

pub mod create;
mod fields;
pub mod get;
pub mod invite;
pub mod link;
pub mod list;
pub mod remove;
pub mod update;
pub mod withdraw;

use portico_app::App;
use portico_domain::{InternalUser, InternalUserView};
use portico_web::{Caller, Function};

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    create::FUNCTION,
    get::FUNCTION,
    list::FUNCTION,
    update::FUNCTION,
    invite::FUNCTION,
    link::FUNCTION,
    withdraw::FUNCTION,
    remove::FUNCTION,
];

/// The internal user as this caller sees it: companies outside of what the
/// caller is limited to are not named. Only callers who are not can change one,
/// so what they match with `If-Match` is the whole.
fn view(app: &App, caller: &Caller, user: &InternalUser) -> InternalUserView {
    let mut view = user.view(app.now());
    if let Some(companies) = &mut view.company_access_list {
        companies.retain(|id| caller.companies.covers(*id));
    }
    view
}
