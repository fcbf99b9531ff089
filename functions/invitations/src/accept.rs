//! `POST /i/{token}/accept`: whoever is invited chooses a password, is active
//! and signed in.

use crate::{joining, page::InvitationPage, show};
use portico_app::{App, Grant};
use portico_domain::{
    Account, Actor, Change, ChangeSource, Client, Credential, Door, Holder, InternalUserView,
    Invalid, Invitation, ProfileView, Session, SignInMethod, Workspace,
};
use portico_keys::{InvitationLink, password::Password};
use portico_web::{
    Body, Brand, Function, Operation, Problem, Proven, Request, Response, Route, Tokens,
    begin_session, branded_page, form_token, ok, refuse_forged_form, retry_stale, schema,
    signed_in, tokens,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-accept", "/i/{token}/accept");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Accept an invitation",
    description: "Sets the password of the invited client or internal user and signs it in. Of several at once exactly one succeeds.",
    query: &[],
    body: Some(schema::<Acceptance>),
    answer: Body::Json(schema::<Accepted>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What whoever is invited gives: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Acceptance {
    /// 12 to 128 characters.
    password: String,
    /// For internal users: another first name than the one it was invited by.
    given_name: Option<String>,
    /// For internal users: the last name that goes with it, empty for a single name.
    family_name: Option<String>,
}

/// Whoever accepted, now active, and its session.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    #[serde(flatten)]
    pub(crate) who: Who,
    pub(crate) session: Tokens,
}

/// A client, or an internal user who was invited to the team.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Who {
    Client(Box<ProfileView>),
    Member(Box<InternalUserView>),
}

/// Accepts an invitation.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    // A form that is too old is shown again, on the page that it came from.
    let sent = refuse_forged_form(app, &request);
    if let Some(link) = joining::link(app, &request) {
        return joining::accept(app, &request, link, sent).await;
    }
    let (link, invitation, workspace) = show::find(app, &request).await?;
    if let Err(dead) = invitation.check_link(link.generation, app.now()) {
        return show::say_dead(dead, &request, (&workspace, Door::Clients));
    }
    let hashed = match sent {
        Ok(()) => hash_password(app, &request, &workspace, &invitation).await,
        Err(forged) => Err(forged),
    };
    let hash = match hashed {
        Err(problem) if request.wants_page() => {
            let form = form_token(app, &request)?;
            let error = problem.sentence();
            let offer = InvitationPage::new(
                &workspace,
                &invitation,
                request.path("token"),
                &form.field,
                (Some(&error), problem.field().unwrap_or_default()),
                app.google.is_some(),
            );
            let page = branded_page(&Brand::of(&workspace), &offer.title(), &offer)?;
            return Ok(problem.with_page(page.with_cookie(form.cookie)));
        }
        hashed => hashed?,
    };
    let (client, session) = accept(app, &request, link, &hash).await?;
    if session.holder == Holder::Browser {
        return signed_in(app, &request, &session).await;
    }
    Ok(ok(&Accepted {
        who: Who::Client(Box::new(client.profile())),
        session: tokens(app, &session).await?,
    }))
}

/// Decides and stores, in competition with everybody who has the same link.
async fn accept(
    app: &App,
    request: &Request,
    link: InvitationLink,
    hash: &str,
) -> Result<(Client, Session), Problem> {
    let workspace = app.store.workspace(link.workspace_id);
    retry_stale(|| async {
        let invitation = workspace.invitation(link.invitation_id).await?;
        let invitation = invitation.ok_or_else(Problem::unknown_link)?;
        let before = crate::client_of(&workspace, &invitation).await?;
        let actor = Actor::Client { id: before.id };
        let origin = request.origin(actor, ChangeSource::Web);
        let mut change = Change::new(app.moment(), origin);
        let mut after = before.clone();
        invitation.accept(&mut change, &mut after, link.generation)?;
        let proven = Proven::client(&after, SignInMethod::Invitation);
        let session = begin_session(app, request, proven)?;
        change.credential = Some(Credential {
            account: Account::Client { id: after.id },
            hash: hash.to_owned(),
            changed_at: change.moment.now,
        });
        change.begin_session(&session);
        let client = change.save_client(Some(&before), after);
        workspace.commit(&change).await?;
        Ok((client, session))
    })
    .await
}

async fn hash_password(
    app: &App,
    request: &Request,
    workspace: &Workspace,
    invitation: &Invitation,
) -> Result<String, Problem> {
    // Whoever was archived meanwhile is refused when it is decided.
    let store = app.store.workspace(workspace.id);
    let client = store.client(invitation.client_id).await?;
    let client = client.ok_or_else(Problem::unknown_link)?;
    hash_of(request, &client.guessed_first(&workspace.name)).await
}

/// The hash of the password that the request gives, if it is none of what is
/// guessed first.
pub(crate) async fn hash_of(request: &Request, about: &[&str]) -> Result<String, Problem> {
    let password = request
        .field("password")?
        .ok_or_else(|| Invalid::missing("password"))?;
    Ok(Password::parse(&password, about)?.hash().await?)
}
