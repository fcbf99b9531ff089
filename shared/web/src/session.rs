//! Sessions over HTTP: who is signed in, by which token, and what somebody who
//! signs in is given.
//!
//! Programs get tokens in the body and no cookie, browsers that ask for a page
//! get a cookie and no token. So a page of another origin cannot sign a browser
//! in to an account of its choice: what it may send without asking is a form,
//! and forms are checked (see [`crate::form`]).

use crate::{
    Problem, Request, Response, device::device_cookie, form, idempotency::IdempotencyKey, ok,
    see_other,
};
use portico_app::App;
use portico_domain::{
    ACCESS_TOKEN_LIFETIME, Account, Actor, Change, ChangeSource, Client, Door, Holder, Person,
    Session, SessionDraft, SessionId, SessionLimits, SignInMethod, SigningKeys, Time, Workspace,
    WorkspaceId,
};
use portico_keys::{
    AccessToken, PresentedSession, Secret, claimed_access_token, new_session_seed,
    parse_session_token,
};
use portico_store::Answered;
use serde::Serialize;

/// The cookie of a session. Browsers send a cookie with this prefix only to
/// the host that set it, and only over a safe connection.
pub(crate) const SESSION_COOKIE: &str = "__Host-portico";
/// The longest name of a browser that is kept.
const MAX_USER_AGENT: usize = 200;

/// A client who is signed in to the portal.
#[derive(Clone, Debug)]
pub struct PortalCaller {
    /// The client.
    pub client: Client,
    /// The session that it is signed in with.
    pub session: Session,
    /// The request's idempotency key, if it has one.
    pub(crate) idempotency_key: Option<IdempotencyKey>,
}

/// Whoever is signed in: a client or a team member.
#[derive(Clone, Debug)]
pub struct SignedInCaller {
    /// Who it is.
    pub person: Person,
    /// The session that it is signed in with.
    pub session: Session,
}

/// Who has just proved to be who.
#[derive(Clone, Copy, Debug)]
pub struct Proven {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Who it is.
    pub account: Account,
    /// The account's epoch.
    pub epoch: u32,
    /// How it was proved.
    pub method: SignInMethod,
    /// How long the session lasts.
    pub limits: SessionLimits,
}

impl Proven {
    /// This person, in this way, for as long as its workspace lets it.
    pub fn new(person: &Person, method: SignInMethod, workspace: &Workspace) -> Self {
        Self {
            workspace_id: person.workspace_id(),
            account: person.account(),
            epoch: person.session_epoch(),
            method,
            limits: SessionLimits::of(person.account(), workspace),
        }
    }

    /// A client.
    pub fn client(client: &Client, method: SignInMethod) -> Self {
        Self {
            workspace_id: client.workspace_id,
            account: Account::Client { id: client.id },
            epoch: client.session_epoch,
            method,
            limits: SessionLimits::CLIENT,
        }
    }
}

impl SignedInCaller {
    /// A change of nothing yet that this person asks for.
    pub fn change<'a>(&self, app: &'a App, request: &Request) -> Change<'a> {
        change_by(app, request, self.session.account.actor())
    }
}

impl PortalCaller {
    /// A change of nothing yet that this client asks for.
    pub fn change<'a>(&self, app: &'a App, request: &Request) -> Change<'a> {
        change_by(app, request, self.session.account.actor())
    }

    /// What is to be kept of this answer with the change that it tells of.
    pub(crate) fn answered(
        &self,
        app: &App,
        change: &Change<'_>,
        answer: &Response,
    ) -> Result<Option<Answered>, Problem> {
        let key = self.idempotency_key.as_ref();
        key.map(|key| key.record(app, answer, change.moment.now))
            .transpose()
    }

    /// Writes a change whole, or not at all, and answers with `answer`.
    pub async fn commit(
        &self,
        app: &App,
        change: &Change<'_>,
        answer: Response,
    ) -> Result<Response, Problem> {
        let answered = self.answered(app, change, &answer)?;
        let workspace = app.store.workspace(self.client.workspace_id);
        workspace.commit_answer(change, answered.as_ref()).await?;
        Ok(answer)
    }
}

/// A change of nothing yet that a person asks for who is not signed in: with a
/// link, or with a form that anybody may send.
pub fn change_by<'a>(app: &'a App, request: &Request, actor: Actor) -> Change<'a> {
    Change::new(app.moment(), request.origin(actor, ChangeSource::Web))
}

/// What a program that signed in is given.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// Shown with each request, as `Authorization: Bearer`; a JSON Web Token
    /// that the keys at `/.well-known/jwks.json` verify.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// For how many seconds the access token is good.
    pub expires_in: u64,
    /// Good once, at `POST /sessions/refresh`.
    pub refresh_token: String,
    /// The session's id.
    pub session_id: SessionId,
    /// When the session ends if it is not used again.
    pub session_expires_at: Time,
}

/// Begins a session for whoever sent this request; it is to be written in the
/// same change as what proved who it is.
pub fn begin_session(app: &App, request: &Request, proven: Proven) -> Result<Session, Problem> {
    let holder = if request.wants_page() {
        Holder::Browser
    } else {
        Holder::Program
    };
    begin_session_of(app, request, proven, holder)
}

/// The same for this kind of holder, whatever the request asks to be answered
/// with: a page's script asks for JSON, and its browser holds a cookie.
pub fn begin_session_of(
    app: &App,
    request: &Request,
    proven: Proven,
    holder: Holder,
) -> Result<Session, Problem> {
    let user_agent = request.header("user-agent");
    let draft = SessionDraft {
        workspace_id: proven.workspace_id,
        account: proven.account,
        epoch: proven.epoch,
        holder,
        method: proven.method,
        limits: proven.limits,
        seed: new_session_seed()?,
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
    };
    let moment = app.moment();
    Ok(Session::begin(moment.id(), draft, moment.now))
}

/// Answers whoever has begun a session: a browser is led to its start page, and
/// known again from then on; anybody else gets tokens.
pub async fn signed_in(
    app: &App,
    request: &Request,
    session: &Session,
) -> Result<Response, Problem> {
    match session.holder {
        Holder::Browser => Ok(see_other(START_PAGE)
            .with_cookie(session_cookie(app, session))
            .with_cookie(device_cookie(app, request, session)?)),
        Holder::Program => Ok(ok(&tokens(app, session).await?)),
    }
}

/// Where whoever has signed in finds itself.
pub(crate) const START_PAGE: &str = "/portal";

/// The tokens of a session that a program holds.
pub async fn tokens(app: &App, session: &Session) -> Result<Tokens, Problem> {
    let (keys, now) = (app.store.signing_keys().await?, app.now());
    let access_token = app.keys.access_token(&keys, &app.base_url, session, now)?;
    Ok(Tokens {
        access_token: access_token.expose().to_owned(),
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        refresh_token: app.keys.session_token(session).expose().to_owned(),
        session_id: session.id,
        session_expires_at: session.ends_at(),
    })
}

/// The cookie that keeps a browser signed in.
pub fn session_cookie(app: &App, session: &Session) -> String {
    let seconds = session.expires_at.since(session.created_at).as_secs();
    let token: Secret = app.keys.session_token(session);
    cookie(SESSION_COOKIE, token.expose(), seconds)
}

/// Leads a browser whose session has ended to the page where it signed in; any
/// other caller gets the problem.
pub fn sign_in_instead(request: &Request, problem: Problem) -> Result<Response, Problem> {
    match cookie_session(request) {
        Some(session) if request.wants_page() && problem.is_session_missing() => {
            let page = sign_in_page(session.workspace_id, session.account.door());
            Ok(see_other(&page).with_cookie(forget_session()))
        }
        _ => Err(problem),
    }
}

/// Where the clients of a workspace, or its team, sign in.
pub fn sign_in_page(workspace_id: WorkspaceId, door: Door) -> String {
    format!("/w/{workspace_id}/sign-in{}", door.query())
}

/// The door that a request has come to.
pub fn door(request: &Request) -> Result<Door, Problem> {
    Ok(match request.flag("team")? {
        Some(true) => Door::Team,
        Some(false) | None => Door::Clients,
    })
}

/// The whole address of [`sign_in_page`]: what a workspace calls its portal.
pub fn portal_url(app: &App, workspace_id: WorkspaceId) -> String {
    let page = sign_in_page(workspace_id, Door::Clients);
    format!("{}{page}", app.base_url)
}

/// The cookie that makes a browser forget its session.
pub fn forget_session() -> String {
    cookie(SESSION_COOKIE, "", 0)
}

/// A cookie that no script reads, sent only to this host over a safe connection;
/// its name begins with `__Host-`.
pub fn cookie(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// The session that the request's cookie names; not to be believed yet.
pub(crate) fn cookie_session(request: &Request) -> Option<PresentedSession> {
    request.cookie(SESSION_COOKIE).and_then(parse_session_token)
}

/// Lets in a client who is signed in, as [`admit_person`] does.
pub async fn admit_client(app: &App, request: &Request) -> Result<PortalCaller, Problem> {
    let presented = Presented::by(request).ok_or_else(Problem::session_missing)?;
    let SignedInCaller { person, session } = admit(app, request, presented).await?;
    let Person::Client(client) = person else {
        return Err(Problem::clients_only());
    };
    let idempotency_key = IdempotencyKey::of(app, request, &client.id.to_string())?;
    if let Some(key) = &idempotency_key {
        let workspace = app.store.workspace(client.workspace_id);
        key.refuse_answered(app, &workspace).await?;
    }
    Ok(PortalCaller {
        client: *client,
        session,
        idempotency_key,
    })
}

/// Lets in whoever is signed in: with an access token, or with a browser's
/// cookie. Whoever was archived, removed or signed out is out on the very next
/// request.
pub async fn admit_person(app: &App, request: &Request) -> Result<SignedInCaller, Problem> {
    let presented = Presented::by(request).ok_or_else(Problem::session_missing)?;
    admit(app, request, presented).await
}

async fn admit(
    app: &App,
    request: &Request,
    presented: Presented,
) -> Result<SignedInCaller, Problem> {
    let (account, id) = (presented.account(), presented.session_id());
    let workspace = app.store.workspace(presented.workspace_id());
    let found = workspace.signed_in(account, id).await?;
    let person = found.person.filter(Person::is_here);
    let (Some(person), Some(session)) = (person, found.session) else {
        return Err(presented.is_over());
    };
    let is_in = session.is_live(person.session_epoch(), app.now())
        && presented.is_genuine(app, &found.keys, &session);
    if !is_in {
        return Err(presented.is_over());
    }
    if matches!(presented, Presented::Cookie(_)) {
        form::refuse_forgery(app, request)?;
        note_use(app, &session).await;
    }
    Ok(SignedInCaller { person, session })
}

/// Notes that a browser's session is in use, whatever of it is used; programs
/// refresh theirs. Whether it could be noted says nothing about who may come in.
async fn note_use(app: &App, session: &Session) {
    if !session.is_worth_touching(app.now()) {
        return;
    }
    let workspace = app.store.workspace(session.workspace_id);
    if let Err(error) = workspace.touch_session(session, app.now()).await {
        tracing::warn!(%error, "failed to note that a session is in use");
    }
}

/// Whether an access token was given out for this session, and its time is not
/// over.
pub(crate) fn is_token_of(app: &App, keys: &SigningKeys, token: &str, session: &Session) -> bool {
    app.keys
        .read_access_token(keys, &app.base_url, token, app.now())
        .is_some_and(|token| {
            token.session_id == session.id
                && token.account == session.account
                && token.workspace_id == session.workspace_id
                && token.epoch == session.epoch
        })
}

/// What a caller shows. It says which items to read, and is checked together
/// with them: that takes one call to the table instead of two.
enum Presented {
    Bearer { token: String, claimed: AccessToken },
    Cookie(PresentedSession),
}

impl Presented {
    fn by(request: &Request) -> Option<Self> {
        match request.bearer() {
            Some(token) => Some(Self::Bearer {
                token: token.to_owned(),
                claimed: claimed_access_token(token)?,
            }),
            None => cookie_session(request).map(Self::Cookie),
        }
    }

    /// That it is not good, or no longer: a program refreshes its token, a
    /// browser is led to where it signs in.
    fn is_over(&self) -> Problem {
        match self {
            Self::Bearer { .. } => Problem::session_over(),
            Self::Cookie(_) => Problem::session_missing(),
        }
    }

    const fn account(&self) -> Account {
        match self {
            Self::Bearer { claimed, .. } => claimed.account,
            Self::Cookie(presented) => presented.account,
        }
    }

    const fn workspace_id(&self) -> WorkspaceId {
        match self {
            Self::Bearer { claimed, .. } => claimed.workspace_id,
            Self::Cookie(presented) => presented.workspace_id,
        }
    }

    const fn session_id(&self) -> SessionId {
        match self {
            Self::Bearer { claimed, .. } => claimed.session_id,
            Self::Cookie(presented) => presented.session_id,
        }
    }

    fn is_genuine(&self, app: &App, keys: &SigningKeys, session: &Session) -> bool {
        match self {
            Self::Bearer { token, .. } => is_token_of(app, keys, token, session),
            Self::Cookie(presented) => {
                session.holder == Holder::Browser && app.keys.is_session_token(presented, session)
            }
        }
    }
}
