//! `POST /w/{workspace}/sign-up`: somebody signs up.
//!
//! Nothing comes of it before the address is proved: what was typed waits in a
//! ticket, and the client is added when the link in the mail is used. So nobody
//! fills the book with the addresses of others, and nobody chooses a password
//! for an address that is not theirs. Whoever has an account already is mailed
//! a link to sign in with instead; the answer does not say so.

use crate::page::{Mailed, MailedPage, SignUpPage};
use portico_app::{App, Grant};
use portico_domain::{
    Account, Actor, Change, Client, ClientDraft, ClientId, Email, PersonName, Ticket,
    TicketPurpose, Workspace, WorkspaceId,
};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, change_by, count_mail,
    form_token, ok, refuse_forged_form, refuse_if_full, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("sign-up-create", "/w/{workspace}/sign-up");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Sign up",
    description: "Only where the workspace lets anybody sign up. A mail with a link goes to the address; the client is added when the link is used. The answer is the same whether or not the address is known. Where the plan of the workspace allows no more clients, nobody signs up (`no_new_accounts`).",
    query: &[],
    body: Some(schema::<Person>),
    answer: Body::Json(schema::<Mailed>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// Who signs up: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Person {
    /// First name.
    given_name: String,
    /// Last name; empty for a single name.
    family_name: String,
    /// The address.
    email: String,
}

/// Signs up.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    crate::on_a_page(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    let workspace = workspace(app, request).await?;
    match ask(app, request, &workspace).await {
        Ok(email) if request.wants_page() => MailedPage::signing_up(&workspace, email.as_str()),
        Ok(_) => Ok(ok(&Mailed::SIGNING_UP)),
        Err(problem) if request.wants_page() => page(app, request, &workspace, Some(&problem)),
        Err(problem) => Err(problem),
    }
}

/// The workspace, if anybody may sign up there.
pub(crate) async fn workspace(app: &App, request: &Request) -> Result<Workspace, Problem> {
    let workspace = crate::workspace(app, request).await?;
    refuse_if_off(&workspace)?;
    Ok(workspace)
}

/// Refuses whoever signs up where nobody may, also with a link that came while
/// one still might.
pub(crate) fn refuse_if_off(workspace: &Workspace) -> Result<(), Problem> {
    if workspace.is_direct_sign_up_allowed {
        Ok(())
    } else {
        Err(Problem::sign_up_off())
    }
}

/// Has a link mailed; answers with where to.
async fn ask(app: &App, request: &Request, workspace: &Workspace) -> Result<Email, Problem> {
    refuse_forged_form(app, request)?;
    let field = |name| request.field(name);
    let name = PersonName::from_fields(
        field("givenName")?.as_deref(),
        field("familyName")?.as_deref(),
        None,
    )?;
    let email = Email::parse("email", &field("email")?.unwrap_or_default())?;
    let store = app.store.workspace(workspace.id);
    count_mail(app, &store, request, &email).await?;

    let mut change = change_by(app, request, Actor::System);
    refuse_if_full(app, workspace, &change.origin).await?;
    let nobody: ClientId = change.moment.id();
    let id = store.client_id_of(&email).await?.unwrap_or(nobody);
    let client = store.client(id).await?.filter(Client::can_sign_in);
    let epoch = client.as_ref().map_or(0, |client| client.session_epoch);
    let owner = (Account::Client { id }, epoch);
    let purpose = if client.is_some() {
        TicketPurpose::SignIn
    } else {
        TicketPurpose::SignUp {
            name,
            email: email.clone(),
        }
    };
    Ticket::issue_under(&mut change, workspace.id, owner, purpose);
    store.commit(&change).await?;
    Ok(email)
}

/// The client with this address, if there is one.
pub(crate) async fn known(
    store: &WorkspaceStore<'_>,
    email: &Email,
) -> Result<Option<Client>, Problem> {
    match store.client_id_of(email).await? {
        Some(id) => Ok(store.client(id).await?),
        None => Ok(None),
    }
}

/// Adds a client who has proved this address, by a link or with the Google
/// account of this subject; or activates the one that the team has added.
pub(crate) async fn add(
    change: &mut Change<'_>,
    (store, workspace_id): (&WorkspaceStore<'_>, WorkspaceId),
    known: Option<Client>,
    (name, email, subject): (&PersonName, &Email, Option<&str>),
) -> Result<Client, Problem> {
    if let Some(before) = known {
        let mut after = before.clone();
        after.prove_address(change, store.open_invitation(&before).await?.as_ref());
        if let Some(subject) = subject {
            after.enter_with_google(subject)?;
        }
        return Ok(change.save_client(Some(&before), after));
    }
    let draft = ClientDraft::new(name.clone(), email.clone());
    let mut client = Client::sign_up(change.moment, workspace_id, draft);
    client.know_address(store.address_mark(email).await?.as_ref());
    if let Some(subject) = subject {
        client.enter_with_google(subject)?;
    }
    Ok(change.save_signed_up(client))
}

/// The page, with what went wrong and what was typed.
pub(crate) fn page(
    app: &App,
    request: &Request,
    workspace: &Workspace,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let form = form_token(app, request)?;
    let typed = |name| match problem {
        Some(_) => Ok(request.field(name)?.unwrap_or_default()),
        None => Ok::<_, Problem>(String::new()),
    };
    let sentence = problem.map(Problem::sentence);
    let page = SignUpPage {
        workspace,
        csrf: &form.field.clone(),
        given_name: &typed("givenName")?,
        family_name: &typed("familyName")?,
        email: &typed("email")?,
        error: sentence.as_deref(),
        wrong: problem.and_then(Problem::field).unwrap_or_default(),
        has_google: app.google.is_some(),
    };
    let answer = page.answer(form)?;
    Ok(match problem {
        Some(problem) => problem.with_page(answer),
        None => answer,
    })
}
