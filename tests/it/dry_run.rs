//! `?dryRun=true`: everything is checked and nothing is done, or it is refused.

use crate::access::{call_with, things};
use e2e::{Receiver, TestApp, id};
use portico_local::Call;
use portico_web::{Method, Parameter};
use serde_json::{Value, json};

/// Whether a call changes anything in the table.
pub(crate) fn is_written(call: &Call) -> bool {
    let actions = call.body["TransactItems"].as_array().into_iter().flatten();
    let mut kinds = actions
        .filter_map(Value::as_object)
        .flat_map(|one| one.keys());
    matches!(
        &*call.operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "PutObject"
    ) || kinds.any(|kind| kind != "ConditionCheck")
}

/// Compared with the routes themselves: what cannot be rehearsed is refused and
/// not done.
#[tokio::test]
async fn every_change_is_rehearsed_or_refused() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    app.settle().await;
    app.server.aws().record_calls();
    for function in portico_bootstrap::functions() {
        let route = function.route;
        let is_change = !matches!(route.method, Method::Get | Method::Any);
        if !is_change || !route.path.starts_with("/v1/") {
            continue;
        }
        let answer = call_with(&app.admin(), &function, &things, "?dryRun=true").await;
        let is_known = function
            .operation
            .query
            .iter()
            .any(|parameter| parameter.name == Parameter::DRY_RUN.name);
        if is_known {
            // An invitation is open already.
            let is_refused = route.name == "invitations-create" && answer.status == 409;
            let is_rehearsed = answer.header("portico-dry-run") == "true";
            assert!(is_rehearsed || is_refused, "{route}: {}", answer.text);
        } else {
            let field = answer.problem(400, "dry_run_unsupported");
            assert_eq!(field, Some("dryRun"), "{route}");
        }
        assert!(
            route.method != Method::Post || is_known || route.path.contains("{id}"),
            "{route} creates something, and cannot be rehearsed"
        );
    }

    let calls = app.server.aws().calls();
    let written: Vec<&Call> = calls.iter().filter(|call| is_written(call)).collect();
    assert!(written.is_empty(), "{written:?}");
}

#[tokio::test]
async fn whoever_misspells_it_does_not_find_it_done() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });

    for query in [
        "dryRun",
        "dryRun=",
        "dryRun=yes",
        "dryrun=true",
        "dryRun=false&dryRun=true",
    ] {
        let refused = admin.post(&format!("/v1/clients?{query}"), &ada).await;
        let field = refused.problem(400, "parameter_invalid");
        assert_eq!(field, Some("dryRun"), "{query}");
    }

    let list = admin.get("/v1/clients").await.expect(200);
    assert_eq!(list, json!({ "data": [] }));
    admin
        .post("/v1/clients?dryRun=false", &ada)
        .await
        .expect(200);
}

#[tokio::test]
async fn inviting_many_is_rehearsed_for_each() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyName": "Engines" });
    let ada = admin.post("/v1/clients", &ada).await.expect(200);

    let many = json!({ "clientIds": [id(&ada), app.server.admin_id] });
    let would_be = admin.post("/v1/invitations/bulk?dryRun=true", &many).await;

    assert_eq!(would_be.header("portico-dry-run"), "true");
    let verdicts = would_be.expect(200);
    assert_eq!(verdicts["data"][0]["verdict"], "created");
    assert_eq!(verdicts["data"][1]["verdict"], "client_unknown");
    app.settle().await;
    assert!(app.mails("ada@example.com").await.is_empty());
    let client = admin.get(&format!("/v1/clients/{}", id(&ada))).await;
    assert_eq!(client.expect(200)["status"], "notInvited");
}
