//! Erases what is left of purged clients: their invitations and sessions, and
//! whatever is personal in what they asked for and were billed, in events and in
//! what endpoints answered.
//!
//! What was sent to endpoints already is with their owners. Links that were
//! asked for are not found by their client; they go by themselves, a week after
//! their end.

use crate::{PAGES, note};
use portico_app::{App, TriggerError, retry};
use portico_domain::{Account, Change, Chore, ClientId, DeliveryId, Endpoint, Event, Work};
use portico_store::{CommitError, EventFilter, InvitationFilter, PageRequest, WorkspaceStore};
use uuid::Uuid;

/// Erases client after client; answers whether nothing is left of any.
pub(crate) async fn erase(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    chore: &Chore,
    clients: &[ClientId],
) -> Result<bool, TriggerError> {
    let mut chore = chore.clone();
    let endpoints = workspace.all_endpoints().await?;
    for (done, client) in clients.iter().enumerate() {
        if !erase_client(app, workspace, &endpoints, *client).await? {
            return Ok(false);
        }
        let rest = clients[done + 1..].to_vec();
        chore = note(workspace, chore, |chore| {
            chore.work = Work::Erase { clients: rest };
        })
        .await?;
    }
    Ok(true)
}

async fn erase_client(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoints: &[Endpoint],
    client: ClientId,
) -> Result<bool, TriggerError> {
    let of_client = InvitationFilter {
        client_id: Some(client),
        ..InvitationFilter::default()
    };
    for _ in 0..PAGES {
        let page = PageRequest {
            limit: 100,
            after: None,
        };
        let invitations = workspace.invitations(of_client.clone(), &page).await?.items;
        if invitations.is_empty() {
            return Ok(erase_requests(app, workspace, endpoints, client).await?
                && erase_invoices(app, workspace, endpoints, client).await?
                && erase_sessions(workspace, client).await?
                && erase_events(workspace, endpoints, client.uuid()).await?);
        }
        for invitation in invitations {
            if !erase_events(workspace, endpoints, invitation.id.uuid()).await? {
                return Ok(false);
            }
            workspace.delete_invitation(invitation.id).await?;
        }
    }
    Ok(false)
}

/// Erases what is personal in what a client has asked for. That it asked, for
/// what, when, and what became of it stays: so counts of what was done stay
/// right. The events of a request go first: who dies in between finds it again.
async fn erase_requests(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoints: &[Endpoint],
    client: ClientId,
) -> Result<bool, TriggerError> {
    let mut after = None;
    for _ in 0..PAGES {
        let page = PageRequest { limit: 100, after };
        let found = workspace.unerased_requests(client, &page).await?;
        for listed in found.items {
            if !erase_events(workspace, endpoints, listed.id.uuid()).await? {
                return Ok(false);
            }
            retry(TriggerError::is_stale, || async {
                let request = workspace.request(listed.id).await?;
                let Some(request) = request.filter(|request| request.erased_at.is_none()) else {
                    return Ok(());
                };
                let mut change = Change::by_system(app.moment());
                request.erase(&mut change);
                Ok(workspace.commit(&change).await?)
            })
            .await?;
        }
        after = found.next;
        if after.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Erases what is personal in what was billed or addressed to a client, and in
/// its payments. Books are kept by law, so the rest stays. The events go first:
/// who dies in between finds the invoice again.
async fn erase_invoices(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoints: &[Endpoint],
    client: ClientId,
) -> Result<bool, TriggerError> {
    let mut after = None;
    for _ in 0..PAGES {
        let page = PageRequest { limit: 100, after };
        let found = workspace.unerased_invoices(client, &page).await?;
        for listed in found.items {
            let payments = workspace.payments_of(listed.id).await?;
            let payments = payments.iter().map(|payment| payment.id.uuid());
            for object in payments.chain([listed.id.uuid()]) {
                if !erase_events(workspace, endpoints, object).await? {
                    return Ok(false);
                }
            }
            retry(TriggerError::is_stale, || async {
                let invoice = workspace.invoice(listed.id).await?;
                let Some(invoice) = invoice.filter(|invoice| invoice.erased_at.is_none()) else {
                    return Ok(());
                };
                let payments = workspace.payments_of(listed.id).await?;
                let mut change = Change::by_system(app.moment());
                invoice.erase(&mut change, &payments);
                Ok(workspace.commit(&change).await?)
            })
            .await?;
        }
        after = found.next;
        if after.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Erases the sessions of a client: they work no more, but say what its browser
/// called itself.
async fn erase_sessions(
    workspace: &WorkspaceStore<'_>,
    id: ClientId,
) -> Result<bool, TriggerError> {
    let account = Account::Client { id };
    for _ in 0..PAGES {
        let sessions = workspace.sessions(account).await?;
        if sessions.is_empty() {
            return Ok(true);
        }
        for session in sessions {
            workspace.end_session(account, session.id).await?;
        }
    }
    Ok(false)
}

/// Erases the events about one object. Those of an earlier run are passed by.
async fn erase_events(
    workspace: &WorkspaceStore<'_>,
    endpoints: &[Endpoint],
    object: Uuid,
) -> Result<bool, TriggerError> {
    let mut after = None;
    let mut erased = 0;
    loop {
        let of_object = EventFilter {
            object_id: Some(object.to_string()),
            ..EventFilter::default()
        };
        let page = PageRequest { limit: 100, after };
        let found = workspace.events(of_object, &page).await?;
        for event in found.items.iter().filter(|event| !event.is_erased()) {
            erase_answers(workspace, endpoints, event).await?;
            workspace.erase_event(event).await?;
            erased += 1;
        }
        after = found.next;
        if after.is_none() {
            return Ok(true);
        }
        if erased > PAGES * 100 {
            return Ok(false);
        }
    }
}

/// Endpoints may have repeated in their answers what they were told.
async fn erase_answers(
    workspace: &WorkspaceStore<'_>,
    endpoints: &[Endpoint],
    event: &Event,
) -> Result<(), TriggerError> {
    for endpoint in endpoints {
        let id = DeliveryId::of(event.id, endpoint.id);
        retry(TriggerError::is_stale, || async {
            let delivery = workspace.delivery(id).await?;
            let Some(mut delivery) = delivery else {
                return Ok(());
            };
            let is_written =
                !delivery.forget_answers() || workspace.save_delivery(&delivery).await?;
            if !is_written {
                return Err(CommitError::Stale.into());
            }
            Ok(workspace.forget_earlier_answers(&delivery).await?)
        })
        .await?;
    }
    Ok(())
}
