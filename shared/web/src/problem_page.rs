//! Pages that say what went wrong. They look like the other pages of the
//! workspace that the request is about, and lead on from there.
//!
//! Whose page it is, is read from the request anew: a handler may have refused
//! before it read anything, such as a form that was not sent from our own page.

use crate::{
    Access, Brand, Function, Problem, Request, Response, branded_page, door, page, page::Notice,
    session::cookie_session, sign_in_page,
};
use portico_app::{App, Grant};
use portico_domain::{Door, Workspace, WorkspaceId};

/// The workspace that a page of a request would belong to, and where somebody
/// goes on from there. Nobody is let in by it: what is shown of the workspace
/// is what its front door shows to everybody.
pub(crate) struct Place {
    workspace_id: WorkspaceId,
    way: Way,
    is_read_with_others: bool,
}

/// Where a page leads to.
struct Way {
    path: String,
    label: &'static str,
}

impl Place {
    /// The place that a person's request is about, if it says so: by the
    /// workspace or the link in its address, or by the session in its cookie.
    pub(crate) fn of(app: &App, function: &Function, request: &Request) -> Option<Self> {
        let is_for_people = matches!(
            function.route.access,
            Access::Public | Access::Client | Access::Session
        );
        if !is_for_people || !request.wants_page() {
            return None;
        }
        let grants = function.grants();
        let is_read_with_others = !grants.contains(&Grant::GET);
        if is_read_with_others && !grants.contains(&Grant::BATCH_GET) {
            return None;
        }
        let (workspace_id, way) = named(app, request).or_else(|| signed_in(request))?;
        Some(Self {
            workspace_id,
            way,
            is_read_with_others,
        })
    }

    /// Answers with a page of this place, or with a plain one if it cannot be
    /// read: what went wrong is said in any case.
    pub(crate) async fn say(&self, app: &App, problem: &Problem, request_id: &str) -> Response {
        let store = &app.store;
        let workspace = if self.is_read_with_others {
            store.find_workspace_with_others(self.workspace_id).await
        } else {
            store.find_workspace(self.workspace_id).await
        };
        match workspace {
            Ok(Some(workspace)) => say(problem, Some((&workspace, &self.way)), request_id),
            Ok(None) => say(problem, None, request_id),
            Err(error) => {
                tracing::warn!(%error, "failed to read whose page this is");
                say(problem, None, request_id)
            }
        }
    }
}

/// The problem on a page that belongs to nobody.
pub(crate) fn plain(problem: &Problem, request_id: &str) -> Response {
    say(problem, None, request_id)
}

fn say(problem: &Problem, place: Option<(&Workspace, &Way)>, request_id: &str) -> Response {
    let message = problem.sentence();
    let notice = Notice {
        title: problem.heading(),
        message: &message,
        code: problem.code(),
        way: place.map(|(_, way)| (way.path.as_str(), way.label)),
    };
    let written = match place {
        Some((workspace, _)) => branded_page(&Brand::of(workspace), notice.title, &notice),
        None => page(notice.title, &notice),
    };
    match written {
        Ok(response) => problem
            .with_page(response)
            .with_header("x-request-id", request_id),
        Err(problem) => problem.into_response(request_id),
    }
}

/// What the address names. Only tokens that we have given out are read.
fn named(app: &App, request: &Request) -> Option<(WorkspaceId, Way)> {
    let mut pieces = request.raw_path.trim_start_matches('/').split('/');
    let (page, what) = (pieces.next()?, pieces.next()?);
    let (id, door) = match page {
        "w" => (what.parse().ok()?, door(request).unwrap_or(Door::Clients)),
        "i" | "magic" | "reset" | "verify" => {
            let invitation = app.keys.read_invitation_token(what);
            let ticket = || app.keys.read_ticket_token(what);
            let id = invitation
                .map(|link| link.workspace_id)
                .or_else(|| ticket().map(|link| link.workspace_id))?;
            (id, Door::Clients)
        }
        _ => return None,
    };
    let way = Way {
        path: sign_in_page(id, door),
        label: "Go to signing in",
    };
    Some((id, way))
}

/// Whoever has a session goes on where it begins, or, if the session is over,
/// is led from there to where it signs in.
fn signed_in(request: &Request) -> Option<(WorkspaceId, Way)> {
    let session = cookie_session(request)?;
    let way = Way {
        path: crate::session::START_PAGE.to_owned(),
        label: "Go to the portal",
    };
    Some((session.workspace_id, way))
}
