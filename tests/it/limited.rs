//! Staff limited to some companies: what is outside is as if it did not exist.

mod pages;

use e2e::{Actor, TestApp, id};
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::{Value, json};

const NOTHING: &str = "01890000-0000-7000-8000-000000000000";

/// A workspace with a company inside and one outside, a client in each, one in
/// both and one in none, and who may do with clients whatever can be done, but
/// sees only what is inside.
struct World {
    app: TestApp,
    limited: Actor,
    inside: String,
    outside: String,
    in_inside: String,
    in_outside: String,
    in_both: String,
    in_none: String,
}

async fn make(actor: &Actor, path: &str, body: &Value) -> String {
    let answer = actor.post(path, body).await;
    assert!(answer.status < 300, "{}", answer.text);
    id(&answer.body).to_owned()
}

async fn limited_to(app: &TestApp, companies: &[&str]) -> Actor {
    let all: Vec<&str> = Permission::ALL.iter().map(|one| one.name()).collect();
    let name = format!("Everything in {} companies", companies.len());
    let role = json!({ "name": name, "permissions": all });
    let role = make(&app.admin(), "/v1/roles", &role).await;
    let companies = companies.iter().map(|id| id.parse().expect("an id"));
    let access = CompanyAccess::only(companies).expect("not too many");
    let role = Role::Custom(role.parse().expect("an id"));
    app.member(role, access).await.actor
}

async fn world() -> World {
    let app = TestApp::start().await;
    let admin = app.admin();
    let inside = make(&admin, "/v1/companies", &json!({ "name": "Inside" })).await;
    let outside = make(&admin, "/v1/companies", &json!({ "name": "Outside" })).await;
    let client = async |name: &str, companies: Value| {
        let body = json!({ "name": format!("{name} Doe"), "email": format!("{name}@example.com"), "companyIds": companies });
        make(&admin, "/v1/clients?sendInvite=true", &body).await
    };
    World {
        in_inside: client("in", json!([inside])).await,
        in_outside: client("out", json!([outside])).await,
        in_both: client("both", json!([outside, inside])).await,
        in_none: client("none", json!([])).await,
        limited: limited_to(&app, &[&inside]).await,
        inside,
        outside,
        app,
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect()
}

#[tokio::test]
async fn what_is_outside_answers_like_what_does_not_exist() {
    let world = world().await;
    let admin = world.app.admin();
    let mut outside = vec![
        ("clients", world.in_outside.clone()),
        ("clients", world.in_none.clone()),
        ("companies", world.outside.clone()),
    ];
    for client in [&world.in_outside, &world.in_none] {
        let list = admin
            .get(&format!("/v1/invitations?clientId={client}"))
            .await
            .expect(200);
        outside.push(("invitations", id(&list["data"][0]).to_owned()));
    }
    let placeholder = admin
        .get(&format!("/v1/clients/{}", world.in_none))
        .await
        .expect(200);
    outside.push((
        "companies",
        placeholder["companyId"].as_str().expect("an id").to_owned(),
    ));
    let calls = |resource: &str| match resource {
        "clients" => vec![
            ("GET", "", None),
            ("PATCH", "", Some(json!({ "position": "x" }))),
            (
                "PUT",
                "",
                Some(json!({ "givenName": "X", "familyName": "Y" })),
            ),
            ("DELETE", "", None),
            ("POST", "/restore", Some(json!({}))),
            ("POST", "/purge", Some(json!({}))),
            ("POST", "/merge", Some(json!({ "into": NOTHING }))),
            ("DELETE", "/avatar", None),
        ],
        "companies" => vec![
            ("GET", "", None),
            ("PATCH", "", Some(json!({ "name": "Other" }))),
            ("DELETE", "", None),
            ("DELETE", "/icon", None),
            ("POST", "/clients", Some(json!({ "clientIds": [NOTHING] }))),
        ],
        _ => vec![
            ("GET", "", None),
            ("POST", "/resend", Some(json!({}))),
            ("POST", "/cancel", Some(json!({}))),
            ("POST", "/link", Some(json!({}))),
        ],
    };
    for (resource, id) in &outside {
        for (method, action, body) in calls(resource) {
            let body = body.map(|body| body.to_string());
            let path = |id: &str| format!("/v1/{resource}/{id}{action}");
            let foreign = world.limited.send(method, &path(id), body.clone()).await;
            let absent = world.limited.send(method, &path(NOTHING), body).await;
            foreign.problem(404, "not_found");
            assert_eq!(foreign.body, absent.body, "{method} {resource}{action}");
        }
    }
    let invite = |id: &str| json!({ "clientId": id });
    for client in [&world.in_outside, &world.in_none, &NOTHING.to_owned()] {
        let refused = world.limited.post("/v1/invitations", &invite(client)).await;
        assert_eq!(refused.problem(400, "client_unknown"), Some("clientId"));
        let many = json!({ "clientIds": [client] });
        let bulk = world
            .limited
            .post("/v1/invitations/bulk", &many)
            .await
            .expect(200);
        assert_eq!(bulk["data"][0]["verdict"], "client_unknown");
        let join = format!("/v1/companies/{}/clients", world.inside);
        let join = world.limited.post(&join, &many).await.expect(200);
        assert_eq!(
            join["addedClientIds"],
            json!([]),
            "nobody is taken in from outside"
        );
        let merge = format!("/v1/clients/{}/merge", world.in_inside);
        let refused = world.limited.post(&merge, &json!({ "into": client })).await;
        assert_eq!(refused.problem(400, "client_unknown"), Some("into"));
    }
    let untouched = admin
        .get(&format!("/v1/clients/{}", world.in_outside))
        .await
        .expect(200);
    assert_eq!(untouched["position"], Value::Null);
}

#[tokio::test]
async fn lists_show_only_what_is_inside_whatever_is_asked_for() {
    let world = world().await;
    let limited = &world.limited;

    let clients = limited.get("/v1/clients").await.expect(200);
    assert_eq!(ids(&clients), [&world.in_inside, &world.in_both]);
    let companies = limited.get("/v1/companies").await.expect(200);
    assert_eq!(ids(&companies), [&world.inside]);
    let invitations = limited.get("/v1/invitations").await.expect(200);
    let mut invited: Vec<&Value> = invitations["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["clientId"])
        .collect();
    invited.reverse();
    assert_eq!(invited, [&world.in_inside, &world.in_both]);
    for path in [
        format!("/v1/clients?companyId={}", world.outside),
        "/v1/clients?email=out@example.com".to_owned(),
        "/v1/clients?givenName=none".to_owned(),
        "/v1/companies?name=Outside".to_owned(),
        "/v1/companies?isPlaceholder=true".to_owned(),
        "/v1/companies?search=outs".to_owned(),
        "/v1/clients?search=out".to_owned(),
        "/v1/clients?search=out&companyId=".to_owned(),
        format!("/v1/invitations?clientId={}", world.in_outside),
        "/v1/invitations?email=none@example.com".to_owned(),
    ] {
        assert_eq!(
            limited.get(&path).await.expect(200),
            json!({ "data": [] }),
            "{path}"
        );
    }
    world.app.settle().await;
    for path in [
        "/v1/clients?sort=name",
        "/v1/clients?sort=-lastActivityAt",
        "/v1/clients?search=doe",
        "/v1/clients?status=invited",
    ] {
        let mut found = limited.get(path).await.expect(200);
        let found: Vec<Value> = found["data"]
            .as_array_mut()
            .expect("a list")
            .drain(..)
            .collect();
        let mut found: Vec<&str> = found.iter().map(id).collect();
        found.sort_unstable();
        assert_eq!(found, [&world.in_inside, &world.in_both], "{path}");
    }
    let both = limited_to(&world.app, &[&world.inside, &world.outside]).await;
    for path in [
        "/v1/clients",
        "/v1/clients?search=doe",
        "/v1/clients?sort=name",
    ] {
        let found = both.get(path).await.expect(200);
        assert_eq!(ids(&found).len(), 3, "{path}");
    }
    for sort in ["name", "clientCount"] {
        let found = limited
            .get(&format!("/v1/companies?sort={sort}"))
            .await
            .expect(200);
        assert_eq!(ids(&found), [&world.inside], "{sort}");
    }
    let nothing = limited_to(&world.app, &[]).await;
    for path in ["/v1/clients", "/v1/companies", "/v1/invitations"] {
        assert_eq!(
            nothing.get(path).await.expect(200),
            json!({ "data": [] }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn companies_outside_are_not_named_in_what_is_inside() {
    let world = world().await;
    let path = format!("/v1/clients/{}", world.in_both);
    let client = world.limited.get(&path).await.expect(200);
    assert_eq!(
        (&client["companyId"], &client["companyIds"]),
        (&json!(world.inside), &json!([world.inside]))
    );
    for list in ["clients", "companies", "invitations", "internal-users"] {
        let answer = world.limited.get(&format!("/v1/{list}")).await;
        assert!(
            answer.status == 200 && !answer.text.contains(&world.outside),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn clients_are_added_and_moved_only_within() {
    let world = world().await;
    let limited = &world.limited;
    let eve = |companies: Value| json!({ "name": "Eve Doe", "email": "eve@example.com", "companyIds": companies });

    for company in [&world.outside, &NOTHING.to_owned()] {
        let refused = limited.post("/v1/clients", &eve(json!([company]))).await;
        assert_eq!(refused.problem(400, "company_unknown"), Some("companyIds"));
        let path = format!("/v1/clients/{}", world.in_inside);
        let refused = limited
            .patch(&path, &json!({ "companyIds": [company] }))
            .await;
        assert_eq!(refused.problem(400, "company_unknown"), Some("companyIds"));
    }
    // There is only one that it could be.
    let added = limited
        .post("/v1/clients", &eve(json!([])))
        .await
        .expect(200);
    assert_eq!(added["companyIds"], json!([world.inside]));
    let both = limited_to(&world.app, &[&world.inside, &world.outside]).await;
    both.post("/v1/clients", &eve(json!([])))
        .await
        .problem(400, "company_required");
    let named =
        |name: &str| json!({ "name": "Ed Doe", "email": "ed@example.com", "companyName": name });
    for name in ["Outside", "New"] {
        limited
            .post("/v1/clients", &named(name))
            .await
            .problem(403, "company_access_limited");
    }
    let added = limited
        .post("/v1/clients", &named("inside"))
        .await
        .expect(200);
    assert_eq!(added["companyIds"], json!([world.inside]));
    let path = format!("/v1/clients/{}", world.in_both);
    limited
        .patch(&path, &json!({ "companyIds": [] }))
        .await
        .problem(400, "company_required");
    // What the caller does not see stays as it is, the primary one first.
    let mine = json!({ "companyIds": [world.inside], "position": "Analyst" });
    limited.patch(&path, &mine).await.expect(200);
    let whole = world.app.admin().get(&path).await.expect(200);
    assert_eq!(whole["companyIds"], json!([world.outside, world.inside]));
    assert_eq!(whole["position"], "Analyst");
    for name in ["New", "Outside"] {
        for path in ["/v1/companies", "/v1/companies?findOrCreate=true"] {
            let refused = limited.post(path, &json!({ "name": name })).await;
            refused.problem(403, "company_access_limited");
        }
    }
    let path = "/v1/companies?findOrCreate=true";
    let found = limited
        .post(path, &json!({ "name": "inside" }))
        .await
        .expect(200);
    assert_eq!(found["id"], json!(world.inside));
}

#[tokio::test]
async fn whoever_is_limited_has_nothing_that_tells_of_the_whole_workspace() {
    let world = world().await;
    // The role allows all of it, and the limit takes it away.
    for (path, permission) in [
        ("/v1/events", "view_events"),
        ("/v1/webhook-endpoints", "manage_webhooks"),
        ("/v1/roles", "manage_roles"),
    ] {
        let refused = world.limited.get(path).await;
        refused.problem(403, "company_access_limited");
        assert_eq!(refused.body["permission"], permission);
        let message = refused.body["message"].as_str().unwrap_or_default();
        assert!(message.contains("limited to some companies"), "{message}");
    }
    let member = world.app.member(Role::Staff, CompanyAccess::ALL).await;
    let refused = member.actor.get("/v1/roles").await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permissions"], json!(["manage_roles"]));
    let field =
        json!({ "customFields": [{ "entityType": "client", "name": "Tier", "type": "text" }] });
    let refused = world.limited.post("/v1/custom-fields", &field).await;
    refused.problem(403, "company_access_limited");
    let member = json!({ "name": "A B", "email": "ab@example.com", "role": "staff" });
    world
        .limited
        .post("/v1/internal-users", &member)
        .await
        .problem(403, "company_access_limited");
}

#[tokio::test]
async fn an_invitation_follows_its_client_in_and_out_of_sight() {
    let world = world().await;
    let admin = world.app.admin();
    let list = admin
        .get(&format!("/v1/invitations?clientId={}", world.in_outside))
        .await
        .expect(200);
    let invitation = format!("/v1/invitations/{}", id(&list["data"][0]));
    let client = format!("/v1/clients/{}", world.in_outside);
    let move_to = async |company: &str| {
        admin
            .patch(&client, &json!({ "companyIds": [company] }))
            .await
            .expect(200)
    };

    move_to(&world.inside).await;
    world.limited.get(&invitation).await.expect(200);
    let shown = world.limited.get("/v1/invitations").await.expect(200);
    assert!(shown.to_string().contains(&world.in_outside));
    move_to(&world.outside).await;
    world
        .limited
        .get(&invitation)
        .await
        .problem(404, "not_found");
    let shown = world.limited.get("/v1/invitations").await.expect(200);
    assert!(!shown.to_string().contains(&world.in_outside));
}
