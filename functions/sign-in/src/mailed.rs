//! Links that are mailed: asking for one, and what the one that came is about.
//!
//! Whoever asks gets the same answer whether or not there is an account with
//! the address. The table is asked the same and told the same: where there is
//! no account, a ticket is written for one that nobody has, and whoever writes
//! the mail finds nobody to send it to.

use crate::page::{ForgottenPage, Mailed, MailedPage, RefusedPage};
use portico_app::App;
use portico_domain::{Actor, DeadTicket, Email, Invalid, Person, Ticket, TicketPurpose, Workspace};
use portico_web::{
    Problem, Request, Response, change_by, count_mail, count_mail_on, device_at, door, ok,
    refuse_forged_form,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where to: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MailAddress")]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
pub(crate) struct Address {
    /// The address.
    email: String,
}

/// Answers whoever wants a link for this purpose mailed.
pub(crate) async fn answer(
    app: &App,
    request: &Request,
    purpose: TicketPurpose,
) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, request).await?;
    match ask(app, request, &workspace, purpose).await {
        Ok(()) if request.wants_page() => MailedPage::answer(request, &workspace),
        Ok(()) => Ok(ok(&Mailed::PERHAPS)),
        Err(problem) if request.wants_page() => {
            ForgottenPage::again(app, request, &workspace, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Has a link mailed to the address that the request names, if somebody has it
/// who comes in by this door.
async fn ask(
    app: &App,
    request: &Request,
    workspace: &Workspace,
    purpose: TicketPurpose,
) -> Result<(), Problem> {
    refuse_forged_form(app, request)?;
    let email = request
        .field("email")?
        .ok_or_else(|| Invalid::missing("email"))?;
    let email = Email::parse("email", &email)?;
    let store = app.store.workspace(workspace.id);
    let door = door(request)?;
    match device_at(app, request, (&store, workspace.id), (door, &email)).await? {
        Some(device) => count_mail_on(app, &store, &device).await?,
        None => count_mail(app, &store, request, &email).await?,
    }

    let mut change = change_by(app, request, Actor::System);
    let nobody = door.nobody(change.moment);
    let account = store.account_with(door, &email).await?.unwrap_or(nobody);
    let owner = store.person(account).await?.filter(Person::can_sign_in);
    let owner = owner.map_or((nobody, 0), |owner| {
        (owner.account(), owner.session_epoch())
    });
    Ticket::issue_under(&mut change, workspace.id, owner, purpose);
    Ok(store.commit(&change).await?)
}

/// The ticket of the request's link, dead or alive, if it is for what the page
/// does; and its workspace.
pub(crate) async fn find(
    app: &App,
    request: &Request,
    is_meant: impl Fn(&TicketPurpose) -> bool,
) -> Result<(Ticket, Workspace), Problem> {
    let link = app
        .keys
        .read_ticket_token(request.path("token"))
        .ok_or_else(Problem::unknown_link)?;
    let store = app.store.workspace(link.workspace_id);
    let ticket = store.ticket(link.ticket_id).await?;
    let ticket = ticket
        .filter(|ticket| is_meant(&ticket.purpose))
        .ok_or_else(Problem::unknown_link)?;
    Ok((ticket, store.get().await?))
}

/// Says on a page, with other ways in, why a link works no more, or nobody
/// signs up any more; any other answer stays as it is.
pub(crate) async fn or_dead(
    app: &App,
    request: &Request,
    answer: Result<Response, Problem>,
) -> Result<Response, Problem> {
    match answer {
        Err(problem) if request.wants_page() && is_over(&problem) => {
            let (ticket, workspace) = find(app, request, |_| true).await?;
            RefusedPage::answer(&workspace, ticket.account.door(), &problem)
        }
        answer => answer,
    }
}

fn is_over(problem: &Problem) -> bool {
    problem.is_dead_ticket() || problem.has_code("sign_up_off")
}

/// Whoever may use this ticket now. A link that was asked for before the
/// password was changed, or the account was archived or signed out everywhere, is
/// dead: whoever did that meant to be rid of others.
pub(crate) async fn owner(app: &App, ticket: &Ticket) -> Result<Person, Problem> {
    ticket.check(app.now())?;
    let store = app.store.workspace(ticket.workspace_id);
    let login = store.login_of(ticket.account).await?;
    let login = login.filter(|login| login.person.can_sign_in());
    let login = login.ok_or_else(Problem::unknown_link)?;
    if !ticket.is_under(login.person.session_epoch()) {
        return Err(DeadTicket::Used.into());
    }
    let changed_at = login.password.as_ref().and_then(|stored| stored.changed_at);
    if changed_at.is_some_and(|at| ticket.created_at < at) {
        return Err(DeadTicket::Used.into());
    }
    Ok(login.person)
}
