//! The functions with which people get in: the pages of a workspace's front
//! door, and the tokens of programs.

pub mod ask_link;
pub mod ask_reset;
pub mod create;
pub mod forgotten;
mod google;
mod google_aim;
pub mod google_callback;
pub mod google_invited;
pub mod google_start;
pub mod keys;
pub mod magic;
pub mod magic_show;
mod mailed;
mod page;
pub mod refresh;
pub mod reset;
pub mod reset_show;
pub mod show;
pub mod sign_up;
pub mod sign_up_show;
pub mod verify;
pub mod verify_show;

use portico_app::App;
use portico_domain::Workspace;
use portico_web::{Function, Parameter, Problem, Request, Response, door};

/// Which door somebody comes to.
const TEAM: Parameter = Parameter::flag(
    "team",
    "For internal users instead of clients. The same address may be an account of each kind.",
);

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    show::FUNCTION,
    create::FUNCTION,
    ask_link::FUNCTION,
    magic_show::FUNCTION,
    magic::FUNCTION,
    forgotten::FUNCTION,
    ask_reset::FUNCTION,
    reset_show::FUNCTION,
    reset::FUNCTION,
    sign_up_show::FUNCTION,
    sign_up::FUNCTION,
    verify_show::FUNCTION,
    verify::FUNCTION,
    google_start::FUNCTION,
    google_invited::FUNCTION,
    google_callback::FUNCTION,
    refresh::FUNCTION,
    keys::FUNCTION,
];

/// The workspace whose front door this is. Its id stands in the address, which
/// is public; nothing behind the door is reached by it.
async fn workspace(app: &App, request: &Request) -> Result<Workspace, Problem> {
    let unknown = || Problem::not_found("workspace");
    let id = request.path("workspace").parse().map_err(|_| unknown())?;
    app.store.find_workspace(id).await?.ok_or_else(unknown)
}

/// The answer, or what went wrong on a page that looks like the workspace's
/// other pages and shows ways in.
async fn on_a_page(
    app: &App,
    request: &Request,
    answer: Result<Response, Problem>,
) -> Result<Response, Problem> {
    let problem = match answer {
        Err(problem) if request.wants_page() => problem,
        answer => return answer,
    };
    match workspace(app, request).await {
        Ok(workspace) => page::RefusedPage::answer(&workspace, door(request)?, &problem),
        Err(_) => Err(problem),
    }
}
