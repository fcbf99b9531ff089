//! The mails about requests. Who gets one is decided when it is written: who
//! has left, sees the company no more or does not want mail gets none.

use crate::{Ready, brand};
use portico_app::{App, TriggerError};
use portico_domain::{
    Client, ClientStatus, InternalUser, InternalUserId, Permission, RequestId, ServiceRequest,
};
use portico_mail::{RequestMade, RequestMoved};
use portico_store::{Error, WorkspaceStore};

/// Tells an account manager that a request was made, or that its client
/// cancelled it, unless nothing is left of it or the account manager is one no
/// more who sees it.
pub(crate) async fn to_manager(
    workspace: &WorkspaceStore<'_>,
    id: RequestId,
    manager: InternalUserId,
    is_cancelled: bool,
) -> Result<Option<Ready>, TriggerError> {
    let Some((request, client)) = request(workspace, id).await? else {
        return Ok(None);
    };
    let Some(user) = workspace.internal_user(manager).await? else {
        return Ok(None);
    };
    if !sees(workspace, &user, &request).await? {
        return Ok(None);
    }
    let company = match request.company_id {
        Some(id) => workspace.company(id).await?,
        None => None,
    };
    let settings = workspace.get().await?;
    let mail = RequestMade {
        brand: brand(&settings),
        to: user.email.as_str(),
        given_name: &user.name.given_name,
        client: &client.name.full(),
        company: company.as_ref().map(|company| company.name.as_str()),
        service: &request.service_name,
        title: &request.title,
        details: request.details.as_deref(),
        request_id: &id.to_string(),
        is_cancelled,
    };
    Ok(Some(Ready {
        written: mail.write()?,
        to: user.email.clone(),
        tags: vec![("request", id.to_string())],
        invited: None,
    }))
}

/// Tells the client of a step of its request, unless nothing is left of either,
/// or the client is not invited and the workspace does not write to those.
pub(crate) async fn moved(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    id: RequestId,
    step: u16,
) -> Result<Option<Ready>, TriggerError> {
    let Some((request, client)) = request(workspace, id).await? else {
        return Ok(None);
    };
    let Some(step) = request.history.get(usize::from(step)) else {
        return Ok(None);
    };
    let settings = workspace.get().await?;
    let is_invited = client.status(app.now()) != ClientStatus::NotInvited;
    if client.is_archived() || !(is_invited || settings.are_uninvited_notified) {
        return Ok(None);
    }
    let mail = RequestMoved {
        brand: brand(&settings),
        to: client.email.as_str(),
        given_name: &client.name.given_name,
        service: &request.service_name,
        title: &request.title,
        status: step.status,
        note: step.note.as_deref(),
    };
    Ok(Some(Ready {
        written: mail.write()?,
        to: client.email.clone(),
        tags: vec![
            ("request", id.to_string()),
            ("client", client.id.to_string()),
        ],
        invited: None,
    }))
}

/// A request and who asks, unless they were erased.
async fn request(
    workspace: &WorkspaceStore<'_>,
    id: RequestId,
) -> Result<Option<(ServiceRequest, Client)>, Error> {
    let request = workspace.request(id).await?;
    let Some(request) = request.filter(|request| request.erased_at.is_none()) else {
        return Ok(None);
    };
    let client = workspace.client_or_survivor(request.client_id).await?;
    let client = client.filter(|client| client.purged_at.is_none());
    Ok(client.map(|client| (request, client)))
}

/// Whether a team member may see a request at this moment.
async fn sees(
    workspace: &WorkspaceStore<'_>,
    user: &InternalUser,
    request: &ServiceRequest,
) -> Result<bool, Error> {
    if !user.is_member() || !request.is_within(&user.company_access) {
        return Ok(false);
    }
    let of_role = match user.role.custom() {
        None => user.role.permissions(),
        Some(id) => workspace.role(id).await?.map(|role| role.permissions),
    };
    let may = user.permissions(of_role.unwrap_or_default());
    Ok(may.contains(&Permission::ViewRequests))
}
