//! What comes of it when Google vouches for somebody: who is let in, and what is
//! accepted or added before.

use crate::{google::Aim, sign_up};
use portico_app::App;
use portico_domain::{
    Account, Client, Door, InvitationId, Joining, Person, PersonName, Session, SignInMethod,
    TicketId,
};
use portico_google::Identity;
use portico_store::WorkspaceStore;
use portico_web::{Problem, Proven, Request, begin_session, change_by, commit_for_outsider};

/// Does what somebody went to Google for.
pub(crate) async fn reach(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    aim: Aim,
    identity: &Identity,
) -> Result<Session, Problem> {
    match aim {
        Aim::Enter | Aim::EnterTeam => enter(app, request, store, aim.door(), identity).await,
        Aim::SignUp => sign_up(app, request, store, identity).await,
        Aim::Accept(id, generation) => {
            accept(app, request, store, (id, generation), identity).await
        }
        Aim::Join(ticket) => join(app, request, store, ticket, identity).await,
    }
}

/// Lets in whoever has the address that Google has verified.
async fn enter(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    door: Door,
    identity: &Identity,
) -> Result<Session, Problem> {
    let person = match store.account_with(door, &identity.email).await? {
        Some(account) => store.person(account).await?,
        None => None,
    };
    let before = person.filter(Person::can_sign_in);
    let before = before.ok_or_else(Problem::google_unknown)?;
    let mut change = change_by(app, request, before.account().actor());
    let mut after = before.clone();
    after.enter_with_google(&identity.subject)?;
    after.note_sign_in(change.moment.now);
    let proven = match &after {
        Person::Client(client) => Proven::client(client, SignInMethod::Google),
        Person::Member(_) => Proven::new(&after, SignInMethod::Google, &store.get().await?),
    };
    let session = begin_session(app, request, proven)?;
    change.begin_session(&session);
    if after != before {
        before.save(&mut change, after);
    }
    store.commit(&change).await?;
    Ok(session)
}

/// Adds whoever is no client yet, by the same rules as the link of a mail does:
/// Google has proved the address. Whoever has an account is let in.
async fn sign_up(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    identity: &Identity,
) -> Result<Session, Problem> {
    let workspace = store.get().await?;
    if !workspace.is_direct_sign_up_allowed {
        return Err(Problem::sign_up_off());
    }
    let known = sign_up::known(store, &identity.email).await?;
    if known.as_ref().is_some_and(Client::can_sign_in) {
        return enter(app, request, store, Door::Clients, identity).await;
    }
    let nobody = Door::Clients.nobody(app.moment());
    let change = change_by(app, request, nobody.actor());
    let mut change = change.with_client_limit(workspace.plan.client_limit);
    let name = name_of(identity);
    let whom = (&name, &identity.email, Some(&*identity.subject));
    let client = sign_up::add(&mut change, (store, workspace.id), known, whom).await?;
    let session = begin_session(app, request, Proven::client(&client, SignInMethod::SignUp))?;
    change.begin_session(&session);
    commit_for_outsider(app, &workspace, &change).await?;
    Ok(session)
}

/// The name that Google knows, or else what stands before the `@`.
fn name_of(identity: &Identity) -> PersonName {
    let given = PersonName::from_fields(None, None, identity.name.as_deref());
    given.unwrap_or_else(|_| {
        let (local, _) = identity.email.as_str().split_once('@').unwrap_or_default();
        PersonName {
            given_name: local.to_owned(),
            family_name: String::new(),
        }
    })
}

/// Accepts an invitation on behalf of whoever has the address that it was sent
/// to: no password is set.
async fn accept(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    (id, generation): (InvitationId, u32),
    identity: &Identity,
) -> Result<Session, Problem> {
    let invitation = store.invitation(id).await?;
    let invitation = invitation.ok_or_else(Problem::unknown_link)?;
    invitation.check_link(generation, app.now())?;
    if identity.email.key() != invitation.email.key() {
        return Err(Problem::google_other_address());
    }
    let before = store.client(invitation.client_id).await?;
    let before = before.ok_or_else(Problem::unknown_link)?;
    if before.is_archived() {
        // Its invitation has ended by now; read again.
        return Err(Problem::stale());
    }
    let account = Account::Client { id: before.id };
    let mut change = change_by(app, request, account.actor());
    let mut after = before.clone();
    invitation.accept(&mut change, &mut after, generation)?;
    after.note_proof();
    after.enter_with_google(&identity.subject)?;
    let session = begin_session(app, request, Proven::client(&after, SignInMethod::Google))?;
    change.begin_session(&session);
    change.save_client(Some(&before), after);
    store.commit(&change).await?;
    Ok(session)
}

/// Accepts an invitation to the team on behalf of whoever has the address that
/// it was sent to: no password is set.
async fn join(
    app: &App,
    request: &Request,
    store: &WorkspaceStore<'_>,
    ticket: TicketId,
    identity: &Identity,
) -> Result<Session, Problem> {
    let ticket = store.ticket(ticket).await?;
    let ticket = ticket.ok_or_else(Problem::unknown_link)?;
    let before = store.invited_member(&ticket).await?;
    let before = before.ok_or_else(Problem::unknown_link)?;
    before.check_invitation(&ticket, app.now())?;
    if identity.email.key() != before.email.key() {
        return Err(Problem::google_other_address());
    }
    let mut change = change_by(app, request, ticket.account.actor());
    let with = Joining::Google(&identity.subject);
    let after = before.join(&mut change, &ticket, with)?;
    let workspace = store.get().await?;
    let proven = Proven::new(&after.into(), SignInMethod::Google, &workspace);
    let session = begin_session(app, request, proven)?;
    change.begin_session(&session);
    store.commit(&change).await?;
    Ok(session)
}
