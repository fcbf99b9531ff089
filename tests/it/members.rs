//! Internal users, and what becomes of them and their keys.

use crate::admins::count;
use e2e::{Actor, TestApp, id};
use futures_util::future::join_all;
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::{Value, json};

fn mary() -> Value {
    json!({ "givenName": "Mary", "familyName": "Major", "email": "mary@example.com", "role": "staff" })
}

async fn user(admin: &Actor, body: &Value) -> String {
    let user = admin.post("/v1/internal-users", body).await.expect(201);
    format!("/v1/internal-users/{}", id(&user))
}

async fn events(app: &TestApp, path: &str) -> Vec<Value> {
    let id = path.rsplit('/').next().expect("an id");
    let list = app
        .admin()
        .get(&format!("/v1/events?objectId={id}"))
        .await
        .expect(200);
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_internal_user_is_added_changed_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin();

    let added = admin.post("/v1/internal-users", &mary()).await.expect(201);
    let path = format!("/v1/internal-users/{}", id(&added));
    insta::assert_json_snapshot!(added, {
        ".id" => "[id]", ".createdAt" => "[time]", ".updatedAt" => "[time]", ".fallbackColor" => "[color]",
    });
    assert_eq!(admin.get(&path).await.expect(200), added);
    let changed = admin
        .patch(&path, &json!({ "role": "admin", "familyName": "Minor" }))
        .await
        .expect(200);
    assert_eq!(
        (&changed["role"], &changed["familyName"]),
        (&json!("admin"), &json!("Minor"))
    );
    let gone = admin.delete(&path).await.expect(200);
    assert_eq!(
        gone,
        json!({ "id": added["id"], "object": "internalUser", "deleted": true })
    );

    // What names the removed one can still be read.
    assert_eq!(admin.get(&path).await.expect(200)["email"], "");
    let list = admin.get("/v1/internal-users").await.expect(200);
    let left: Vec<&Value> = list["data"].as_array().expect("a list").iter().collect();
    assert_eq!(
        left.iter().map(|user| &user["email"]).collect::<Vec<_>>(),
        ["admin@example.com"]
    );
    admin
        .patch(&path, &json!({}))
        .await
        .problem(404, "not_found");
    admin.delete(&path).await.problem(404, "not_found");
    let events = events(&app, &path).await;
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event["eventType"].clone(),
                event["sequence"].clone(),
                event["previousAttributes"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("internalUser.created"), json!(1), Value::Null),
            (
                json!("internalUser.updated"),
                json!(2),
                json!({ "role": "staff", "familyName": "Major" })
            ),
            (json!("internalUser.deleted"), json!(3), Value::Null),
        ]
    );
}

#[tokio::test]
async fn an_address_is_one_members_whatever_its_case_until_the_member_is_removed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let path = user(&admin, &mary()).await;
    let again = json!({ "name": "Mary Again", "email": "MARY@example.com", "role": "staff" });

    let refused = admin.post("/v1/internal-users", &again).await;
    assert_eq!(refused.problem(409, "email_taken"), Some("email"));
    // A client may have the address of a member.
    let client = json!({ "name": "Mary Major", "email": "mary@example.com" });
    admin.post("/v1/clients", &client).await.expect(200);
    admin.delete(&path).await.expect(200);
    admin.post("/v1/internal-users", &again).await.expect(201);
}

#[tokio::test]
async fn bad_fields_of_internal_users_are_refused_by_name() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let nothing = "01890000-0000-7000-8000-000000000000";
    let with = |field: &str, value: Value| {
        let mut body = mary();
        body[field] = value;
        body
    };
    for (body, code, field) in [
        (json!({}), "field_required", "role"),
        (with("role", json!("boss")), "role_unknown", "role"),
        (with("role", json!(nothing)), "role_unknown", "role"),
        (with("email", json!("mary")), "email_invalid", "email"),
        (with("name", json!("Mary")), "name_ambiguous", "name"),
        (
            with("companyAccessList", json!(["x"])),
            "company_unknown",
            "companyAccessList[0]",
        ),
        (
            with("companyAccessList", json!([nothing])),
            "company_unknown",
            "companyAccessList",
        ),
        (
            with("isClientAccessLimited", json!(true)),
            "field_required",
            "companyAccessList",
        ),
        (with("password", json!("x")), "field_unknown", "password"),
        (
            json!({ "name": "A B", "email": "a@example.com", "role": "admin", "companyAccessList": [] }),
            "admin_not_limitable",
            "companyAccessList",
        ),
        (
            json!({
                "name": "A B", "email": "a@example.com", "role": "staff",
                "isClientAccessLimited": false, "companyAccessList": [nothing],
            }),
            "company_access_contradictory",
            "companyAccessList",
        ),
    ] {
        let refused = admin.post("/v1/internal-users", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    let path = user(&admin, &mary()).await;
    let refused = admin
        .patch(&path, &json!({ "email": "m@example.com" }))
        .await;
    assert_eq!(refused.problem(400, "field_fixed"), Some("email"));
    let told = events(&app, &path).await;
    assert_eq!(told.len(), 1, "what is refused leaves no trace");
}

#[tokio::test]
async fn a_limit_to_companies_is_set_kept_and_lifted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let path = user(&admin, &mary()).await;
    for (change, limited, list) in [
        (
            json!({ "companyAccessList": [company["id"]] }),
            true,
            json!([company["id"]]),
        ),
        (
            json!({ "isClientAccessLimited": true }),
            true,
            json!([company["id"]]),
        ),
        (
            json!({ "isClientAccessLimited": false }),
            false,
            Value::Null,
        ),
        (
            json!({ "isClientAccessLimited": true, "companyAccessList": [] }),
            true,
            json!([]),
        ),
    ] {
        let changed = admin.patch(&path, &change).await.expect(200);
        assert_eq!(
            (
                &changed["isClientAccessLimited"],
                &changed["companyAccessList"]
            ),
            (&json!(limited), &list),
            "{change}"
        );
    }
}

#[tokio::test]
async fn whoever_is_removed_or_loses_a_role_is_out_on_the_very_next_request() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let member = app.member(Role::Admin, CompanyAccess::ALL).await;
    let path = format!("/v1/internal-users/{}", member.stored.owner);

    member.actor.get("/v1/roles").await.expect(200);
    admin
        .patch(&path, &json!({ "role": "staff" }))
        .await
        .expect(200);
    let refused = member.actor.get("/v1/roles").await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "manage_roles");
    member.actor.get("/v1/clients").await.expect(200);
    admin.delete(&path).await.expect(200);
    member
        .actor
        .get("/v1/clients")
        .await
        .problem(401, "key_ended");
}

#[tokio::test]
async fn a_key_says_who_it_belongs_to_and_what_it_allows() {
    let app = TestApp::start().await;
    let key = app.key(&[Permission::ViewClients]).await;

    let me = key.actor.get("/v1/me").await.expect(200);

    insta::assert_json_snapshot!(me, { ".id" => "[id]" });
    assert_eq!(id(&me), app.server.admin_id.to_string());
}

#[tokio::test]
async fn nobody_hands_out_or_takes_away_what_they_may_not_do_themselves() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Team lead", "permissions": ["manage_members", "view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let staff = user(&admin, &mary()).await;
    let chief = user(
        &admin,
        &json!({ "name": "A B", "email": "chief@example.com", "role": "admin" }),
    )
    .await;
    let equal = user(
        &admin,
        &json!({ "name": "A B", "email": "equal@example.com", "role": role["id"] }),
    )
    .await;
    let role_id = id(&role).parse().expect("an id");
    let lead = app
        .member(Role::Custom(role_id), CompanyAccess::ALL)
        .await
        .actor;

    let new =
        |role: &Value| json!({ "name": "New Member", "email": "new@example.com", "role": role });
    for role in ["admin", "staff"] {
        lead.post("/v1/internal-users", &new(&json!(role)))
            .await
            .problem(403, "permission_missing");
        lead.patch(&equal, &json!({ "role": role, "roleId": null }))
            .await
            .problem(403, "permission_missing");
    }
    for mightier in [&staff, &chief] {
        lead.patch(mightier, &json!({ "role": role["id"] }))
            .await
            .problem(403, "permission_missing");
        let refused = lead.delete(mightier).await;
        refused.problem(403, "permission_missing");
        let lacking = refused.body["permissions"].as_array().expect("a list");
        assert!(lacking.len() > 1 && lacking.contains(&json!("edit_clients")));
        let message = refused.body["message"].as_str().unwrap_or_default();
        assert!(message.contains("allows more than the caller"), "{message}");
        for name in lacking {
            assert!(message.contains(name.as_str().expect("a name")));
        }
    }
    lead.post("/v1/internal-users", &new(&role["id"]))
        .await
        .expect(201);
    lead.patch(&equal, &json!({ "familyName": "Equal" }))
        .await
        .expect(200);
    lead.delete(&equal).await.expect(200);
    // The scope of a key holds back as a role does.
    let narrow = app.key(&[Permission::ManageMembers]).await.actor;
    narrow
        .delete(&chief)
        .await
        .problem(403, "permission_missing");
    let refused = narrow.get("/v1/roles").await;
    refused.problem(403, "permission_missing");
    let message = refused.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("its owner has it"), "{message}");
}

#[tokio::test]
async fn what_is_shown_of_a_role_can_be_sent_back_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let role = json!({ "name": "Reader", "permissions": ["view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let other = json!({ "name": "Writer", "permissions": ["edit_clients"] });
    let other = admin.post("/v1/roles", &other).await.expect(201);
    let mut body = mary();
    body["roleId"] = role["id"].clone();
    let path = user(&admin, &body).await;
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(
        (&shown["role"], &shown["roleId"]),
        (&json!("staff"), &role["id"])
    );

    for (change, role, role_id) in [
        (
            json!({ "role": "staff", "givenName": "Maria" }),
            "staff",
            &role["id"],
        ),
        (
            json!({ "role": "staff", "roleId": role["id"] }),
            "staff",
            &role["id"],
        ),
        (
            json!({ "role": "staff", "roleId": other["id"] }),
            "staff",
            &other["id"],
        ),
        (
            json!({ "role": "staff", "roleId": null }),
            "staff",
            &Value::Null,
        ),
        (json!({ "roleId": role["id"] }), "staff", &role["id"]),
        (json!({ "roleId": null }), "staff", &Value::Null),
        (json!({ "role": "admin" }), "admin", &Value::Null),
        (
            json!({ "role": "admin", "roleId": null }),
            "admin",
            &Value::Null,
        ),
        (json!({ "roleId": null }), "admin", &Value::Null),
        (json!({ "role": "staff" }), "staff", &Value::Null),
    ] {
        let changed = admin.patch(&path, &change).await.expect(200);
        let is = (&changed["role"], &changed["roleId"]);
        assert_eq!(is, (&json!(role), role_id), "{change}");
    }
    for change in [
        json!({ "role": "admin", "roleId": role["id"] }),
        json!({ "role": other["id"], "roleId": role["id"] }),
    ] {
        let refused = admin.patch(&path, &change).await;
        assert_eq!(refused.problem(400, "role_contradictory"), Some("roleId"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_members_with_one_address_one_is_added() {
    let app = TestApp::start().await;
    let (admin, body) = (app.admin(), mary());

    let answers = join_all((0..10).map(|_| admin.post("/v1/internal-users", &body))).await;

    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 9));
}

#[tokio::test]
async fn only_members_can_be_given_as_account_managers_and_whoever_has_one_keeps_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let member = app
        .member(Role::Staff, CompanyAccess::ALL)
        .await
        .stored
        .owner;
    let nobody = "01890000-0000-7000-8000-000000000001";
    let client = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let company = json!({ "name": "Engines" });
    for (path, mut body) in [("/v1/clients", client), ("/v1/companies", company)] {
        body["accountManagerIds"] = json!([member, nobody]);
        let refused = admin.post(path, &body).await;
        assert_eq!(
            refused.problem(400, "internal_user_unknown"),
            Some("accountManagerIds")
        );
        body["accountManagerIds"] = json!([member]);
        let made = admin.post(path, &body).await.expect(200);
        let path = format!("{path}/{}", id(&made));
        let managers = json!({ "accountManagerIds": [nobody] });
        let refused = admin.patch(&path, &managers).await;
        assert_eq!(
            refused.problem(400, "internal_user_unknown"),
            Some("accountManagerIds")
        );
        assert_eq!(
            admin.get(&path).await.expect(200)["accountManagerIds"],
            json!([member])
        );
    }
    admin
        .delete(&format!("/v1/internal-users/{member}"))
        .await
        .expect(200);
    let clients = admin.get("/v1/clients").await.expect(200);
    let path = format!("/v1/clients/{}", id(&clients["data"][0]));
    let same = json!({ "accountManagerIds": [member], "position": "Analyst" });
    admin.patch(&path, &same).await.expect(200);
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com", "accountManagerIds": [member] });
    admin
        .post("/v1/clients", &grace)
        .await
        .problem(400, "internal_user_unknown");
}
