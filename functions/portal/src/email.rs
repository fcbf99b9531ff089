//! `POST /portal/email`: somebody wants another e-mail address.

use portico_app::{App, Grant};
use portico_domain::{Email, Invalid, Person};
use portico_keys::password::{self, Verdict};
use portico_store::CommitError;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_person, body, count_mail,
    count_own_password_try, ok, retry_stale, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("portal-email", "/portal/email").needs_a_session();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT, Grant::UPDATE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Change the own e-mail address",
    description: "A link goes to the new address; until it is used, within 24 hours, the old one stays in use. Then the old one is told. The new address is kept from nobody meanwhile: whoever proves it first has it. The answer is the same where another client has the address, and then no link goes anywhere.",
    query: &[],
    body: Some(schema::<NewAddress>),
    answer: Body::Json(schema::<Asked>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// The new address, and the password, because whoever has the address has the
/// account.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAddress {
    /// The new address.
    email: String,
    /// The password.
    password: String,
}

/// The address that is in use, and the one that waits to be proved.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EmailChange")]
struct Asked<'a> {
    email: &'a str,
    pending_email: &'a str,
}

/// Has a link mailed to the new address.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_person(app, &request).await?;
    let (person, account) = (&caller.person, caller.session.account);
    let wanted: NewAddress = body(&request)?;
    let email = Email::parse("email", &wanted.email)?;
    let workspace = app.store.workspace(person.workspace_id());
    let tries = count_own_password_try(app, &workspace, &request, &caller.session).await?;
    let login = workspace.login_of(account).await?;
    let stored = login.and_then(|login| login.password);
    let hash = stored.as_ref().map(|stored| stored.hash.as_str());
    if password::verify(&wanted.password, hash).await? == Verdict::Wrong {
        let message = "this is not your password";
        return Err(Invalid::new("password", "password_wrong", message).into());
    }
    tries.forgive(&workspace).await?;
    count_mail(app, &workspace, &request, &email).await?;

    retry_stale(|| async {
        let login = workspace.login_of(account).await?;
        let before = login.map(|login| login.person).filter(Person::is_here);
        let mut change = caller.change(app, &request);
        match before.ok_or_else(Problem::session_missing)? {
            Person::Client(before) => {
                let mut after = before.clone();
                after.note_activity(change.moment.now);
                after.ask_to_change_email(&mut change, email.clone());
                change.save_client(Some(&before), *after);
            }
            Person::Member(user) => {
                user.ask_to_change_email(&mut change, email.clone());
            }
        }
        match workspace.commit(&change).await {
            // A client learns nothing about who else the business serves.
            Err(CommitError::EmailTaken(_)) => Ok(()),
            done => Ok(done?),
        }
    })
    .await?;
    Ok(ok(&Asked {
        email: person.email().as_str(),
        pending_email: email.as_str(),
    }))
}
