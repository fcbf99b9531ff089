//! Sessions over HTTP: who is signed in, by which token, and what somebody who
//! signs in is given.
//!
//! Programs get tokens in the body and no cookie, browsers that ask for a page
//! get a cookie and no token. So a page of another origin cannot sign a browser
//! in to an account of its choice: what it may send without asking is a form,
//! and forms are checked (see [`crate::form`]).

use crate::{Problem, Request, Response, form, ok, see_other};
use portico_app::App;
use portico_domain::{
    ACCESS_TOKEN_LIFETIME, Account, Actor, Change, ChangeSource, Client, ClientId, Holder,
    InternalUser, Session, SessionDraft, SessionId, SessionLimits, SignInMethod, SigningKeys, Time,
    WorkspaceId,
};
use portico_keys::{PresentedSession, Secret, new_session_seed, parse_session_token};
use serde::Serialize;

/// The cookie of a session. Browsers send a cookie with this prefix only to
/// the host that set it, and only over a safe connection.
pub(crate) const SESSION_COOKIE: &str = "__Host-portico";
/// How long a team member's session goes unused: half a day.
const STAFF_IDLE_MINUTES: u16 = 720;
/// The longest name of a browser that is kept.
const MAX_USER_AGENT: usize = 200;

/// A client who is signed in to the portal.
#[derive(Clone, Debug)]
pub struct PortalCaller {
    /// The client.
    pub client: Client,
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

impl Proven {
    /// A team member.
    pub fn member(user: &InternalUser, method: SignInMethod) -> Self {
        Self {
            workspace_id: user.workspace_id,
            account: Account::InternalUser { id: user.id },
            epoch: user.session_epoch,
            method,
            limits: SessionLimits::staff(STAFF_IDLE_MINUTES),
        }
    }
}

impl PortalCaller {
    /// A change of nothing yet that this client asks for.
    pub fn change<'a>(&self, app: &'a App, request: &Request) -> Change<'a> {
        change_by(app, request, self.session.account.actor())
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
    let user_agent = request.header("user-agent");
    let draft = SessionDraft {
        workspace_id: proven.workspace_id,
        account: proven.account,
        epoch: proven.epoch,
        // Team members have no pages yet that a cookie would open.
        holder: if request.wants_page() && matches!(proven.account, Account::Client { .. }) {
            Holder::Browser
        } else {
            Holder::Program
        },
        method: proven.method,
        limits: proven.limits,
        seed: new_session_seed()?,
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
    };
    let moment = app.moment();
    Ok(Session::begin(moment.id(), draft, moment.now))
}

/// Answers whoever has begun a session: a browser is led to its start page,
/// anybody else gets tokens.
pub async fn signed_in(app: &App, session: &Session) -> Result<Response, Problem> {
    match session.holder {
        Holder::Browser => Ok(see_other(START_PAGE).with_cookie(session_cookie(app, session))),
        Holder::Program => Ok(ok(&tokens(app, session).await?)),
    }
}

/// Where a client that has signed in finds itself.
const START_PAGE: &str = "/portal";

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
            let page = sign_in_page(session.workspace_id);
            Ok(see_other(&page).with_cookie(forget_session()))
        }
        _ => Err(problem),
    }
}

/// Where the clients of a workspace sign in.
pub fn sign_in_page(workspace_id: WorkspaceId) -> String {
    format!("/w/{workspace_id}/sign-in")
}

/// The whole address of [`sign_in_page`]: what a workspace calls its portal.
pub fn portal_url(app: &App, workspace_id: WorkspaceId) -> String {
    format!("{}{}", app.base_url, sign_in_page(workspace_id))
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

/// Lets in a client who is signed in: with an access token, or with a browser's
/// cookie. A client that was archived or signed out is out on the very next
/// request.
pub async fn admit_client(app: &App, request: &Request) -> Result<PortalCaller, Problem> {
    let presented = match request.bearer() {
        Some(token) => Presented::bearer(token),
        None => cookie_session(request).map(Presented::Cookie),
    };
    let presented = presented.ok_or_else(Problem::session_missing)?;
    let (workspace_id, client_id, session_id) =
        presented.client().ok_or_else(Problem::session_missing)?;
    let workspace = app.store.workspace(workspace_id);
    let found = workspace.signed_in_client(client_id, session_id).await?;
    let (Some(client), Some(session)) = (found.client, found.session) else {
        return Err(Problem::session_missing());
    };
    let is_in = client.archived_at.is_none()
        && session.is_live(client.session_epoch, app.now())
        && presented.is_genuine(app, &found.keys, &session);
    if !is_in {
        return Err(Problem::session_missing());
    }
    if matches!(presented, Presented::Cookie(_)) {
        form::refuse_forgery(app, request)?;
    }
    Ok(PortalCaller { client, session })
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
    Bearer {
        token: String,
        workspace_id: WorkspaceId,
        account: Account,
        session_id: SessionId,
    },
    Cookie(PresentedSession),
}

impl Presented {
    fn bearer(token: &str) -> Option<Self> {
        let claimed = portico_keys::claimed_access_token(token)?;
        Some(Self::Bearer {
            token: token.to_owned(),
            workspace_id: claimed.workspace_id,
            account: claimed.account,
            session_id: claimed.session_id,
        })
    }

    fn client(&self) -> Option<(WorkspaceId, ClientId, SessionId)> {
        let (workspace, account, session) = match self {
            Self::Bearer {
                workspace_id,
                account,
                session_id,
                ..
            } => (*workspace_id, *account, *session_id),
            Self::Cookie(presented) => (
                presented.workspace_id,
                presented.account,
                presented.session_id,
            ),
        };
        match account {
            Account::Client { id } => Some((workspace, id, session)),
            Account::InternalUser { .. } => None,
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
