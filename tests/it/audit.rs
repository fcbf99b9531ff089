//! Every change leaves an entry in the audit log that says who made it.

use e2e::{PASSWORD, TestApp, id};
use portico_domain::{Actor, AuditEntry, ChangeSource, CompanyAccess, Permission, Role};
use portico_store::{AuditFilter, PageRequest};
use serde_json::json;

async fn entries(app: &TestApp, filter: AuditFilter) -> Vec<AuditEntry> {
    let page = PageRequest {
        limit: 100,
        after: None,
    };
    let workspace = app.server.app().store.workspace(app.server.workspace_id);
    let found = workspace.audit_entries(&filter, &page).await;
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

#[tokio::test]
async fn the_log_is_read_by_whoever_may_with_the_compatible_filters() {
    let app = TestApp::start().await;
    let admin = app.admin().with("user-agent", "crm-sync/2.1");
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let answer = admin.post("/v1/clients", &body).await;
    let request_id = answer.header("x-request-id").to_owned();
    let client = answer.expect(200);
    app.advance(std::time::Duration::from_mins(1)).await;
    let noon = app.now();
    let path = format!("/v1/clients/{}", id(&client));
    admin
        .patch(&path, &json!({ "position": "Analyst" }))
        .await
        .expect(200);

    let log = admin.get("/v1/audit-log").await.expect(200);
    let entries = log["data"].as_array().expect("a list");
    let kinds: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["eventType"].as_str())
        .collect();
    assert_eq!(kinds, ["client.updated", "client.created"], "newest first");
    let first = &entries[1];
    assert_eq!(first["requestId"], json!(request_id));
    insta::assert_json_snapshot!(first, {
        ".id" => "[id]", ".actorId" => "[id]", ".companyId" => "[id]", ".apiKeyId" => "[id]",
        ".requestId" => "[id]", ".items[].objectId" => "[id]", ".items[].eventId" => "[id]",
        ".createdAt" => "[time]", ".updatedAt" => "[time]",
    });
    let mut theirs = first.clone();
    theirs["eventType"] = "clientCreated".into();
    for (path, shown) in [
        (format!("/v1/audit-log/{}", id(first)), first),
        (format!("/v1/events/{}", id(first)), &theirs),
    ] {
        assert_eq!(&admin.get(&path).await.expect(200), shown);
    }
    let actor = app.server.admin_id;
    for (query, found) in [
        (format!("startDate={noon}"), 1),
        (format!("endDate={noon}"), 1),
        ("eventType=client.created,client.archived".to_owned(), 1),
        ("eventType=company.created".to_owned(), 0),
        (format!("actorId={actor}"), 2),
        (format!("actorId={actor},{}", id(&client)), 2),
        (format!("actorId={}", id(&client)), 0),
        (format!("objectId={}", id(&client)), 2),
        ("objectId=nothing".to_owned(), 0),
    ] {
        let log = admin
            .get(&format!("/v1/audit-log?{query}"))
            .await
            .expect(200);
        assert_eq!(log["data"].as_array().map(Vec::len), Some(found), "{query}");
    }
    let refused = admin.get("/v1/audit-log?startDate=yesterday").await;
    assert_eq!(refused.problem(400, "parameter_invalid"), Some("startDate"));
}

#[tokio::test]
async fn programs_for_the_compatible_api_read_the_log_where_it_is_there() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = admin
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    let path = format!("/v1/clients/{}", id(&client));
    let change = json!({ "position": "Analyst" });
    admin.patch(&path, &change).await.expect(200);
    admin.delete(&path).await.expect(200);

    let actor = app.server.admin_id;
    for (query, found) in [
        (
            format!("actorId={actor}"),
            vec!["clientDeleted", "clientUpdated", "clientCreated"],
        ),
        (
            "eventType=clientCreated,clientDeleted".to_owned(),
            vec!["clientDeleted", "clientCreated"],
        ),
        ("eventType=clientInvited".to_owned(), vec!["clientInvited"]),
        (
            "eventType=clientCreated&eventType=clientDeleted".to_owned(),
            vec!["clientDeleted", "clientCreated"],
        ),
        ("startDate=2126-01-01T00:00:00Z".to_owned(), vec![]),
        ("eventType=userLoggedIn".to_owned(), vec![]),
    ] {
        let log = admin.get(&format!("/v1/events?{query}")).await.expect(200);
        let entries = log["data"].as_array().expect("a list");
        let kinds: Vec<&str> = entries
            .iter()
            .filter_map(|entry| entry["eventType"].as_str())
            .collect();
        assert_eq!(kinds, found, "{query}");
        assert!(entries.iter().all(|entry| entry["object"] == "auditLog"));
    }
    let key = app.key(&[Permission::ViewEvents]).await;
    let refused = key.actor.get("/v1/events?eventType=clientCreated").await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "view_audit_log");
}

#[tokio::test]
async fn a_program_adds_entries_of_its_own() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = admin.post("/v1/clients", &body).await.expect(200);
    let new = json!({
        "eventType": "reportOpened", "actorType": "clientUser", "actorId": id(&client),
        "companyId": client["companyId"], "eventDescription": "Ada opened the report",
        "context": { "report": 7 },
    });

    let entry = admin.post("/v1/events", &new).await.expect(201);

    assert_eq!(entry["eventType"], "customEvent.reportOpened");
    assert_eq!(entry["object"], "auditLog");
    assert_eq!(
        (&entry["actorId"], &entry["actorType"]),
        (&client["id"], &json!("clientUser"))
    );
    assert_eq!(entry["context"], json!({ "report": 7 }));
    let path = format!("/v1/audit-log/{}", id(&entry));
    assert_eq!(admin.get(&path).await.expect(200), entry);
    let with = |field: &str, value: serde_json::Value| {
        let mut body = new.clone();
        body[field] = value;
        body
    };
    for (body, code, field) in [
        (
            with("eventType", json!("a.b")),
            "event_type_invalid",
            "eventType",
        ),
        (
            with("actorType", json!("robot")),
            "actor_type_unknown",
            "actorType",
        ),
        (
            with("actorId", json!(app.server.admin_id)),
            "actor_unknown",
            "actorId",
        ),
        (
            with("companyId", json!(app.server.admin_id)),
            "company_unknown",
            "companyId",
        ),
        (
            with("companyId", json!(null)),
            "field_required",
            "companyId",
        ),
        (
            with("context", json!({ "x": "y".repeat(5_000) })),
            "context_too_large",
            "context",
        ),
    ] {
        let refused = admin.post("/v1/audit-log", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}

#[tokio::test]
async fn whoever_signs_in_or_out_is_in_the_log() {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let in_again = json!({ "email": "ada@example.com", "password": PASSWORD });
    let signed_in = app.nobody().post(&app.sign_in_path(), &in_again).await;
    let session = app.bearer(&signed_in.expect(200));
    let wrong = json!({ "email": "ada@example.com", "password": "wrong" });
    let refused = app.nobody().post(&app.sign_in_path(), &wrong).await;
    refused.problem(401, "sign_in_refused");
    let change = json!({ "currentPassword": PASSWORD, "password": "another horse entirely" });
    let changed = session.post("/portal/password", &change).await;
    let session = app.bearer(&changed.expect(200));
    let out = session.post("/portal/sign-out", &json!({})).await;
    out.expect(200);

    let of_ada = AuditFilter {
        actor_ids: vec![ada.id.clone()],
        ..AuditFilter::default()
    };
    let found = entries(&app, of_ada).await;

    assert_eq!(
        types(&found),
        [
            "session.ended",
            "password.changed",
            "session.created",
            "invitation.accepted"
        ]
    );
    assert_eq!(found[2].context["method"], "password");
    assert!(found[2].origin.ip.is_some());
    let log = app.admin().get("/v1/events?eventType=userLoggedIn").await;
    let log = log.expect(200);
    assert_eq!(log["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(log["data"][0]["eventType"], "userLoggedIn");
    assert_eq!(log["data"][0]["actorId"], ada.id.as_str());
}

/// One who looks for what happened to a client sees it on the first page,
/// however much else happened since.
#[tokio::test]
async fn what_is_looked_for_is_found_among_much_else() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let ada = admin.post("/v1/clients", &body).await.expect(200);
    for number in 0..30 {
        let name = json!({ "name": format!("Engines {number}") });
        admin.post("/v1/companies", &name).await.expect(200);
    }

    let path = format!("/v1/audit-log?limit=2&objectId={}", id(&ada));
    let page = admin.get(&path).await.expect(200);
    assert_eq!(page["data"][0]["eventType"], "client.created");
    assert!(page["nextToken"].is_null(), "{page}");

    let mut seen = Vec::new();
    let list = "/v1/audit-log?limit=7&eventType=company.created";
    let mut path = list.to_owned();
    loop {
        let page = admin.get(&path).await.expect(200);
        let data = page["data"].as_array().expect("a list");
        assert!(data.len() == 7 || page["nextToken"].is_null());
        seen.extend(data.iter().map(|entry| id(entry).to_owned()));
        let Some(next) = page["nextToken"].as_str() else {
            break;
        };
        path = format!("{list}&nextToken={next}");
    }
    assert_eq!(seen.len(), 30);
    assert!(seen.is_sorted_by(|a, b| a > b), "each once, newest first");
}

#[tokio::test]
async fn filters_that_contradict_each_other_are_refused() {
    let app = TestApp::start().await;
    let now = app.now();
    for (query, field) in [
        (
            format!("audit-log?startDate={now}&endDate={now}"),
            "endDate",
        ),
        (
            format!("events?startDate={now}&endDate=2020-01-01T00:00:00Z"),
            "endDate",
        ),
        ("audit-log?objectId=a&objectId=b".to_owned(), "objectId"),
    ] {
        let refused = app.admin().get(&format!("/v1/{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.text);
        assert_eq!(refused.body["field"], field, "{query}");
    }
    let unknown = app.admin().get("/v1/events?eventType=zzz").await;
    unknown.problem(400, "event_type_unknown");
}
