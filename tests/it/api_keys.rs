//! API keys: made, narrowed, revoked, and never more than whoever made them.

use e2e::{TestApp, id};
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "CRM", "permissions": ["view_clients"] });

    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    let (path, text) = (
        format!("/v1/api-keys/{}", id(&made)),
        made["key"].as_str().expect("a key"),
    );
    insta::assert_json_snapshot!(made, {
        ".id" => "[id]", ".ownerId" => "[id]", ".createdAt" => "[time]", ".key" => "[key]",
    });
    let key = app.actor(Some(text));
    key.get("/v1/clients").await.expect(200);
    key.get("/v1/events")
        .await
        .problem(403, "permission_missing");
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown.get("key"), None);
    let list = admin.get("/v1/api-keys").await.expect(200);
    assert!(
        list["data"]
            .as_array()
            .is_some_and(|keys| keys.contains(&shown))
    );
    let gone = admin.delete(&path).await.expect(200);
    assert_eq!(
        gone,
        json!({ "id": made["id"], "object": "apiKey", "deleted": true })
    );

    key.get("/v1/clients").await.problem(401, "key_ended");
    admin.get(&path).await.problem(404, "not_found");
    let list = admin.get("/v1/api-keys").await.expect(200);
    assert!(!list.to_string().contains(id(&made)));
}

#[tokio::test]
async fn what_is_changed_about_a_key_holds_from_the_next_request_on() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "CRM", "permissions": ["*"] });
    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    let path = format!("/v1/api-keys/{}", id(&made));
    let key = app.actor(made["key"].as_str());

    key.get("/v1/roles").await.expect(200);
    let narrow =
        json!({ "permissions": ["view_clients"], "expiresAt": app.now() + Duration::from_mins(5) });
    let changed = admin.patch(&path, &narrow).await.expect(200);
    assert_eq!(changed["permissions"], json!(["view_clients"]));
    key.get("/v1/roles")
        .await
        .problem(403, "permission_missing");
    key.get("/v1/clients").await.expect(200);
    app.advance(Duration::from_mins(5)).await;
    key.get("/v1/clients").await.problem(401, "key_ended");
    admin
        .patch(&path, &json!({ "expiresAt": null }))
        .await
        .expect(200);
    key.get("/v1/clients").await.expect(200);
}

#[tokio::test]
async fn bad_fields_of_keys_are_refused_by_name() {
    let app = TestApp::start().await;
    let with = |field: &str, value: Value| {
        let mut body = json!({ "name": "CRM", "permissions": [] });
        body[field] = value;
        body
    };
    for (body, code, field) in [
        (json!({ "permissions": [] }), "field_required", "name"),
        (json!({ "name": "CRM" }), "field_required", "permissions"),
        (
            with("permissions", json!(["fly"])),
            "permission_unknown",
            "permissions[0]",
        ),
        (
            with("permissions", json!(["*", "view_clients"])),
            "permission_unknown",
            "permissions[0]",
        ),
        (
            with("expiresAt", json!(app.now())),
            "time_invalid",
            "expiresAt",
        ),
        (
            with("rateLimit", json!({ "requests": 0, "seconds": 60 })),
            "rate_limit_invalid",
            "rateLimit",
        ),
        (with("hash", json!("x")), "field_unknown", "hash"),
    ] {
        let refused = app.admin().post("/v1/api-keys", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}

#[tokio::test]
async fn a_key_cannot_make_or_become_one_that_allows_more_than_itself() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({
        "name": "Maker", "permissions": ["manage_api_keys", "view_clients"],
        "expiresAt": app.now() + Duration::from_hours(1), "rateLimit": { "requests": 100, "seconds": 1 },
    });
    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    let maker = app.actor(made["key"].as_str());
    let soon = app.now() + Duration::from_mins(1);
    let own = format!("/v1/api-keys/{}", id(&made));

    for (field, value, code) in [
        ("permissions", json!(["*"]), "key_exceeds_caller"),
        (
            "permissions",
            json!(["delete_clients"]),
            "permission_missing",
        ),
        ("expiresAt", Value::Null, "key_exceeds_caller"),
        (
            "expiresAt",
            json!(app.now() + Duration::from_hours(2)),
            "key_exceeds_caller",
        ),
        ("rateLimit", Value::Null, "key_exceeds_caller"),
        (
            "rateLimit",
            json!({ "requests": 101, "seconds": 1 }),
            "key_exceeds_caller",
        ),
    ] {
        let mut body = json!({ "name": "More", "permissions": ["view_clients"], "expiresAt": soon, "rateLimit": { "requests": 100, "seconds": 1 } });
        body[field] = value.clone();
        maker.post("/v1/api-keys", &body).await.problem(403, code);
        maker
            .patch(&own, &json!({ field: value }))
            .await
            .problem(403, code);
    }
    let less = json!({ "name": "Less", "permissions": ["view_clients"], "expiresAt": soon, "rateLimit": { "requests": 100, "seconds": 1 } });
    maker.post("/v1/api-keys", &less).await.expect(201);
}

#[tokio::test]
async fn a_key_shrinks_with_its_owner_and_somebody_elses_cannot_be_made_whole() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let member = app.member(Role::Admin, CompanyAccess::ALL).await;
    let body = json!({ "name": "All", "permissions": ["*"] });
    let made = member.actor.post("/v1/api-keys", &body).await.expect(201);
    let key = app.actor(made["key"].as_str());
    let path = format!("/v1/api-keys/{}", id(&made));

    admin
        .patch(&path, &json!({ "permissions": ["view_clients"] }))
        .await
        .expect(200);
    admin
        .patch(&path, &json!({ "permissions": ["*"] }))
        .await
        .problem(403, "key_exceeds_caller");
    member
        .actor
        .patch(&path, &json!({ "permissions": ["*"] }))
        .await
        .expect(200);
    key.get("/v1/roles").await.expect(200);
    let owner = format!("/v1/internal-users/{}", member.stored.owner);
    admin
        .patch(&owner, &json!({ "role": "staff" }))
        .await
        .expect(200);
    key.get("/v1/roles")
        .await
        .problem(403, "permission_missing");
    key.get("/v1/clients").await.expect(200);
    admin.delete(&owner).await.expect(200);
    key.get("/v1/clients").await.problem(401, "key_ended");
}

#[tokio::test]
async fn who_may_not_manage_keys_makes_none() {
    let app = TestApp::start().await;
    let staff = app.member(Role::Staff, CompanyAccess::ALL).await.actor;
    let narrow = app.key(&[Permission::ViewClients]).await.actor;
    let body = json!({ "name": "CRM", "permissions": [] });
    for actor in [&staff, &narrow] {
        let refused = actor.post("/v1/api-keys", &body).await;
        refused.problem(403, "permission_missing");
        assert_eq!(refused.body["permission"], "manage_api_keys");
    }
}

#[tokio::test]
async fn nobody_revokes_or_renames_a_key_that_allows_more_than_they_may() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Keeper", "permissions": ["manage_api_keys", "view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let custom = Role::Custom(id(&role).parse().expect("an id"));
    let keeper = app.member(custom, CompanyAccess::ALL).await;
    let narrow = app.key(&[Permission::ManageApiKeys]).await;
    let keys = admin.get("/v1/api-keys").await.expect(200);
    let chief = format!("/v1/api-keys/{}", id(&keys["data"][0]));
    let staff = app.member(Role::Staff, CompanyAccess::ALL).await;
    let staff = format!("/v1/api-keys/{}", staff.stored.id);

    for key in [&chief, &staff] {
        for less in [&keeper.actor, &narrow.actor] {
            let refused = less.delete(key).await;
            refused.problem(403, "permission_missing");
            let lacking = refused.body["permissions"].as_array().expect("a list");
            assert!(lacking.contains(&json!("edit_clients")), "{}", refused.text);
            less.patch(key, &json!({ "name": "Mine" }))
                .await
                .problem(403, "permission_missing");
        }
    }
    // What allows as much or less can be taken away, whoever's it is.
    let viewer = app.key(&[Permission::ViewClients]).await;
    let viewer = format!("/v1/api-keys/{}", viewer.stored.id);
    keeper.actor.delete(&viewer).await.expect(200);
    let own = format!("/v1/api-keys/{}", narrow.stored.id);
    narrow.actor.delete(&own).await.expect(200);
    // A key whose owner has left allows nothing.
    let gone = app.member(Role::Staff, CompanyAccess::ALL).await;
    let owner = format!("/v1/internal-users/{}", gone.stored.owner);
    admin.delete(&owner).await.expect(200);
    let gone = format!("/v1/api-keys/{}", gone.stored.id);
    keeper.actor.delete(&gone).await.expect(200);
    admin.delete(&staff).await.expect(200);
}

#[tokio::test]
async fn a_member_gets_a_key_from_whoever_may_do_as_much() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = json!({ "name": "Engines" });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    let inside = CompanyAccess::only([id(&company).parse().expect("an id")]).expect("one");
    let limited = app.member(Role::Staff, inside).await.stored.owner;
    let key = |owner: &Value, permissions: Value| json!({ "name": "ERP", "permissions": permissions, "ownerId": owner });

    let views = key(&json!(limited), json!(["view_clients", "manage_roles"]));
    let made = admin.post("/v1/api-keys", &views).await.expect(201);
    assert_eq!(made["ownerId"], json!(limited));
    let member = app.actor(made["key"].as_str());
    // It allows what its owner may, in the companies that it sees.
    let seen = member.get("/v1/companies").await.expect(200);
    assert_eq!(seen["data"].as_array().map(Vec::len), Some(1));
    member
        .get("/v1/roles")
        .await
        .problem(403, "permission_missing");

    let whole = key(&json!(limited), json!(["*"]));
    let refused = admin.post("/v1/api-keys", &whole).await;
    refused.problem(403, "key_exceeds_caller");
    let nobody = key(&json!("01890000-0000-7000-8000-000000000001"), json!([]));
    let refused = admin.post("/v1/api-keys", &nobody).await;
    assert_eq!(
        refused.problem(400, "internal_user_unknown"),
        Some("ownerId")
    );
    let keeper = app.key(&[Permission::ManageApiKeys]).await.actor;
    let other = app
        .member(Role::Admin, CompanyAccess::ALL)
        .await
        .stored
        .owner;
    let mightier = key(&json!(other), json!(["manage_api_keys"]));
    keeper
        .post("/v1/api-keys", &mightier)
        .await
        .problem(403, "permission_missing");
    let path = format!("/v1/api-keys/{}", id(&made));
    let given_away = json!({ "ownerId": app.server.admin_id });
    let refused = admin.patch(&path, &given_away).await;
    assert_eq!(refused.problem(400, "field_fixed"), Some("ownerId"));
    let same = json!({ "ownerId": limited, "name": "Books" });
    admin.patch(&path, &same).await.expect(200);
}

#[tokio::test]
async fn keys_are_audited_with_the_change() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "CRM", "permissions": [] });
    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    let path = format!("/v1/api-keys/{}", id(&made));
    admin
        .patch(&path, &json!({ "name": "ERP" }))
        .await
        .expect(200);
    admin.delete(&path).await.expect(200);

    let workspace = app.server.app().store.workspace(app.server.workspace_id);
    let page = portico_store::PageRequest {
        limit: 10,
        after: None,
    };
    let filter = portico_store::AuditFilter {
        object_id: Some(id(&made).to_owned()),
        ..Default::default()
    };
    let entries = workspace
        .audit_entries(&filter, &page)
        .await
        .expect("the table answers");
    let told: Vec<&str> = entries
        .items
        .iter()
        .map(|entry| &*entry.event_type)
        .collect();
    assert_eq!(told, ["apiKey.revoked", "apiKey.updated", "apiKey.created"]);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_known_to_five_minutes_and_written_once_in_them() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "CRM", "permissions": ["view_clients"] });
    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    assert_eq!(made["lastUsedAt"], Value::Null);
    let path = format!("/v1/api-keys/{}", id(&made));
    let key = app.actor(made["key"].as_str());
    let first = app.now();

    app.server.aws().record_calls();
    key.get("/v1/clients").await.expect(200);
    let calls = |app: &TestApp| {
        app.server
            .aws()
            .calls()
            .iter()
            .map(|call| call.operation.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(calls(&app), ["BatchGetItem", "UpdateItem", "Query"]);
    app.server.aws().record_calls();
    for _ in 0..2 {
        key.get("/v1/clients").await.expect(200);
    }
    assert_eq!(
        calls(&app),
        ["BatchGetItem", "Query", "BatchGetItem", "Query"]
    );
    app.advance(Duration::from_mins(4)).await;
    key.get("/v1/clients").await.expect(200);
    assert_eq!(
        admin.get(&path).await.expect(200)["lastUsedAt"],
        json!(first)
    );
    app.advance(Duration::from_mins(1)).await;
    key.get("/v1/clients").await.expect(200);
    assert_eq!(
        admin.get(&path).await.expect(200)["lastUsedAt"],
        json!(app.now())
    );
}

#[tokio::test]
async fn a_key_is_changed_and_revoked_only_as_it_was_last_seen() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "CRM", "permissions": [] });
    let made = admin.post("/v1/api-keys", &body).await.expect(201);
    let path = format!("/v1/api-keys/{}", id(&made));
    let seen = admin.get(&path).await.header("etag").to_owned();
    admin
        .patch(&path, &json!({ "name": "ERP" }))
        .await
        .expect(200);

    let late = admin.with("if-match", &seen);
    late.patch(&path, &json!({ "name": "Books" }))
        .await
        .problem(412, "precondition_failed");
    late.delete(&path).await.problem(412, "precondition_failed");
    let seen = admin.get(&path).await.header("etag").to_owned();
    admin
        .with("if-match", &seen)
        .delete(&path)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_that_is_asked_for_twice_with_one_idempotency_key_is_made_once() {
    let app = TestApp::start().await;
    let admin = app.admin().with("idempotency-key", "crm-key");
    let body = json!({ "name": "CRM", "permissions": [] });

    let first = admin.post("/v1/api-keys", &body).await.expect(201);
    let again = admin.post("/v1/api-keys", &body).await.expect(201);

    assert_eq!(first, again);
    let list = app.admin().get("/v1/api-keys").await.expect(200);
    assert_eq!(
        list["data"].as_array().map(Vec::len),
        Some(2),
        "this one and the admin's own"
    );
}

#[tokio::test]
async fn a_key_from_before_keys_had_versions_can_be_changed_and_revoked() {
    let app = TestApp::start().await;
    let old = app.key(&[Permission::ViewClients]).await;
    assert_eq!(old.stored.version, 0);
    let path = format!("/v1/api-keys/{}", old.stored.id);

    app.admin()
        .patch(&path, &json!({ "name": "Old" }))
        .await
        .expect(200);
    old.actor.get("/v1/clients").await.expect(200);
    app.admin().delete(&path).await.expect(200);
    old.actor.get("/v1/clients").await.problem(401, "key_ended");
}
