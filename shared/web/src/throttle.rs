//! Slowing down whoever guesses.

use crate::{Device, Problem, Request, device::device_of};
use futures_util::future::try_join_all;
use portico_app::App;
use portico_domain::{ClientId, Email, Limit, Session, Window};
use portico_store::{Error, WorkspaceStore};
use std::net::IpAddr;

/// Tries that were counted, to be taken back if they were no guesses.
#[derive(Debug)]
pub struct Tries {
    counted: Vec<(String, Window)>,
}

/// Counts a try at the password of this account, and refuses it if there have
/// been too many: on this device, if the account was signed in to there before,
/// or else wherever else.
pub async fn count_password_try(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    request: &Request,
    (account, device): (&str, Option<&Device>),
) -> Result<Tries, Problem> {
    let limits = match device {
        Some(device) => vec![(Limit::PASSWORDS_OF_DEVICE, device.subject())],
        None => vec![
            (Limit::PASSWORDS_OF_ACCOUNT, account.to_owned()),
            (Limit::PASSWORDS_FROM_SOURCE, source(request)),
        ],
    };
    count(app, workspace, limits).await
}

/// Counts a try of somebody who is signed in at the own password: on the device
/// if it is known, or else for the session. A stranger who guesses has neither,
/// so its tries keep nobody from changing a password.
pub async fn count_own_password_try(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    request: &Request,
    session: &Session,
) -> Result<Tries, Problem> {
    let limit = match device_of(app, request, session) {
        Some(device) => (Limit::PASSWORDS_OF_DEVICE, device.subject()),
        None => (Limit::PASSWORDS_OF_SESSION, session.id.to_string()),
    };
    count(app, workspace, vec![limit]).await
}

/// Counts a mail that is asked for, and refuses it if there have been too many.
pub async fn count_mail(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    request: &Request,
    to: &Email,
) -> Result<(), Problem> {
    let limits = vec![
        (Limit::MAILS_TO_ADDRESS, to.key()),
        (Limit::MAILS_FROM_SOURCE, source(request)),
    ];
    count(app, workspace, limits).await.map(drop)
}

/// The same on a device, for the account that was signed in to there before.
pub async fn count_mail_on(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    device: &Device,
) -> Result<(), Problem> {
    let limits = vec![(Limit::MAILS_OF_DEVICE, device.subject())];
    count(app, workspace, limits).await.map(drop)
}

/// Counts a request that a client makes, of which account managers are mailed,
/// and refuses it if there have been too many. What is not made after all is to
/// be taken back.
pub async fn count_request(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    client: ClientId,
) -> Result<Tries, Problem> {
    let limits = vec![(Limit::REQUESTS_OF_CLIENT, client.to_string())];
    count(app, workspace, limits).await
}

impl Tries {
    /// Takes the tries back: the password was right, or the request was not made.
    pub async fn forgive(&self, workspace: &WorkspaceStore<'_>) -> Result<(), Error> {
        let each = self
            .counted
            .iter()
            .map(|(subject, window)| workspace.forgive_try(subject, *window));
        try_join_all(each).await.map(drop)
    }
}

async fn count(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    limits: Vec<(Limit, String)>,
) -> Result<Tries, Problem> {
    let now = app.now();
    let each = limits.into_iter().map(|(limit, subject)| async move {
        // Neither addresses nor whatever somebody typed belong into a key.
        let subject = format!(
            "{}-{}",
            limit.name,
            app.keys.fingerprint(&[subject.as_bytes()])
        );
        let window = limit.window(now);
        let tries = workspace.count_try(&subject, window).await?;
        let wait = (tries > limit.most).then(|| window.end.since(now));
        Ok::<_, Error>(((subject, window), wait))
    });
    let (counted, waits): (Vec<_>, Vec<_>) = try_join_all(each).await?.into_iter().unzip();
    match waits.into_iter().flatten().max() {
        Some(wait) => Err(Problem::too_many_tries(wait)),
        None => Ok(Tries { counted }),
    }
}

/// The network that a request comes from. Whoever has one address of IPv6 has
/// 2^64 of them, so those are counted together.
fn source(request: &Request) -> String {
    let source = request.source_ip();
    match source.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let segments = address.segments();
            format!("{:x?}", &segments[..4])
        }
        _ => source.to_owned(),
    }
}
