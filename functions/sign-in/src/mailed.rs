//! Links that are mailed: asking for one, and what the one that came is about.
//!
//! Whoever asks gets the same answer whether or not there is an account with
//! the address. The table is asked the same and told the same: where there is
//! no account, a ticket is written for one that nobody has, and whoever writes
//! the mail finds nobody to send it to.

use crate::page::{ForgottenPage, Mailed, MailedPage};
use portico_app::App;
use portico_domain::{Account, Actor, ClientId, Email, Invalid, Ticket, TicketPurpose, Workspace};
use portico_store::ClientLogin;
use portico_web::{Problem, Request, Response, change_by, count_mail, ok, refuse_forged_form};
use schemars::JsonSchema;
use serde::Deserialize;

/// Where to: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MailAddress")]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
pub(crate) struct Address {
    /// The client's address.
    email: String,
}

/// Answers whoever wants a link for this purpose mailed.
pub(crate) async fn answer(
    app: &App,
    request: &Request,
    purpose: TicketPurpose,
) -> Result<Response, Problem> {
    refuse_forged_form(app, request)?;
    let workspace = crate::workspace(app, request).await?;
    match ask(app, request, &workspace, purpose).await {
        Ok(()) if request.wants_page() => MailedPage::answer(&workspace),
        Ok(()) => Ok(ok(&Mailed::PERHAPS)),
        Err(problem) if request.wants_page() => {
            ForgottenPage::again(app, request, &workspace, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Has a link mailed to the address that the request names, if a client of the
/// workspace has it.
async fn ask(
    app: &App,
    request: &Request,
    workspace: &Workspace,
    purpose: TicketPurpose,
) -> Result<(), Problem> {
    let email = request
        .field("email")?
        .ok_or_else(|| Invalid::missing("email"))?;
    let email = Email::parse("email", &email)?;
    let store = app.store.workspace(workspace.id);
    count_mail(app, &store, request, &email).await?;

    let mut change = change_by(app, request, Actor::System);
    let nobody: ClientId = change.moment.id();
    let id = store.client_id_of(&email).await?.unwrap_or(nobody);
    let client = store.client(id).await?;
    let owner = client.filter(portico_domain::Client::can_sign_in);
    let account = Account::Client {
        id: owner.map_or(nobody, |client| client.id),
    };
    Ticket::issue(&mut change, workspace.id, account, purpose);
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

/// Whoever may use this ticket now. A link that was asked for before the
/// password was changed is dead: whoever changed it meant to be rid of others.
pub(crate) async fn owner(app: &App, ticket: &Ticket) -> Result<ClientLogin, Problem> {
    ticket.check(app.now())?;
    let Account::Client { id } = ticket.account else {
        return Err(Problem::unknown_link());
    };
    let store = app.store.workspace(ticket.workspace_id);
    let login = store.client_login_of(id).await?;
    let login = login.filter(|login| login.client.can_sign_in());
    let login = login.ok_or_else(Problem::unknown_link)?;
    let changed_at = login.password.as_ref().and_then(|stored| stored.changed_at);
    if changed_at.is_some_and(|at| ticket.created_at < at) {
        return Err(Problem::from(portico_domain::DeadTicket::Used));
    }
    Ok(login)
}
