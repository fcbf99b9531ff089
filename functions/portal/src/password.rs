//! `POST /portal/password`: somebody chooses another password. Whoever held a
//! cookie holds one afterwards, and whoever held tokens holds tokens.

use portico_app::{App, Grant};
use portico_domain::{Invalid, Letter, Session, SignInMethod, Workspace};
use portico_keys::password::{self, Password, Verdict};
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, SignedInCaller, Tokens,
    admit_person, begin_session_of, body, count_own_password_try, retry_stale, schema, signed_in,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-password", "/portal/password").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Change the password",
    description: "Ends every session of the caller; this request begins a new one. The owner of the address is told by mail.",
    query: &[],
    body: Some(schema::<Passwords>),
    answer: Body::Json(schema::<Tokens>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// The password that is, and the one that shall be.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Passwords {
    /// The password until now.
    current_password: String,
    /// 12 to 128 characters, and not easy to guess.
    password: String,
}

/// Changes the password.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_person(app, &request).await?;
    let passwords: Passwords = body(&request)?;
    let workspace = app.store.workspace(caller.person.workspace_id());
    let workspace = workspace.get().await?;
    let hash = new_hash(app, &request, (&workspace, &caller), &passwords).await?;
    let session = store(app, &request, (&workspace, &caller), &hash).await?;
    signed_in(app, &request, &session).await
}

/// The hash of the new password, after making sure of the old one.
async fn new_hash(
    app: &App,
    request: &Request,
    (settings, caller): (&Workspace, &SignedInCaller),
    passwords: &Passwords,
) -> Result<String, Problem> {
    let (person, account) = (&caller.person, caller.session.account);
    let workspace = app.store.workspace(settings.id);
    let about = person.guessed_first(&settings.name);
    let new = Password::parse(&passwords.password, &about)?;
    let tries = count_own_password_try(app, &workspace, request, &caller.session).await?;
    let login = workspace.login_of(account).await?;
    let stored = login.and_then(|login| login.password);
    let hash = stored.as_ref().map(|stored| stored.hash.as_str());
    if password::verify(&passwords.current_password, hash).await? == Verdict::Wrong {
        let message = "this is not your password until now";
        return Err(Invalid::new("currentPassword", "password_wrong", message).into());
    }
    tries.forgive(&workspace).await?;
    Ok(new.hash().await?)
}

async fn store(
    app: &App,
    request: &Request,
    (settings, caller): (&Workspace, &SignedInCaller),
    hash: &str,
) -> Result<Session, Problem> {
    let (person, account) = (&caller.person, caller.session.account);
    let workspace = app.store.workspace(settings.id);
    retry_stale(|| async {
        let before = workspace.person(account).await?;
        let before = before.ok_or_else(Problem::session_missing)?;
        // Whoever was put out while this was being decided stays out.
        if before.session_epoch() != person.session_epoch() {
            return Err(Problem::session_missing());
        }
        let mut change = caller.change(app, request);
        let mut after = before.clone();
        after.end_sessions();
        let letter = Letter::password_changed(change.moment, person.workspace_id(), account);
        change.letters.push(letter);
        after.note_activity(change.moment.now);
        change.set_password(account, hash.to_owned());
        let proven = Proven::new(&after, SignInMethod::Password, settings);
        let session = begin_session_of(app, request, proven, caller.session.holder)?;
        change.begin_session(&session);
        before.save(&mut change, after);
        workspace.commit(&change).await?;
        Ok(session)
    })
    .await
}
