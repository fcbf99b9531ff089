//! `POST /w/{workspace}/sign-in`: signs somebody in with a password: a
//! client, or with `team=true` an internal user.
//!
//! An address that nobody has, one whose owner has no password, and a wrong
//! password are told by the same answer after the same calls and one hash.

use crate::page::SignInPage;
use portico_app::{App, Grant};
use portico_domain::{Credential, Email, Invalid, Session, SignInMethod, Workspace};
use portico_keys::password::{self, Verdict};
use portico_store::{CommitError, Login};
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, Tokens, begin_session,
    change_by, count_password_try, device_at, door, form_token, refuse_forged_form, schema,
    signed_in,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("sign-in-create", "/w/{workspace}/sign-in");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Sign in with a password",
    description: "Programs get tokens. Browsers that send the form of the page get a cookie and are led to the start page. Ten wrong passwords in a quarter of an hour for one address, or a hundred from one network, are as many as are looked at. The access token of an internal user is shown as `Authorization: Bearer` on the routes below `/v1`, and allows what its role allows at that moment.",
    query: &[crate::TEAM],
    body: Some(schema::<Credentials>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// What somebody signs in with: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Credentials {
    /// The address.
    email: String,
    /// The password.
    password: String,
}

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, &request).await?;
    match sign_in(app, &request, &workspace).await {
        Ok(session) => signed_in(app, &request, &session).await,
        Err(problem) if request.wants_page() => {
            let form = form_token(app, &request)?;
            let email = request.field("email")?.unwrap_or_default();
            let page = SignInPage {
                workspace: &workspace,
                door: door(&request)?,
                csrf: &form.field.clone(),
                email: &email,
                error: Some(&problem.sentence()),
                has_google: app.google.is_some(),
            };
            Ok(problem.with_page(page.answer(form)?))
        }
        Err(problem) => Err(problem),
    }
}

async fn sign_in(app: &App, request: &Request, workspace: &Workspace) -> Result<Session, Problem> {
    refuse_forged_form(app, request)?;
    let required = |name| -> Result<String, Problem> {
        let value = request.field(name)?.filter(|value| !value.is_empty());
        Ok(value.ok_or_else(|| Invalid::missing(name))?)
    };
    let email = Email::parse("email", &required("email")?)?;
    let presented = required("password")?;
    let store = app.store.workspace(workspace.id);

    let door = door(request)?;
    let place = (&store, workspace.id);
    let device = device_at(app, request, place, (door, &email)).await?;
    let counted = (&*door.subject(&email), device.as_ref());
    let tries = count_password_try(app, &store, request, counted).await?;
    let login = store.login(door, &email, app.moment()).await?;
    let stored = login.as_ref().and_then(|login| login.password.as_ref());
    let verdict = password::verify(&presented, stored.map(|stored| stored.hash.as_str())).await?;
    let login = login.filter(|login| verdict != Verdict::Wrong && login.person.can_sign_in());
    let login = login.ok_or_else(Problem::sign_in_refused)?;
    tries.forgive(&store).await?;

    let proven = Proven::new(&login.person, SignInMethod::Password, workspace);
    let session = begin_session(app, request, proven)?;
    let renewed = match verdict {
        Verdict::RightButOld => Some(password::Password::known(&presented).hash().await?),
        Verdict::Right | Verdict::Wrong => None,
    };
    store_session(app, request, &login, &session, renewed).await?;
    Ok(session)
}

/// Writes the session, when its owner signed in, and a renewed hash. Whoever
/// changes its owner at the same time does no harm: the session works under
/// the epoch that was read with the password, or not at all.
async fn store_session(
    app: &App,
    request: &Request,
    login: &Login,
    session: &Session,
    renewed: Option<String>,
) -> Result<(), Problem> {
    let store = app.store.workspace(session.workspace_id);
    let mut change = change_by(app, request, session.account.actor());
    change.begin_session(session);
    let mut after = login.person.clone();
    if after.note_sign_in(change.moment.now) {
        login.person.save(&mut change, after);
    }
    let changed_at = login.password.as_ref().and_then(|stored| stored.changed_at);
    change.credential = renewed.map(|hash| Credential {
        account: session.account,
        hash,
        changed_at: changed_at.unwrap_or_else(|| login.person.created_at()),
    });
    match store.commit(&change).await {
        Err(CommitError::Stale) => {
            let mut alone = change_by(app, request, session.account.actor());
            alone.begin_session(session);
            Ok(store.commit(&alone).await?)
        }
        done => Ok(done?),
    }
}
