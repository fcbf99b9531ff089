//! `GET /portal`: the start page of whoever is signed in.

use askama::Template;
use portico_app::{App, Grant};
use portico_domain::{Door, Person, Workspace};
use portico_web::{
    Body, Brand, Function, Operation, Problem, Request, Response, Route, admit_person,
    branded_page, form_token, sign_in_instead,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-home", "/portal").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Open the portal",
    description: "The start page of a signed-in client or internal user. A browser whose session has ended is led to the sign-in page.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    workspace: &'a Workspace,
    person: &'a Person,
    /// Whether it is a team member.
    is_team: bool,
    csrf: &'a str,
}

/// Shows the page.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = match admit_person(app, &request).await {
        Err(problem) => return sign_in_instead(&request, problem),
        Ok(caller) => caller,
    };
    let store = app.store.workspace(caller.person.workspace_id());
    let workspace = store.get().await?;
    let form = form_token(app, &request)?;
    let home = HomePage {
        workspace: &workspace,
        person: &caller.person,
        is_team: caller.session.account.door() == Door::Team,
        csrf: &form.field,
    };
    let page = branded_page(&Brand::of(&workspace), &workspace.name, &home)?;
    Ok(page.with_cookie(form.cookie))
}
