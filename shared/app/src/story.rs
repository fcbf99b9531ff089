//! What an adapter has to know beside the event.

use crate::App;
use portico_crm::Story;
use portico_domain::{ClientId, Company, CompanyId, CompanyView, Event, EventType};
use portico_store::{Error, WorkspaceStore};
use serde_json::Value;

/// The event with what it only names by id, as that is now: an adapter writes
/// over what is there, and what is newest is never wrong.
pub(crate) async fn tell<'a>(app: &App, event: &'a Event) -> Result<Story<'a>, Error> {
    let workspace = app.store.workspace(event.workspace_id);
    let mut story = Story::plain(event);
    match event.event_type.ours() {
        Some(EventType::CompanyClientAdded | EventType::CompanyClientRemoved) => {
            if let Some(id) = id(event, "companyId") {
                let company = workspace.company(CompanyId::from_uuid(id)).await?;
                story.company = company.as_ref().map(CompanyView::from);
            }
        }
        Some(EventType::ClientUpdated | EventType::RequestCreated) => {}
        _ => return Ok(story),
    }
    let id = id(event, "clientId").unwrap_or(event.object_id);
    if let Some(client) = workspace.client(ClientId::from_uuid(id)).await? {
        story.primary = primary(&workspace, client.primary_company()).await?;
        story.is_client_archived = client.archived_at.is_some();
        story.client = Some(client.view(client.status(app.now())));
    }
    Ok(story)
}

async fn primary(
    workspace: &WorkspaceStore<'_>,
    id: CompanyId,
) -> Result<Option<CompanyView>, Error> {
    let is_real = |company: &Company| !company.is_placeholder && company.deleted_at.is_none();
    let company = workspace.company(id).await?.filter(is_real);
    Ok(company.as_ref().map(CompanyView::from))
}

fn id(event: &Event, field: &str) -> Option<uuid::Uuid> {
    event.data.get(field).and_then(Value::as_str)?.parse().ok()
}
