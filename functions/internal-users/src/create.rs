//! `POST /v1/internal-users`: adds a team member to the workspace.

use crate::fields::{InternalUserFields, check_companies, require_given};
use portico_app::{App, Grant};
use portico_domain::{InternalUser, InternalUserView, Permission};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    refuse_if_complained, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("internal-users-create", "/v1/internal-users").needs(Permission::ManageMembers);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::UPDATE, Grant::CHECK];

const SEND_INVITE: Parameter = Parameter::flag(
    "sendInvite",
    "Invite by mail: with a link to choose a password, or to use Google.",
);

const OPERATION: Operation = Operation {
    summary: "Add an internal user",
    description: "Nobody can give a role that allows more than they may do themselves. An admin cannot be limited to some companies. Whoever is not invited has no way to sign in until it is, and comes with API keys.",
    query: &[SEND_INVITE, Parameter::DRY_RUN],
    body: Some(schema::<InternalUserFields>),
    answer: Body::Created(schema::<InternalUserView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Adds an internal user.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let is_invited = request.flag("sendInvite")?.unwrap_or(false);
    let draft = body::<InternalUserFields>(&request)?.into_draft()?;
    require_given(app, &caller, draft.role).await?;
    let workspace = caller.store(app);
    check_companies(&workspace, &draft.company_access).await?;
    if is_invited {
        refuse_if_complained(&workspace, &draft.email).await?;
    }
    let invitation = is_invited.then(|| (caller.workspace.invitation_lifetime(), caller.actor));
    let mut change = caller.change(app);
    let id = change.moment.id();
    let user = InternalUser::create(&mut change, id, caller.workspace_id, draft, invitation)?;
    caller
        .commit(app, &change, created(&user.view(app.now())))
        .await
}
