//! Each permission by itself: that a route cannot do without it, and that it is
//! enough.

use crate::{
    access::{Things, call, comes_last, things},
    matrix::custom_role,
};
use e2e::{Actor, Receiver, TestApp};
use portico_bootstrap::functions;
use portico_domain::{CompanyAccess, Permission};
use portico_web::{Access, Function};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// All permissions but this one.
fn others(but: Permission) -> Vec<Permission> {
    let all = Permission::ALL.iter().copied();
    all.filter(|permission| *permission != but).collect()
}

/// A member whose role allows just this.
async fn member(app: &TestApp, name: &str, may: &[Permission]) -> Actor {
    let may: BTreeSet<Permission> = may.iter().copied().collect();
    let role = custom_role(app, name, &may).await;
    app.member(role, CompanyAccess::ALL).await.actor
}

/// What a route needs, the one that it names first. Whoever merges changes the
/// client who stays.
fn needed(function: &Function) -> Vec<Permission> {
    match (function.route.name, function.route.access) {
        ("clients-merge", Access::Permission(needed)) => vec![needed, Permission::EditClients],
        (_, Access::Permission(needed)) => vec![needed],
        _ => Vec::new(),
    }
}

/// Every route asks for its own permission, whatever else `without` may do, and
/// no other. Deletions come last, so that every other route finds what it asks
/// for.
async fn asks_for_its_own(
    things: &Things,
    without: impl AsyncFn(Permission) -> Actor,
    with_just: impl AsyncFn(&[Permission]) -> Actor,
) {
    let mut functions = functions();
    functions.sort_by_key(comes_last);
    functions.retain(|function| !needed(function).is_empty());
    for permission in Permission::ALL {
        let (without, name) = (without(*permission).await, permission.name());
        let of_it = |function: &&Function| needed(function)[0] == *permission;
        let mut asked = 0;
        for function in functions.iter().filter(of_it) {
            let refused = call(&without, function, things).await;
            refused.problem(403, "permission_missing");
            assert_eq!(refused.body["permission"], name, "{}", function.route);
            asked += 1;
        }
        assert!(asked > 0, "nothing needs {name}");
    }
    for function in &functions {
        let answer = call(&with_just(&needed(function)).await, function, things).await;
        assert!(
            !matches!(answer.status, 401 | 403 | 404 | 500..),
            "{}: {}",
            function.route,
            answer.text
        );
    }
}

#[tokio::test]
async fn each_permission_of_a_key_is_needed_and_enough() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;

    asks_for_its_own(
        &things,
        async |but| app.key(&others(but)).await.actor,
        async |may| app.key(may).await.actor,
    )
    .await;
}

#[tokio::test]
async fn each_permission_of_a_role_is_needed_and_enough() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    let mut without = Vec::new();
    for but in Permission::ALL {
        let name = format!("All but {}", but.name());
        without.push((*but, member(&app, &name, &others(*but)).await));
    }
    let mut just = Vec::new();
    for may in functions().iter().map(needed).collect::<BTreeSet<_>>() {
        let names: Vec<&str> = may.iter().map(|one| one.name()).collect();
        let actor = member(&app, &format!("Just {}", names.join(", ")), &may).await;
        just.push((may, actor));
    }

    asks_for_its_own(
        &things,
        async |but| find(&without, &but),
        async |may| find(&just, &may.to_vec()),
    )
    .await;
}

fn find<T: PartialEq>(actors: &[(T, Actor)], of: &T) -> Actor {
    let found = actors.iter().find(|(one, _)| one == of);
    found.expect("one was made").1.clone()
}

/// What needs more than its route, or something else, because of its query or
/// its body.
struct Row {
    method: &'static str,
    path: String,
    body: Option<Value>,
    needs: Vec<Permission>,
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn rows(things: &Things, spare: [&str; 2]) -> Vec<Row> {
    use Permission as P;
    let client = format!("/v1/clients/{}", things.client());
    let row = |method, path: &str, body: Value, needs: &[P]| Row {
        method,
        path: path.to_owned(),
        body: Some(body).filter(|body| !body.is_null()),
        needs: needs.to_vec(),
    };
    let person = |name: &str, more: Value| {
        let email = format!("{}@example.com", name.to_lowercase());
        let mut body = json!({ "givenName": name, "familyName": "Doe", "email": email });
        body["companyName"] = more;
        body
    };
    let [first, second] = spare;
    vec![
        row(
            "POST",
            "/v1/clients?sendInvite=true",
            person("Alan", Value::Null),
            &[P::CreateClients],
        ),
        row(
            "PATCH",
            &format!("{client}?sendInvite=true"),
            json!({}),
            &[P::EditClients, P::CreateClients],
        ),
        // A company that there is, and one that would have to be added.
        row(
            "POST",
            "/v1/clients",
            person("Grace", "Engines".into()),
            &[P::CreateClients],
        ),
        row(
            "POST",
            "/v1/clients",
            person("Edith", "Mills".into()),
            &[P::CreateClients, P::ManageClientOrganizations],
        ),
        row(
            "PATCH",
            &client,
            json!({ "companyName": "Engines" }),
            &[P::EditClients],
        ),
        row(
            "PATCH",
            &client,
            json!({ "companyName": "Looms" }),
            &[P::EditClients, P::ManageClientOrganizations],
        ),
        row(
            "PUT",
            &client,
            json!({ "givenName": "Ada", "familyName": "King", "companyName": "Yards" }),
            &[P::EditClients, P::ManageClientOrganizations],
        ),
        row(
            "POST",
            &format!("/v1/clients/{first}/merge"),
            json!({ "into": second }),
            &[P::DeleteClients, P::EditClients],
        ),
        row(
            "GET",
            "/v1/clients?archived=true",
            Value::Null,
            &[P::ViewClients, P::DeleteClients],
        ),
        row(
            "GET",
            "/v1/clients?archived=false",
            Value::Null,
            &[P::ViewClients],
        ),
        row("GET", "/v1/events", Value::Null, &[P::ViewEvents]),
        row(
            "GET",
            "/v1/events?startDate=2026-01-01T00:00:00Z",
            Value::Null,
            &[P::ViewEvents, P::ViewAuditLog],
        ),
        row(
            "GET",
            "/v1/events?eventType=clientCreated",
            Value::Null,
            &[P::ViewEvents, P::ViewAuditLog],
        ),
        // Nobody gives out what they may not do themselves.
        row(
            "POST",
            "/v1/roles",
            json!({ "name": "Readers", "permissions": ["view_clients"] }),
            &[P::ManageRoles, P::ViewClients],
        ),
        row(
            "POST",
            "/v1/api-keys",
            json!({ "name": "Reader", "permissions": ["view_events"] }),
            &[P::ManageApiKeys, P::ViewEvents],
        ),
    ]
}

#[tokio::test]
async fn what_a_query_or_a_body_asks_for_needs_its_permission_too() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    let mut spare = Vec::new();
    for name in ["John", "Johnny"] {
        let body = json!({ "name": name, "email": format!("{name}@example.com") });
        spare.push(app.admin().post("/v1/clients", &body).await.expect(200));
    }
    // An invitation is sent again after a minute.
    app.advance(Duration::from_mins(2)).await;
    let spare = [e2e::id(&spare[0]), e2e::id(&spare[1])];

    for (number, row) in rows(&things, spare).iter().enumerate() {
        let ask = async |actor: &Actor| {
            let body = row.body.as_ref().map(Value::to_string);
            actor.send(row.method, &row.path, body).await
        };
        let told = format!("{number}: {} {}", row.method, row.path);
        for needed in &row.needs {
            let name = format!("{number} without {}", needed.name());
            let refused = ask(&member(&app, &name, &others(*needed)).await).await;
            assert_eq!(refused.status, 403, "{told}: {}", refused.text);
            assert_eq!(refused.body["permission"], needed.name(), "{told}");
        }
        let done = ask(&member(&app, &number.to_string(), &row.needs).await).await;
        assert!(matches!(done.status, 200 | 201), "{told}: {}", done.text);
    }
}
