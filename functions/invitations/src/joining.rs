//! The links of invitations to the team: the same pages as those of clients,
//! behind the token of a ticket.

use crate::{
    accept::{Accepted, Who, hash_of},
    page::JoiningPage,
    show::{self, Offer},
};
use portico_app::App;
use portico_domain::{
    Credential, Door, Holder, InternalUser, Joining, PersonName, Session, SignInMethod, Ticket,
    TicketPurpose, Workspace,
};
use portico_keys::TicketLink;
use portico_web::{
    Brand, Problem, Proven, Request, Response, begin_session, branded_page, change_by, form_token,
    ok, retry_stale, signed_in, tokens,
};

/// The ticket that the request's link names, if it is one.
pub(crate) fn link(app: &App, request: &Request) -> Option<TicketLink> {
    app.keys.read_ticket_token(request.path("token"))
}

/// Shows the invitation; that never uses the link up.
pub(crate) async fn show(
    app: &App,
    request: &Request,
    link: TicketLink,
) -> Result<Response, Problem> {
    let (ticket, user, workspace) = find(app, link).await?;
    if let Err(dead) = user.check_invitation(&ticket, app.now()) {
        return show::say_dead(dead, request, (&workspace, Door::Team));
    }
    if request.wants_json() && !request.wants_page() {
        return Ok(ok(&Offer {
            workspace_name: &workspace.name,
            email: user.email.as_str(),
            expires_at: ticket.expires_at,
        }));
    }
    page(app, request, (&ticket, &user, &workspace), None)
}

/// Sets up the account and signs in, if the form was `sent` from our own page.
pub(crate) async fn accept(
    app: &App,
    request: &Request,
    link: TicketLink,
    sent: Result<(), Problem>,
) -> Result<Response, Problem> {
    let (ticket, user, workspace) = find(app, link).await?;
    if let Err(dead) = user.check_invitation(&ticket, app.now()) {
        return show::say_dead(dead, request, (&workspace, Door::Team));
    }
    let given = match sent {
        Ok(()) => given(request, &user, &workspace).await,
        Err(forged) => Err(forged),
    };
    let (name, hash) = match given {
        Err(problem) if request.wants_page() => {
            let place = (&ticket, &user, &workspace);
            let page = page(app, request, place, Some(&problem))?;
            return Ok(problem.with_page(page));
        }
        given => given?,
    };
    let (user, session) = join(app, request, link, name.as_ref(), &hash).await?;
    if session.holder == Holder::Browser {
        return signed_in(app, request, &session).await;
    }
    Ok(ok(&Accepted {
        who: Who::Member(Box::new(user.view(app.now()))),
        session: tokens(app, &session).await?,
    }))
}

/// Mails a working link to whoever is invited, on the word of whoever has one
/// that works no more.
pub(crate) async fn renew(app: &App, request: &Request, link: TicketLink) -> Result<(), Problem> {
    let store = app.store.workspace(link.workspace_id);
    retry_stale(|| async {
        let Some(ticket) = store.ticket(link.ticket_id).await?.filter(is_meant) else {
            return Ok(());
        };
        let Some(user) = store.invited_member(&ticket).await? else {
            return Ok(());
        };
        let lifetime = store.get().await?.invitation_lifetime();
        // Whoever has the link counts as the one whom it invites.
        let mut change = change_by(app, request, ticket.account.actor());
        if user
            .renew_invitation(&mut change, &ticket, lifetime)
            .is_some()
        {
            store.commit(&change).await?;
        }
        Ok(())
    })
    .await
}

/// Decides and stores, in competition with everybody who has the same link.
async fn join(
    app: &App,
    request: &Request,
    link: TicketLink,
    name: Option<&PersonName>,
    hash: &str,
) -> Result<(InternalUser, Session), Problem> {
    let store = app.store.workspace(link.workspace_id);
    retry_stale(|| async {
        let (ticket, before, workspace) = find(app, link).await?;
        let mut change = change_by(app, request, ticket.account.actor());
        let with = Joining::Password(name.cloned());
        let after = before.join(&mut change, &ticket, with)?;
        let who = after.clone().into();
        let proven = Proven::new(&who, SignInMethod::Invitation, &workspace);
        let session = begin_session(app, request, proven)?;
        change.credential = Some(Credential {
            account: ticket.account,
            hash: hash.to_owned(),
            changed_at: change.moment.now,
        });
        change.begin_session(&session);
        store.commit(&change).await?;
        Ok((after, session))
    })
    .await
}

/// The name, if one is given, and the hash of the password.
async fn given(
    request: &Request,
    user: &InternalUser,
    workspace: &Workspace,
) -> Result<(Option<PersonName>, String), Problem> {
    let (given, family) = (request.field("givenName")?, request.field("familyName")?);
    let name = match (&given, &family) {
        (None, None) => None,
        _ => Some(PersonName::from_fields(
            given.as_deref(),
            family.as_deref(),
            None,
        )?),
    };
    let about = name.as_ref().unwrap_or(&user.name);
    let about = about.guessed_first(&user.email, &workspace.name);
    let hash = hash_of(request, &about).await?;
    Ok((name, hash))
}

/// The page, with what went wrong and what was typed.
fn page(
    app: &App,
    request: &Request,
    (ticket, user, workspace): (&Ticket, &InternalUser, &Workspace),
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let typed = |name, known: &str| match problem {
        Some(_) => Ok(request.field(name)?.unwrap_or_default()),
        None => Ok::<_, Problem>(known.to_owned()),
    };
    let form = form_token(app, request)?;
    let sentence = problem.map(Problem::sentence);
    let offer = JoiningPage {
        workspace: &workspace.name,
        given_name: &typed("givenName", &user.name.given_name)?,
        family_name: &typed("familyName", &user.name.family_name)?,
        email: user.email.as_str(),
        token: request.path("token"),
        csrf: &form.field,
        expires: ticket.expires_at.for_people(),
        error: sentence.as_deref(),
        wrong: problem.and_then(Problem::field).unwrap_or_default(),
        has_google: app.google.is_some(),
    };
    let trouble = if problem.is_some() { "Error: " } else { "" };
    let title = format!("{trouble}{}: set up your account", workspace.name);
    let page = branded_page(&Brand::of(workspace), &title, &offer)?;
    Ok(page.with_cookie(form.cookie))
}

/// The ticket of the link, dead or alive, whom it invites, and where.
async fn find(app: &App, link: TicketLink) -> Result<(Ticket, InternalUser, Workspace), Problem> {
    let store = app.store.workspace(link.workspace_id);
    let ticket = store.ticket(link.ticket_id).await?.filter(is_meant);
    let ticket = ticket.ok_or_else(Problem::unknown_link)?;
    let user = store.invited_member(&ticket).await?;
    let user = user.ok_or_else(Problem::unknown_link)?;
    Ok((ticket, user, store.get().await?))
}

fn is_meant(ticket: &Ticket) -> bool {
    ticket.purpose == TicketPurpose::Join
}
