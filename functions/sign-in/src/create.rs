//! `POST /w/{workspace}/sign-in`: signs a client in with its password.
//!
//! An address that nobody has, one whose client has no password, and a wrong
//! password are told by the same answer after the same calls and one hash.

use crate::page::SignInPage;
use portico_app::{App, Grant};
use portico_domain::{Account, Credential, Email, Invalid, Session, SignInMethod, Workspace};
use portico_keys::password::{self, Verdict};
use portico_store::{ClientLogin, CommitError};
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, Tokens, begin_session,
    change_by, count_password_try, form_token, refuse_forged_form, schema, signed_in,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("sign-in-create", "/w/{workspace}/sign-in");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Sign in with a password",
    description: "Programs get tokens. Browsers that send the form of the page get a cookie and are led to the start page. Ten wrong passwords in a quarter of an hour for one address, or a hundred from one network, are as many as are looked at.",
    query: &[],
    body: Some(schema::<Credentials>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What somebody signs in with: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
pub(crate) struct Credentials {
    /// The address.
    email: String,
    /// The password.
    password: String,
}

/// Signs in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    refuse_forged_form(app, &request)?;
    let workspace = crate::workspace(app, &request).await?;
    match sign_in(app, &request, &workspace).await {
        Ok(session) => signed_in(app, &session).await,
        Err(problem) if request.wants_page() => {
            let form = form_token(app, &request)?;
            let email = request.field("email")?.unwrap_or_default();
            let page = SignInPage {
                workspace: &workspace,
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

/// A field that cannot be left out.
pub(crate) fn required(request: &Request, name: &'static str) -> Result<String, Problem> {
    let value = request.field(name)?.filter(|value| !value.is_empty());
    Ok(value.ok_or_else(|| Invalid::missing(name))?)
}

async fn sign_in(app: &App, request: &Request, workspace: &Workspace) -> Result<Session, Problem> {
    let email = Email::parse("email", &required(request, "email")?)?;
    let presented = required(request, "password")?;
    let store = app.store.workspace(workspace.id);

    let tries = count_password_try(app, &store, request, &email.key()).await?;
    let login = store.client_login(&email, app.moment()).await?;
    let stored = login.as_ref().and_then(|login| login.password.as_ref());
    let verdict = password::verify(&presented, stored.map(|stored| stored.hash.as_str())).await?;
    let login = login.filter(|login| verdict != Verdict::Wrong && login.client.can_sign_in());
    let login = login.ok_or_else(Problem::sign_in_refused)?;
    tries.forgive(&store).await?;

    let proven = Proven::client(&login.client, SignInMethod::Password);
    let session = begin_session(app, request, proven)?;
    let renewed = match verdict {
        Verdict::RightButOld => Some(password::Password::known(&presented).hash().await?),
        Verdict::Right | Verdict::Wrong => None,
    };
    store_session(app, request, &login, &session, renewed).await?;
    Ok(session)
}

/// Writes the session, when the client signed in, and a renewed hash. Whoever
/// changes the client at the same time does no harm: the session works under
/// the epoch that was read with the password, or not at all.
async fn store_session(
    app: &App,
    request: &Request,
    login: &ClientLogin,
    session: &Session,
    renewed: Option<String>,
) -> Result<(), Problem> {
    let store = app.store.workspace(session.workspace_id);
    let mut change = change_by(app, request, session.account.actor());
    change.session = Some(session.clone());
    let mut after = login.client.clone();
    if after.note_sign_in(change.moment.now) {
        change.save_client(Some(&login.client), after);
    }
    let changed_at = login.password.as_ref().and_then(|stored| stored.changed_at);
    change.credential = renewed.map(|hash| Credential {
        account: Account::Client {
            id: login.client.id,
        },
        hash,
        changed_at: changed_at.unwrap_or(login.client.created_at),
    });
    match store.commit(&change).await {
        Err(CommitError::Stale) => {
            let mut alone = change_by(app, request, session.account.actor());
            alone.session = change.session;
            Ok(store.commit(&alone).await?)
        }
        done => Ok(done?),
    }
}
