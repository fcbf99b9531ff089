//! `POST /verify/{token}`: an address is proved. Whoever signed up chooses a
//! password, is added and signed in; whoever changes an address has the new one
//! from now on.

use crate::{
    mailed,
    page::{VerifiedPage, VerifyPage},
    sign_up,
};
use portico_app::{App, Grant};
use portico_domain::{
    Account, Client, Credential, DeadTicket, Email, Invalid, Person, PersonName, Session,
    SignInMethod, Ticket, TicketPurpose, Workspace,
};
use portico_keys::password::Password;
use portico_web::{
    Body, Function, Operation, Problem, Proven, Request, Response, Route, begin_session, change_by,
    commit_for_outsider, ok, refuse_forged_form, retry_stale, schema, signed_in,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("verify-create", "/verify/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Prove an address",
    description: "Uses the link up. After signing up, the password is chosen here, and the answer holds the tokens of a new session. A changed address is in use from now on.",
    query: &[],
    body: Some(schema::<Proof>),
    answer: Body::Json(schema::<Verified>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// What comes with the link: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Proof {
    /// After signing up: 12 to 128 characters, and not easy to guess.
    password: Option<String>,
}

/// The address that is in use from now on.
#[derive(Debug, Serialize, JsonSchema)]
struct Verified<'a> {
    email: &'a str,
}

/// Whether a link leads to this page.
pub(crate) const fn is_meant(purpose: &TicketPurpose) -> bool {
    matches!(
        purpose,
        TicketPurpose::SignUp { .. } | TicketPurpose::ChangeEmail { .. }
    )
}

/// Refuses a link that does nothing any more, before anything else is looked at.
pub(crate) async fn refuse_if_dead(
    app: &App,
    workspace: &Workspace,
    ticket: &Ticket,
) -> Result<(), Problem> {
    ticket.check(app.now())?;
    match &ticket.purpose {
        TicketPurpose::SignUp { .. } => sign_up::refuse_if_off(workspace),
        TicketPurpose::ChangeEmail { .. } => mover(app, ticket).await.map(drop),
        TicketPurpose::ResetPassword
        | TicketPurpose::Join
        | TicketPurpose::SignIn
        | TicketPurpose::VerifyEmail { .. } => Err(Problem::unknown_link()),
    }
}

/// Proves an address.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    mailed::or_dead(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    refuse_if_dead(app, &workspace, &ticket).await?;
    if let Err(problem) = refuse_forged_form(app, request) {
        let page = VerifyPage::answer(app, request, &workspace, &ticket, Some(&problem));
        return Ok(problem.with_page(page?));
    }
    match &ticket.purpose {
        TicketPurpose::SignUp { name, email } => {
            let hash = match hash_password(request, &workspace, name, email).await {
                Err(problem) if request.wants_page() => {
                    let page =
                        VerifyPage::answer(app, request, &workspace, &ticket, Some(&problem));
                    return Ok(problem.with_page(page?));
                }
                hashed => hashed?,
            };
            let place = (&workspace, &ticket);
            let session = sign_up(app, request, place, (name, email), &hash).await?;
            signed_in(app, request, &session).await
        }
        TicketPurpose::ChangeEmail { to, .. } => {
            change_email(app, request, &ticket).await?;
            if request.wants_page() {
                return VerifiedPage::answer(&workspace, to.as_str());
            }
            Ok(ok(&Verified { email: to.as_str() }))
        }
        TicketPurpose::ResetPassword
        | TicketPurpose::Join
        | TicketPurpose::SignIn
        | TicketPurpose::VerifyEmail { .. } => Err(Problem::unknown_link()),
    }
}

async fn hash_password(
    request: &Request,
    workspace: &Workspace,
    name: &PersonName,
    email: &Email,
) -> Result<String, Problem> {
    let password = request
        .field("password")?
        .ok_or_else(|| Invalid::missing("password"))?;
    let about = name.guessed_first(email, &workspace.name);
    Ok(Password::parse(&password, &about)?.hash().await?)
}

/// Adds the client, or activates the one that the team has added meanwhile.
async fn sign_up(
    app: &App,
    request: &Request,
    (workspace, ticket): (&Workspace, &Ticket),
    (name, email): (&PersonName, &Email),
    hash: &str,
) -> Result<Session, Problem> {
    let store = app.store.workspace(ticket.workspace_id);
    retry_stale(|| async {
        let ticket = store.ticket(ticket.id).await?;
        let ticket = ticket.ok_or_else(Problem::unknown_link)?;
        let change = change_by(app, request, ticket.account.actor());
        let mut change = change.with_client_limit(workspace.plan.client_limit);
        ticket.use_up(&mut change)?;
        let known = sign_up::known(&store, email).await?;
        if known.as_ref().is_some_and(Client::can_sign_in) {
            return Err(DeadTicket::Used.into());
        }
        let (place, subject) = ((&store, workspace.id), None);
        let client = sign_up::add(&mut change, place, known, (name, email, subject)).await?;
        change.credential = Some(Credential {
            account: Account::Client { id: client.id },
            hash: hash.to_owned(),
            changed_at: change.moment.now,
        });
        let proven = Proven::client(&client, SignInMethod::SignUp);
        let session = begin_session(app, request, proven)?;
        change.begin_session(&session);
        commit_for_outsider(app, workspace, &change).await?;
        Ok(session)
    })
    .await
}

async fn change_email(app: &App, request: &Request, ticket: &Ticket) -> Result<(), Problem> {
    let store = app.store.workspace(ticket.workspace_id);
    retry_stale(|| async {
        let ticket = store.ticket(ticket.id).await?;
        let ticket = ticket.ok_or_else(Problem::unknown_link)?;
        let TicketPurpose::ChangeEmail { to, .. } = &ticket.purpose else {
            return Err(Problem::unknown_link());
        };
        let before = mover(app, &ticket).await?;
        let mut change = change_by(app, request, ticket.account.actor());
        ticket.use_up(&mut change)?;
        match before {
            Person::Client(before) => {
                let mut after = before.clone();
                let mark = store.address_mark(to).await?;
                after.change_email(&mut change, to.clone(), mark.as_ref());
                after.note_proof();
                change.save_client(Some(&before), *after);
            }
            Person::Member(before) => {
                before.change_email(&mut change, to.clone());
            }
        }
        Ok(store.commit(&change).await?)
    })
    .await
}

/// Whoever may use this link to another address now: nobody who was put out
/// since, and of several links the last one works.
async fn mover(app: &App, ticket: &Ticket) -> Result<Person, Problem> {
    let TicketPurpose::ChangeEmail { from, to } = &ticket.purpose else {
        return Err(Problem::unknown_link());
    };
    let store = app.store.workspace(ticket.workspace_id);
    let person = store.person(ticket.account).await?;
    let person = person.filter(Person::is_here);
    let person = person.ok_or_else(Problem::unknown_link)?;
    let is_asked_for = match &person {
        Person::Client(client) => client.pending_email(app.now()) == Some(to),
        Person::Member(_) => true,
    };
    // Another change came first; this one was meant for what was then.
    let is_overtaken = person.email() != from || !is_asked_for;
    if is_overtaken || !ticket.is_under(person.session_epoch()) {
        return Err(DeadTicket::Used.into());
    }
    Ok(person)
}
