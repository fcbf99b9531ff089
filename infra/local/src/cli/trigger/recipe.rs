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

/// Whether only the operator of an installation can bring this event about.
pub(super) fn is_operators(kind: EventType) -> bool {
    kind == EventType::LimitReached
}

/// Why this event can only be triggered at a server on one machine, if so.
pub(super) fn is_local_only(kind: EventType) -> Option<&'static str> {
    match kind {
        EventType::ClientActivated | EventType::InvitationAccepted => {
            Some("the link to accept stands in a mail, which only such a server shows")
        }
        EventType::InvitationExpired => {
            Some("the time of an invitation passes there when it is told to")
        }
        EventType::CompanyEmptied => {
            Some("a deleted company is empty after a minute, which passes there when it is told to")
        }
        EventType::ClientCreated
        | EventType::ClientUpdated
        | EventType::ClientStatusChanged
        | EventType::ClientArchived
        | EventType::ClientDeleted
        | EventType::ClientRestored
        | EventType::ClientMerged
        | EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyDeleted
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved
        | EventType::InvitationSent
        | EventType::InvitationDelivered
        | EventType::InvitationBounced
        | EventType::InvitationComplained
        | EventType::InvitationFailed
        | EventType::InvitationCancelled
        | EventType::InternalUserCreated
        | EventType::InternalUserUpdated
        | EventType::InternalUserDeleted
        | EventType::ApiKeyCreated
        | EventType::ApiKeyUpdated
        | EventType::ApiKeyRevoked
        | EventType::RoleCreated
        | EventType::RoleUpdated
        | EventType::RoleDeleted
        | EventType::LimitReached
        | EventType::CustomFieldCreated
        | EventType::CustomFieldUpdated
        | EventType::CustomFieldDeleted
        | EventType::ServiceCreated
        | EventType::ServiceUpdated
        | EventType::ServiceDeleted
        | EventType::RequestCreated
        | EventType::RequestStatusChanged
        | EventType::InvoiceCreated
        | EventType::InvoiceUpdated
        | EventType::InvoicePaid
        | EventType::InvoiceVoided
        | EventType::PaymentSucceeded
        | EventType::PaymentFailed
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
        EventType::ClientRestored => {
            let client = stage.client(&[]).await?;
            let path = format!("/v1/clients/{client}");
            stage.delete(&path).await?;
            let path = format!("{path}/restore");
            stage.ask(Method::POST, &path, Some(&json!({}))).await?;
            Ok(client)
        }
        EventType::ClientMerged => {
            let (duplicate, client) = (stage.twin().await?, stage.client(&[]).await?);
            let path = format!("/v1/clients/{duplicate}/merge");
            let into = json!({ "into": client });
            stage.ask(Method::POST, &path, Some(&into)).await?;
            Ok(client)
        }
        EventType::CustomFieldCreated
        | EventType::CustomFieldUpdated
        | EventType::CustomFieldDeleted => field(kind, stage).await,
        EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyDeleted
        | EventType::CompanyEmptied
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved => company(kind, stage).await,
        EventType::InvitationSent
        | EventType::InvitationDelivered
        | EventType::InvitationBounced
        | EventType::InvitationComplained
        | EventType::InvitationFailed
        | EventType::InvitationAccepted
        | EventType::InvitationExpired
        | EventType::InvitationCancelled => invitation(kind, stage).await,
        EventType::InternalUserCreated
        | EventType::InternalUserUpdated
        | EventType::InternalUserDeleted => internal_user(kind, stage).await,
        EventType::ApiKeyCreated | EventType::ApiKeyUpdated | EventType::ApiKeyRevoked => {
            access(kind, "API key", "/v1/api-keys", stage).await
        }
        EventType::RoleCreated | EventType::RoleUpdated | EventType::RoleDeleted => {
            access(kind, "role", "/v1/roles", stage).await
        }
        EventType::ServiceCreated | EventType::ServiceUpdated | EventType::ServiceDeleted => {
            service(kind, stage).await
        }
        EventType::RequestCreated | EventType::RequestStatusChanged => request(kind, stage).await,
        EventType::InvoiceCreated
        | EventType::InvoiceUpdated
        | EventType::InvoicePaid
        | EventType::InvoiceVoided
        | EventType::PaymentSucceeded
        | EventType::PaymentFailed => billing(kind, stage).await,
        // Plans are the operator's; no caller can bring this about.
        EventType::LimitReached => Err(TriggerError::OnlyOperator(kind)),
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
        EventType::CompanyEmptied => {
            stage.delete(&path).await?;
            stage.advance(Duration::from_mins(1)).await?;
        }
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

/// A team member who may do little and is removed again, whatever is told.
async fn internal_user(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let user = stage.internal_user().await?;
    let path = format!("/v1/internal-users/{user}");
    if kind == EventType::InternalUserUpdated {
        let change = json!({ "givenName": "Triggered" });
        stage.patch(&path, &change).await?;
    }
    // Nobody shall be left who could sign in.
    stage.delete(&path).await?;
    Ok(user)
}

/// A key or a role that allows nothing and is gone again, whatever is told.
async fn access(
    kind: EventType,
    what: &str,
    path: &str,
    stage: &mut Stage<'_>,
) -> Result<String, TriggerError> {
    let id = stage.access(what, path).await?;
    let path = format!("{path}/{id}");
    if matches!(kind, EventType::ApiKeyUpdated | EventType::RoleUpdated) {
        let change = json!({ "name": format!("{} (renamed)", stage.name()) });
        stage.patch(&path, &change).await?;
    }
    stage.delete(&path).await?;
    Ok(id)
}

/// A client asks for a service, which is gone again.
async fn request(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let client = stage.client(&[]).await?;
    let service = stage.service().await?;
    let path = format!("/v1/services/{service}");
    stage.patch(&path, &json!({ "isActive": true })).await?;
    let body = json!({ "clientId": client, "serviceId": service, "title": stage.name() });
    let made = stage.ask(Method::POST, "/v1/requests", Some(&body)).await?;
    let id = made["id"].as_str().ok_or(TriggerError::Missing("id"))?;
    if kind == EventType::RequestStatusChanged {
        let done = json!({ "status": "done" });
        stage.patch(&format!("/v1/requests/{id}"), &done).await?;
    }
    stage.delete(&path).await?;
    Ok(id.to_owned())
}

/// A client is billed one cent, which is paid or voided in the end, so that
/// nothing is owed.
async fn billing(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let client = stage.client(&[]).await?;
    let invoice = stage.invoice(&client).await?;
    let path = format!("/v1/invoices/{invoice}");
    let payments = format!("{path}/payments");
    let payment = |status: &str| json!({ "amount": 1, "paymentMethod": "other", "status": status });
    match kind {
        EventType::InvoicePaid => {
            let paid = payment("succeeded");
            stage.ask(Method::POST, &payments, Some(&paid)).await?;
            return Ok(invoice);
        }
        EventType::PaymentSucceeded | EventType::PaymentFailed => {
            let is_paid = kind == EventType::PaymentSucceeded;
            let made = payment(if is_paid { "succeeded" } else { "failed" });
            let made = stage.ask(Method::POST, &payments, Some(&made)).await?;
            let id = made["id"].as_str().ok_or(TriggerError::Missing("id"))?;
            if !is_paid {
                stage.void(&path).await?;
            }
            return Ok(id.to_owned());
        }
        EventType::InvoiceUpdated => {
            let change = json!({ "memo": "Triggered" });
            stage.patch(&path, &change).await?;
        }
        _ => {}
    }
    stage.void(&path).await?;
    Ok(invoice)
}

/// A service that is gone again, whatever is told.
async fn service(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let id = stage.service().await?;
    let path = format!("/v1/services/{id}");
    if kind == EventType::ServiceUpdated {
        let change = json!({ "name": format!("{} (renamed)", stage.name()) });
        stage.patch(&path, &change).await?;
    }
    stage.delete(&path).await?;
    Ok(id)
}

async fn field(kind: EventType, stage: &mut Stage<'_>) -> Result<String, TriggerError> {
    let field = json!({ "entityType": "company", "name": stage.name(), "type": "text" });
    let added = stage
        .ask(
            Method::POST,
            "/v1/custom-fields",
            Some(&json!({ "customFields": [field] })),
        )
        .await?;
    let id = added["customFields"][0]["id"].as_str();
    let id = id.ok_or(TriggerError::Missing("id"))?.to_owned();
    let path = format!("/v1/custom-fields/{id}");
    match kind {
        EventType::CustomFieldUpdated => {
            let change = json!({ "name": format!("{} (renamed)", stage.name()) });
            stage.patch(&path, &change).await?;
        }
        EventType::CustomFieldDeleted => stage.delete(&path).await?,
        _ => {}
    }
    Ok(id)
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
    match kind {
        EventType::InvitationBounced => stage.simulate("bounce"),
        EventType::InvitationComplained => stage.simulate("complaint"),
        EventType::InvitationFailed => stage.simulate("suppressionlist"),
        _ => {}
    }
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
