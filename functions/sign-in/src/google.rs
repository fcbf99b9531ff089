//! What a browser keeps while it is at Google.
//!
//! It is sealed in a cookie that lives for ten minutes, so nothing is stored
//! for whoever never comes back, and whoever comes back in another browser
//! brings nothing that counts.

use portico_app::App;
use portico_domain::{Door, InvitationId, TicketId, Time, WorkspaceId};
use portico_google::{Attempt, Google};
use portico_keys::Secret;
use portico_web::{Problem, Request, Response, cookie, see_other};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const COOKIE: &str = "__Host-portico-google";
/// What the seal is bound to.
const CONTEXT: &str = "attempt to sign in with Google";
/// For how long somebody may choose a Google account and type its password.
const LIFETIME: Duration = Duration::from_mins(10);

/// An attempt that was begun in this browser.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    /// At whose door.
    pub(crate) workspace_id: WorkspaceId,
    /// What for.
    pub(crate) aim: Aim,
    /// What has to go with Google's answer.
    pub(crate) attempt: Attempt,
    expires_at: Time,
}

/// What somebody goes to Google for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Aim {
    /// To sign in to the portal.
    Enter,
    /// To sign in to the team.
    EnterTeam,
    /// To sign up.
    SignUp,
    /// To accept an invitation, with the link of this generation.
    Accept(InvitationId, u32),
    /// To accept an invitation to the team, with the link of this ticket.
    Join(TicketId),
}

impl Aim {
    /// The door that somebody with this aim came to.
    pub(crate) const fn door(self) -> Door {
        match self {
            Self::Enter | Self::SignUp | Self::Accept(..) => Door::Clients,
            Self::EnterTeam | Self::Join(_) => Door::Team,
        }
    }
}

/// Google, where it is set up.
pub(crate) fn google(app: &App) -> Result<&Google, Problem> {
    app.google.as_ref().ok_or_else(Problem::google_off)
}

/// Where Google sends browsers back to.
pub(crate) fn redirect(app: &App) -> String {
    format!("{}/google/callback", app.base_url)
}

/// Sends the browser to Google.
pub(crate) async fn begin(
    app: &App,
    workspace_id: WorkspaceId,
    aim: Aim,
) -> Result<Response, Problem> {
    let google = google(app)?;
    let (url, attempt) = google.begin(&app.sender, &redirect(app)).await?;
    let begun = Begun {
        workspace_id,
        aim,
        attempt,
        expires_at: app.now() + LIFETIME,
    };
    let text = serde_json::to_string(&begun).map_err(|_| Problem::internal())?;
    let sealed = app.keys.seal(CONTEXT, &Secret::new(text))?;
    Ok(see_other(&url).with_cookie(cookie(COOKIE, &sealed, LIFETIME.as_secs())))
}

/// The attempt that this browser has begun, if it is not over.
pub(crate) fn begun(app: &App, request: &Request) -> Option<Begun> {
    let opened = app.keys.open(CONTEXT, request.cookie(COOKIE)?)?;
    let begun: Begun = serde_json::from_str(opened.expose()).ok()?;
    (app.now() < begun.expires_at).then_some(begun)
}

/// The cookie that makes a browser forget its attempt: each is made once.
pub(crate) fn forget() -> String {
    cookie(COOKIE, "", 0)
}
