//! Devices: browsers in which somebody has signed in before.
//!
//! Tries at a password are counted for the account, so a stranger can use them
//! up and keep its owner out. A browser in which an account was signed in to
//! keeps a cookie that says so, and what is tried there is counted apart: its
//! own wrong tries are all that can keep it out. The cookie lets nobody in. It
//! is sealed, names the account, and is written anew with each sign-in. OWASP
//! calls this device cookies.

use crate::{Problem, Request, session::cookie};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portico_app::App;
use portico_domain::{Account, Door, Email, Session, Time, WorkspaceId};
use portico_keys::{Secret, random};
use portico_store::WorkspaceStore;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const COOKIE: &str = "__Host-portico-devices";
/// What the seal is bound to.
const CONTEXT: &str = "devices";
/// For how long a browser is known after it was last signed in: a year, and
/// browsers keep no cookie for much longer.
const LIFETIME: Duration = Duration::from_hours(365 * 24);
/// How many accounts one browser is known for: those of a family or a desk that
/// is shared. More would make the cookie larger than it is worth.
const MOST: usize = 4;

/// A browser in which this account was signed in to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    workspace_id: WorkspaceId,
    account: Account,
    /// What tells it from the other devices of the account: 128 random bits.
    nonce: String,
    until: Time,
}

impl Device {
    /// What its tries are counted under.
    pub(crate) fn subject(&self) -> String {
        format!("{} {}", self.account.uuid(), self.nonce)
    }
}

/// The device that this request comes from, if somebody signed in there before
/// to the account that has this address. Where the browser is known for some
/// account of the workspace, the address is looked up, whosever it is.
pub async fn device_at(
    app: &App,
    request: &Request,
    (store, workspace_id): (&WorkspaceStore<'_>, WorkspaceId),
    (door, email): (Door, &Email),
) -> Result<Option<Device>, Problem> {
    let mut known = devices(app, request);
    known.retain(|device| device.workspace_id == workspace_id);
    if known.is_empty() {
        return Ok(None);
    }
    let account = store.account_with(door, email).await?;
    Ok(known
        .into_iter()
        .find(|device| Some(device.account) == account))
}

/// The device that a session is used on, if it was begun there.
pub(crate) fn device_of(app: &App, request: &Request, session: &Session) -> Option<Device> {
    let known = devices(app, request);
    known.into_iter().find(|device| {
        device.workspace_id == session.workspace_id && device.account == session.account
    })
}

/// The cookie by which a browser is known again in which this session begins,
/// beside the other accounts that it is known for.
pub(crate) fn device_cookie(
    app: &App,
    request: &Request,
    session: &Session,
) -> Result<String, Problem> {
    let mut known = devices(app, request);
    known.retain(|device| device.account != session.account);
    known.truncate(MOST - 1);
    let newest = Device {
        workspace_id: session.workspace_id,
        account: session.account,
        nonce: URL_SAFE_NO_PAD.encode(random::<16>()?),
        until: app.now() + LIFETIME,
    };
    known.insert(0, newest);
    let text = serde_json::to_string(&known).map_err(|_| Problem::internal())?;
    let sealed = app.keys.seal(CONTEXT, &Secret::new(text))?;
    Ok(cookie(COOKIE, &sealed, LIFETIME.as_secs()))
}

/// The accounts that the browser is known for, the latest first.
fn devices(app: &App, request: &Request) -> Vec<Device> {
    let opened = request
        .cookie(COOKIE)
        .and_then(|sealed| app.keys.open(CONTEXT, sealed));
    let known = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
    let mut known: Vec<Device> = known.unwrap_or_default();
    known.retain(|device| app.now() < device.until);
    known
}
