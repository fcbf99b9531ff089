//! Every change leaves an entry in the audit log that says who made it.

use e2e::{TestApp, id};
use portico_domain::{Actor, AuditEntry, ChangeSource, CompanyAccess, Role};
use portico_store::{AuditFilter, PageRequest};
use serde_json::json;

async fn entries(app: &TestApp, filter: AuditFilter) -> Vec<AuditEntry> {
    let page = PageRequest {
        limit: 100,
        after: None,
    };
    let workspace = app.server.app().store.workspace(app.server.workspace_id);
    let found = workspace.audit_entries(filter, &page).await;
    found.expect("the table answers").items
}

fn types(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| &*entry.event_type).collect()
}

#[tokio::test]
async fn an_entry_says_who_did_what_with_which_key_and_from_where() {
    let app = TestApp::start().await;
    let key = app.key(portico_domain::Permission::ALL).await;
    let caller = key.actor.with("user-agent", "crm-sync/2.1");

    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let answer = caller.post("/v1/clients", &body).await;
    let request_id = answer.header("x-request-id").to_owned();
    let client = answer.expect(200);

    let [entry] = &entries(&app, AuditFilter::default()).await[..] else {
        panic!("one change leaves one entry");
    };
    assert_eq!(entry.event_type, "client.created");
    assert_eq!(
        entry.origin.actor,
        Actor::InternalUser {
            id: key.stored.owner
        }
    );
    assert_eq!(entry.origin.source, ChangeSource::Platform);
    assert_eq!(entry.origin.api_key_id, Some(key.stored.id));
    assert_eq!(entry.origin.ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(entry.origin.user_agent.as_deref(), Some("crm-sync/2.1"));
    assert_eq!(entry.origin.request_id, Some(request_id));
    let events = app.admin().get("/v1/events").await.expect(200);
    let told: Vec<&str> = events["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(id)
        .collect();
    let named: Vec<String> = entry
        .items
        .iter()
        .filter_map(|item| item.event_id.map(|id| id.to_string()))
        .collect();
    assert_eq!(named, told);
    assert_eq!(entry.items[0].object_id, id(&client));
}

#[tokio::test]
async fn clients_in_the_portal_and_portico_itself_are_told_apart_from_keys() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let created = app
        .admin()
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("ada@example.com").await);
    let password = json!({ "password": "correct horse battery" });
    app.nobody().post(&accept, &password).await.expect(200);

    let found = entries(&app, AuditFilter::default()).await;

    assert_eq!(
        types(&found),
        [
            "invitation.accepted",
            "invitation.delivered",
            "invitation.sent",
            "client.created"
        ],
        "newest first"
    );
    let sources: Vec<ChangeSource> = found.iter().map(|entry| entry.origin.source).collect();
    assert_eq!(
        sources,
        [
            ChangeSource::Web,
            ChangeSource::System,
            ChangeSource::System,
            ChangeSource::Platform
        ]
    );
    let accepted = &found[0];
    assert_eq!(
        accepted
            .origin
            .actor
            .id()
            .map(|id| id.to_string())
            .as_deref(),
        Some(id(&created))
    );
    assert_eq!(found[1].origin.actor, Actor::System);
    assert_eq!(found[1].origin.request_id, None);
}

#[tokio::test]
async fn entries_are_found_by_time_actor_type_and_object() {
    let app = TestApp::start().await;
    let key = app.member(Role::Admin, CompanyAccess::ALL).await;
    let company = app
        .admin()
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    app.advance(std::time::Duration::from_mins(1)).await;
    let noon = app.now();
    let path = format!("/v1/companies/{}", id(&company));
    key.actor
        .patch(&path, &json!({ "name": "Looms" }))
        .await
        .expect(200);

    let of = |filter| entries(&app, filter);
    let since = AuditFilter {
        since: Some(noon),
        ..AuditFilter::default()
    };
    assert_eq!(types(&of(since).await), ["company.updated"]);
    let until = AuditFilter {
        until: Some(noon),
        ..AuditFilter::default()
    };
    assert_eq!(
        types(&of(until).await),
        ["company.created", "internalUser.created"]
    );
    let by_key = AuditFilter {
        actor_ids: vec![
            key.stored.owner.to_string(),
            "01890000-0000-7000-8000-000000000000".to_owned(),
        ],
        ..AuditFilter::default()
    };
    assert_eq!(types(&of(by_key).await), ["company.updated"]);
    let of_types = |names: &[&str]| AuditFilter {
        event_types: names.iter().map(ToString::to_string).collect(),
        ..AuditFilter::default()
    };
    assert_eq!(
        types(&of(of_types(&["company.created", "client.created"])).await),
        ["company.created"]
    );
    assert_eq!(types(&of(of_types(&["client.created"])).await), [""; 0]);
    let of_company = AuditFilter {
        object_id: Some(id(&company).to_owned()),
        ..AuditFilter::default()
    };
    let found = of(of_company).await;
    assert_eq!(types(&found), ["company.updated", "company.created"]);
    assert_eq!(found[0].items[0].changed, ["name"]);
    let workspace = app.server.app().store.workspace(app.server.workspace_id);
    let one = workspace.audit_entry(found[0].id).await;
    assert_eq!(one.expect("the table answers").as_ref(), Some(&found[0]));
}

#[tokio::test]
async fn what_no_webhook_tells_of_is_in_the_log_and_what_was_refused_is_not() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "url": "https://example.com/hooks" });
    let endpoint = admin.post("/v1/webhook-endpoints", &body).await.expect(201);
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    admin
        .post(&format!("{path}/rotate-secret"), &json!({}))
        .await
        .expect(200);
    admin
        .patch(&path, &json!({ "description": "CRM" }))
        .await
        .expect(200);
    admin
        .patch(&path, &json!({ "description": "CRM" }))
        .await
        .expect(200);
    admin
        .patch(&path, &json!({ "url": "nonsense" }))
        .await
        .problem(400, "url_refused");
    admin.delete(&path).await.expect(200);

    let found = entries(&app, AuditFilter::default()).await;

    assert_eq!(
        types(&found),
        [
            "webhookEndpoint.deleted",
            "webhookEndpoint.updated",
            "webhookEndpoint.secretRotated",
            "webhookEndpoint.created"
        ]
    );
}
