//! How each event is made to happen.

use super::{
    TriggerError,
    stage::{Stage, say},
};
use portico_domain::{EventType, Time};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Why this event can only be triggered at a server on one machine, if so.
pub(super) fn is_local_only(kind: EventType) -> Option<&'static str> {
    match kind {
        EventType::ClientActivated | EventType::InvitationAccepted => {
            Some("the link to accept stands in a mail, which only such a server shows")
        }
        EventType::InvitationExpired => {
            Some("the time of an invitation passes there when it is told to")
        }
        EventType::ClientCreated
        | EventType::ClientUpdated
        | EventType::ClientStatusChanged
        | EventType::ClientArchived
        | EventType::ClientDeleted
        | EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyDeleted
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved
        | EventType::InvitationSent
        | EventType::InvitationCancelled
        | EventType::WorkspaceUpdated
        | EventType::WebhookEndpointDisabled => None,
    }
}

/// Does what the event tells of. Answers with the object that it counts for.
pub(super) async fn run(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    if let Some(reason) = is_local_only(kind)
        && !stage.is_local()
    {
        return Err(TriggerError::OnlyLocal(kind, reason));
    }
    match kind {
        EventType::ClientCreated => stage.client(&[]).await,
        EventType::ClientUpdated => {
            let client = stage.client(&[]).await?;
            let change = json!({ "position": "Triggered" });
            stage
                .patch(&format!("/v1/clients/{client}"), &change)
                .await?;
            Ok(client)
        }
        EventType::ClientStatusChanged => {
            let client = stage.client(&[]).await?;
            stage.invitation(&client).await?;
            Ok(client)
        }
        EventType::ClientActivated => {
            let client = stage.client(&[]).await?;
            stage.invitation(&client).await?;
            accept(stage).await?;
            Ok(client)
        }
        EventType::ClientArchived | EventType::ClientDeleted => {
            let client = stage.client(&[]).await?;
            stage.delete(&format!("/v1/clients/{client}")).await?;
            Ok(client)
        }
        EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyDeleted
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved => company(kind, stage).await,
        EventType::InvitationSent
        | EventType::InvitationAccepted
        | EventType::InvitationExpired
        | EventType::InvitationCancelled => invitation(kind, stage).await,
        EventType::WorkspaceUpdated => workspace(stage).await,
        EventType::WebhookEndpointDisabled => {
            let endpoint = stage.endpoint().await?;
            let change = json!({ "enabled": false });
            stage
                .patch(&format!("/v1/webhook-endpoints/{endpoint}"), &change)
                .await?;
            Ok(endpoint)
        }
    }
}

async fn company(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let company = stage.company().await?;
    let path = format!("/v1/companies/{company}");
    match kind {
        EventType::CompanyUpdated => {
            let change = json!({ "name": format!("{} (renamed)", stage.name()) });
            stage.patch(&path, &change).await?;
        }
        EventType::CompanyDeleted => stage.delete(&path).await?,
        EventType::CompanyClientAdded => return stage.client(&[&company]).await,
        EventType::CompanyClientRemoved => {
            let client = stage.client(&[&company]).await?;
            let change = json!({ "companyIds": [] });
            stage
                .patch(&format!("/v1/clients/{client}"), &change)
                .await?;
            return Ok(client);
        }
        _ => {}
    }
    Ok(company)
}

/// Gives the workspace another name for a moment.
async fn workspace(stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let path = "/v1/workspaces";
    let workspace = stage.ask(Method::GET, path, None).await?;
    let text = |name: &'static str| workspace[name].as_str().ok_or(TriggerError::Missing(name));
    let (id, name) = (text("id")?, text("brandName")?);
    stage
        .patch(path, &json!({ "brandName": stage.name() }))
        .await?;
    stage.patch(path, &json!({ "brandName": name })).await?;
    Ok(id.to_owned())
}

async fn invitation(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let client = stage.client(&[]).await?;
    let invitation = stage.invitation(&client).await?;
    let id = invitation["id"]
        .as_str()
        .ok_or(TriggerError::Missing("id"))?;
    match kind {
        EventType::InvitationAccepted => accept(stage).await?,
        EventType::InvitationExpired => {
            // What has run out before it was mailed is not mailed any more.
            link(stage).await?;
            let ends = invitation["expiresAt"].as_str();
            let ends: Option<Time> = ends.and_then(|text| text.parse().ok());
            let left = ends
                .ok_or(TriggerError::Missing("expiresAt"))?
                .since(stage.local_time().await?);
            // The second in which it ends has to be over.
            stage.advance(left + Duration::from_secs(1)).await?;
        }
        EventType::InvitationCancelled => {
            let path = format!("/v1/invitations/{id}/cancel");
            stage.ask(Method::POST, &path, Some(&json!({}))).await?;
        }
        _ => {}
    }
    Ok(id.to_owned())
}

/// Does what the invited person does: reads the mail, and follows the link.
async fn accept(stage: &mut Stage<'_>) -> Result<(), TriggerError> {
    let link = link(stage).await?;
    let path = format!("{link}/accept");
    // Nobody will sign in with it.
    let password = json!({ "password": Uuid::now_v7() });
    stage.ask(Method::POST, &path, Some(&password)).await?;
    Ok(())
}

async fn link(stage: &Stage<'_>) -> Result<String, TriggerError> {
    say("Waiting for the mail with the link")?;
    stage.link().await
}
