//! `GET /w/{workspace}/google`: sends a browser to Google, to sign in or up.

use crate::{
    google::{self, Aim},
    sign_up,
};
use portico_app::{App, Grant};
use portico_domain::Door;
use portico_web::{Body, Function, Operation, Parameter, Problem, Request, Response, Route, door};

/// What this function answers to.
pub const ROUTE: Route = Route::get("google-start", "/w/{workspace}/google");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const SIGN_UP: Parameter = Parameter::flag(
    "signUp",
    "To sign up, where the workspace lets anybody sign up: whoever is no client yet becomes one.",
);

const OPERATION: Operation = Operation {
    summary: "Sign in with Google",
    description: "Leads a browser to Google and back to `/google/callback`. Where Google is not set up, the answer is `google_off`.",
    query: &[crate::TEAM, SIGN_UP],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends the browser off. Nothing is stored.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    crate::on_a_page(app, &request, begin(app, &request).await).await
}

async fn begin(app: &App, request: &Request) -> Result<Response, Problem> {
    let (workspace, aim) = match door(request)? {
        Door::Team => (crate::workspace(app, request).await?, Aim::EnterTeam),
        Door::Clients if request.flag("signUp")? == Some(true) => {
            (sign_up::workspace(app, request).await?, Aim::SignUp)
        }
        Door::Clients => (crate::workspace(app, request).await?, Aim::Enter),
    };
    google::begin(app, workspace.id, aim).await
}
