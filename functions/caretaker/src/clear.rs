//! Takes away the values of a deleted custom field.

use crate::{PAGES, note};
use portico_app::{App, TriggerError, retry};
use portico_domain::{Change, Chore, Client, ClientPatch, Company, CompanyPatch, FieldEntity};
use portico_store::{ClientFilter, CompanyFilter, PageRequest, WorkspaceStore};

/// Clears the values page by page; answers whether none is left. The field is
/// forgotten then, and its key can be used again.
pub(crate) async fn clear(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    chore: &Chore,
    entity: FieldEntity,
    key: &str,
) -> Result<bool, TriggerError> {
    let mut chore = chore.clone();
    for _ in 0..PAGES {
        let page = PageRequest {
            limit: 100,
            after: chore.after.clone(),
        };
        let next = match entity {
            FieldEntity::Client => {
                let page = workspace.clients(ClientFilter::default(), &page).await?;
                for client in &page.items {
                    clear_client(app, workspace, client, key).await?;
                }
                page.next
            }
            FieldEntity::Company => {
                let page = workspace.companies(CompanyFilter::default(), &page).await?;
                for company in &page.items {
                    clear_company(app, workspace, company, key).await?;
                }
                page.next
            }
        };
        if next.is_none() {
            forget(app, workspace, entity, key).await?;
            return Ok(true);
        }
        chore = note(workspace, chore, |chore| chore.after = next).await?;
    }
    Ok(false)
}

async fn clear_client(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    listed: &Client,
    key: &str,
) -> Result<(), TriggerError> {
    if listed.custom_fields.clearing(key).is_none() {
        return Ok(());
    }
    retry(TriggerError::is_stale, || async {
        let before = workspace.client(listed.id).await?;
        let Some(before) = before.filter(|client| !client.is_archived()) else {
            return Ok(());
        };
        let Some(custom_fields) = before.custom_fields.clearing(key) else {
            return Ok(());
        };
        let mut change = Change::by_system(app.moment());
        let mut after = before.clone();
        let patch = ClientPatch {
            custom_fields,
            ..ClientPatch::default()
        };
        after.update(&mut change, patch);
        change.save_client(Some(&before), after);
        Ok(workspace.commit(&change).await?)
    })
    .await
}

async fn clear_company(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    listed: &Company,
    key: &str,
) -> Result<(), TriggerError> {
    if listed.custom_fields.clearing(key).is_none() {
        return Ok(());
    }
    retry(TriggerError::is_stale, || async {
        let before = workspace.company(listed.id).await?;
        let Some(before) = before.filter(|company| company.deleted_at.is_none()) else {
            return Ok(());
        };
        let Some(custom_fields) = before.custom_fields.clearing(key) else {
            return Ok(());
        };
        let mut change = Change::by_system(app.moment());
        let mut after = before.clone();
        let patch = CompanyPatch {
            custom_fields,
            ..CompanyPatch::default()
        };
        // Placeholders have no values, so the change is not refused.
        if after.update(&mut change, patch).is_ok() {
            change.save_company(Some(&before), after);
        }
        Ok(workspace.commit(&change).await?)
    })
    .await
}

async fn forget(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    entity: FieldEntity,
    key: &str,
) -> Result<(), TriggerError> {
    retry(TriggerError::is_stale, || async {
        let before = workspace.field_set(entity).await?;
        let mut after = before.clone();
        after.forget(key);
        let mut change = Change::by_system(app.moment());
        change.save_field_set(&before, after);
        Ok(workspace.commit(&change).await?)
    })
    .await
}
