//! Roles of a workspace's own.

use e2e::{TestApp, id};
use futures_util::future::join_all;
use portico_domain::{CompanyAccess, Role};
use serde_json::json;

#[tokio::test]
async fn a_role_is_made_changed_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Auditor", "permissions": ["view_audit_log", "view_clients"] });

    let role = admin.post("/v1/roles", &body).await.expect(201);
    let path = format!("/v1/roles/{}", id(&role));
    insta::assert_json_snapshot!(role, { ".id" => "[id]", ".createdAt" => "[time]", ".updatedAt" => "[time]" });
    assert_eq!(admin.get(&path).await.expect(200), role);
    let change = json!({ "permissions": [] });
    let changed = admin.patch(&path, &change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["permissions"]),
        (&json!("Auditor"), &json!([]))
    );
    let list = admin.get("/v1/roles").await.expect(200);
    assert_eq!(list, json!({ "data": [changed] }));
    let gone = admin.delete(&path).await.expect(200);
    assert_eq!(
        gone,
        json!({ "id": role["id"], "object": "role", "deleted": true })
    );
    admin.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn bad_fields_of_roles_are_refused_by_name() {
    let app = TestApp::start().await;
    for (body, code, field) in [
        (json!({ "permissions": [] }), "field_required", "name"),
        (json!({ "name": "A" }), "field_required", "permissions"),
        (
            json!({ "name": "", "permissions": [] }),
            "field_required",
            "name",
        ),
        (
            json!({ "name": "A", "permissions": ["view_clients", "fly"] }),
            "permission_unknown",
            "permissions[1]",
        ),
        (
            json!({ "name": "A", "permissions": [], "x": 1 }),
            "field_unknown",
            "x",
        ),
    ] {
        let refused = app.admin().post("/v1/roles", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}

#[tokio::test]
async fn what_a_role_allows_holds_from_the_next_request_on() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Reader", "permissions": ["view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let custom = Role::Custom(id(&role).parse().expect("an id"));
    let member = app.member(custom, CompanyAccess::ALL).await.actor;

    member.get("/v1/clients").await.expect(200);
    let path = format!("/v1/roles/{}", id(&role));
    let none = json!({ "permissions": [] });
    admin.patch(&path, &none).await.expect(200);
    member
        .get("/v1/clients")
        .await
        .problem(403, "permission_missing");
    // Being a member is all that this asks.
    member.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn nobody_makes_or_changes_a_role_that_allows_more_than_they_may() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mightier = json!({ "name": "Chief", "permissions": ["delete_clients"] });
    let mightier = admin.post("/v1/roles", &mightier).await.expect(201);
    let keeper = json!({ "name": "Keeper", "permissions": ["manage_roles", "view_clients"] });
    let keeper = admin.post("/v1/roles", &keeper).await.expect(201);
    let custom = Role::Custom(id(&keeper).parse().expect("an id"));
    let member = app.member(custom, CompanyAccess::ALL).await.actor;

    let more = json!({ "name": "More", "permissions": ["view_clients", "delete_clients"] });
    let refused = member.post("/v1/roles", &more).await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "delete_clients");
    for (role, change) in [
        (&keeper, json!({ "permissions": ["delete_clients"] })),
        (&mightier, json!({ "permissions": [] })),
    ] {
        let path = format!("/v1/roles/{}", id(role));
        member
            .patch(&path, &change)
            .await
            .problem(403, "permission_missing");
    }
    let less = json!({ "name": "Less", "permissions": ["view_clients"] });
    member.post("/v1/roles", &less).await.expect(201);
}

#[tokio::test]
async fn a_role_that_somebody_has_cannot_be_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Reader", "permissions": ["view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let path = format!("/v1/roles/{}", id(&role));
    let mut members = Vec::new();
    for email in ["a@example.com", "b@example.com"] {
        let body = json!({ "name": "A B", "email": email, "role": role["id"] });
        let member = admin.post("/v1/internal-users", &body).await.expect(201);
        assert_eq!(
            (&member["role"], &member["roleId"]),
            (&json!("staff"), &role["id"])
        );
        members.push(format!("/v1/internal-users/{}", id(&member)));
    }

    admin.delete(&path).await.problem(409, "role_in_use");
    admin
        .patch(&members[0], &json!({ "roleId": null }))
        .await
        .expect(200);
    admin.delete(&path).await.problem(409, "role_in_use");
    admin.delete(&members[1]).await.expect(200);
    admin.delete(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_giving_a_role_and_deleting_it_exactly_one_happens() {
    for _ in 0..20 {
        let app = TestApp::start().await;
        let admin = app.admin();
        let role = json!({ "name": "Reader", "permissions": [] });
        let role = admin.post("/v1/roles", &role).await.expect(201);
        let path = format!("/v1/roles/{}", id(&role));
        let member = json!({ "name": "A B", "email": "a@example.com", "role": role["id"] });

        let (given, deleted) = futures_util::join!(
            admin.post("/v1/internal-users", &member),
            admin.delete(&path)
        );

        match (given.status, deleted.status) {
            (201, 409) => deleted.problem(409, "role_in_use"),
            (400, 200) => given.problem(400, "role_unknown"),
            other => panic!("{other:?}"),
        };
    }
}

#[tokio::test]
async fn a_workspace_has_a_hundred_roles_at_most() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Reader", "permissions": [] });
    for number in 0..100 {
        let role = json!({ "name": format!("Reader {number}"), "permissions": [] });
        admin.post("/v1/roles", &role).await.expect(201);
    }

    let refused = admin.post("/v1/roles", &role).await;

    refused.problem(403, "role_limit_reached");
    assert_eq!(refused.body["limit"], 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_has_a_name_that_no_other_has() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let named = |name: &str| json!({ "name": name, "permissions": ["view_clients"] });
    let viewer = named("Viewer");
    let answers = join_all((0..10).map(|_| admin.post("/v1/roles", &viewer))).await;
    let made: Vec<_> = answers.iter().filter(|one| one.status == 201).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    let viewer = format!("/v1/roles/{}", id(&made[0].body));
    for taken in ["Viewer", "VIEWER", "admin", "Staff"] {
        let refused = admin.post("/v1/roles", &named(taken)).await;
        assert_eq!(
            refused.problem(409, "role_name_taken"),
            Some("name"),
            "{taken}"
        );
    }
    let other = admin.post("/v1/roles", &named("Other")).await.expect(201);
    let other = format!("/v1/roles/{}", id(&other));
    let name = |name: &str| json!({ "name": name });
    let refused = admin.patch(&other, &name("viewer")).await;
    assert_eq!(refused.problem(409, "role_name_taken"), Some("name"));
    // Its own name in another case is nobody else's.
    admin.patch(&viewer, &name("viewer")).await.expect(200);
    admin.patch(&viewer, &name("Reader")).await.expect(200);
    admin.patch(&other, &name("Viewer")).await.expect(200);
    admin.delete(&other).await.expect(200);
    admin.post("/v1/roles", &named("viewer")).await.expect(201);
}
