//! What each route costs: calls to AWS, and the items that they touch.

use e2e::{Actor, TestApp};
use portico_local::Call;
use serde_json::{Value, json};

/// The calls of a function that was at work once, as `operation` or
/// `operation×items`.
fn spent(calls: &[Call], function: &str) -> String {
    let own = calls.iter().filter(|call| call.function == Some(function));
    own.map(describe).collect::<Vec<_>>().join(" ")
}

fn describe(call: &Call) -> String {
    match call.body["TransactItems"].as_array().map(Vec::len) {
        Some(items) => format!("{}×{items}", call.operation),
        None => call.operation.clone(),
    }
}

async fn id(actor: &Actor, path: &str, body: &Value) -> String {
    let answer = actor.post(path, body).await;
    assert!(answer.status < 300, "{}", answer.text);
    answer.body["id"].as_str().expect("an id").to_owned()
}

/// An increase fails here, and so does a saving that nobody notes. The first
/// `BatchGetItem` of each route is the caller's key.
#[tokio::test]
async fn every_route_costs_what_it_is_known_to_cost() {
    let app = TestApp::start().await;
    let admin = app.admin();
    // Once an hour it is noted that a key is used.
    admin.get("/v1/me").await.expect(200);
    app.server.aws().record_calls();

    let company = id(&admin, "/v1/companies", &json!({ "name": "Engines" })).await;
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [company] });
    let client = id(&admin, "/v1/clients", &ada).await;
    let invitation = id(&admin, "/v1/invitations", &json!({ "clientId": client })).await;
    app.settle().await;
    for path in [
        format!("/v1/clients/{client}"),
        "/v1/clients".to_owned(),
        format!("/v1/companies/{company}"),
        "/v1/companies".to_owned(),
        format!("/v1/invitations/{invitation}"),
        "/v1/invitations".to_owned(),
        "/v1/events".to_owned(),
        "/v1/workspaces".to_owned(),
    ] {
        admin.get(&path).await.expect(200);
    }
    admin
        .patch(
            &format!("/v1/clients/{client}"),
            &json!({ "position": "Analyst" }),
        )
        .await
        .expect(200);
    let link = app.link("ada@example.com").await;
    app.nobody().get(&link).await;
    app.nobody()
        .post(
            &format!("{link}/accept"),
            &json!({ "password": "correct horse battery" }),
        )
        .await
        .expect(200);
    admin
        .delete(&format!("/v1/clients/{client}"))
        .await
        .expect(200);
    admin
        .delete(&format!("/v1/companies/{company}"))
        .await
        .expect(200);

    let calls = app.server.aws().calls();
    let names = portico_bootstrap::functions();
    let names = names
        .iter()
        .map(|function| function.route.name)
        .chain(["mailer"]);
    let spent = names
        .map(|name| (name, spent(&calls, name)))
        .filter(|(_, calls)| !calls.is_empty());
    let table: Vec<String> = spent
        .map(|(name, calls)| format!("{name}: {calls}"))
        .collect();
    insta::assert_snapshot!(table.join(
        "
"
    ));
}
