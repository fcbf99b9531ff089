//! Many at once, and only to see.

use crate::dry_run::is_written;
use e2e::{TestApp, id};
use portico_local::{Call, Fault};
use serde_json::{Value, json};

fn client(name: &str) -> Value {
    json!({ "name": format!("{name} Test"), "email": format!("{name}@example.com") })
}

async fn count(app: &TestApp, path: &str) -> usize {
    let found = app.admin().get(path).await.expect(200);
    found["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn each_item_of_a_batch_is_done_or_refused_by_itself() {
    let app = TestApp::start().await;
    let body = json!({ "clients": [
        client("ada"),
        { "name": "Eve Test", "email": "nonsense" },
        client("ada"),
        "text",
        { "name": "Alan Test", "email": "alan@example.com", "nickname": "Al" },
        client("grace"),
    ] });

    let done = app
        .admin()
        .post("/v1/clients/batch", &body)
        .await
        .expect(200);

    assert_eq!(
        (&done["succeeded"], &done["failed"]),
        (&json!(2), &json!(4))
    );
    let outcomes: Vec<(u64, Option<&str>)> = done["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            let code = item["problem"]["code"].as_str();
            (item["status"].as_u64().unwrap_or_default(), code)
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            (200, None),
            (400, Some("email_invalid")),
            (409, Some("email_taken")),
            (400, Some("field_invalid")),
            (400, Some("field_unknown")),
            (200, None),
        ]
    );
    assert_eq!(done["data"][4]["problem"]["field"], "nickname");
    let ada = app
        .admin()
        .get(&format!("/v1/clients/{}", id(&done["data"][0]["resource"])))
        .await
        .expect(200);
    assert_eq!(ada, done["data"][0]["resource"]);
    assert_eq!(count(&app, "/v1/clients").await, 2);
    let names = json!({ "companies": [{ "name": "Engines" }, { "name": "engines" }, {}] });
    let done = app
        .admin()
        .post("/v1/companies/batch", &names)
        .await
        .expect(200);
    assert_eq!(
        (&done["succeeded"], &done["failed"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(done["data"][1]["problem"]["code"], "company_name_taken");
}

#[tokio::test]
async fn a_batch_has_1_to_100_items() {
    let app = TestApp::start().await;
    let many: Vec<Value> = (0..101).map(|_| json!({})).collect();
    for (body, code) in [
        (json!({}), "field_required"),
        (json!({ "clients": [] }), "batch_size"),
        (json!({ "clients": many }), "batch_size"),
    ] {
        let refused = app.admin().post("/v1/clients/batch", &body).await;
        assert_eq!(refused.problem(400, code), Some("clients"));
    }
}

/// The third of five fails on our side; sent again under the same key, the
/// first two are not done again and answered as they were.
#[tokio::test]
async fn a_batch_that_was_cut_off_goes_on_where_it_stopped() {
    let app = TestApp::start().await;
    let admin = app.admin().with("idempotency-key", "import-7");
    let names = ["ada", "grace", "alan", "edsger", "barbara"];
    let clients: Vec<Value> = names.iter().map(|name| client(name)).collect();
    let body = json!({ "clients": clients });
    let mut commits = 0;
    app.server.aws().inject(move |call: &Call| {
        commits += u32::from(call.operation == "TransactWriteItems");
        (commits >= 3).then_some(Fault::LostBefore)
    });
    admin
        .post("/v1/clients/batch", &body)
        .await
        .problem(503, "unavailable");
    app.server.aws().heal();
    assert_eq!(count(&app, "/v1/clients").await, 2);
    let before = count(&app, "/v1/events").await;

    let done = admin.post("/v1/clients/batch", &body).await;
    let again = admin.post("/v1/clients/batch", &body).await;

    assert_eq!(done.body["succeeded"], 5, "{}", done.text);
    assert_eq!(again.text, done.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(count(&app, "/v1/clients").await, 5);
    assert_eq!(count(&app, "/v1/events").await, before + 3);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let taken = admin.post("/v1/clients", &client("ada")).await.expect(200);
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    app.settle().await;
    app.server.aws().record_calls();
    let dry = async |path: &str, body: Value| {
        let path = format!("/v1/{path}?dryRun=true");
        admin.post(&path, &body).await
    };

    let would_be = dry("clients", client("grace")).await;
    assert_eq!(would_be.header("portico-dry-run"), "true");
    assert_eq!(would_be.expect(200)["email"], "grace@example.com");
    dry("clients", client("ada"))
        .await
        .problem(409, "email_taken");
    let mut nowhere = client("grace");
    nowhere["companyIds"] = json!([id(&taken)]);
    dry("clients", nowhere)
        .await
        .problem(400, "company_unknown");
    let mut there = client("grace");
    there["companyIds"] = json!([id(&company)]);
    dry("clients", there).await.expect(200);
    dry("companies", json!({ "name": "ENGINES" }))
        .await
        .problem(409, "company_name_taken");
    dry("companies", json!({ "name": "Looms" }))
        .await
        .expect(200);
    let invited = dry("invitations", json!({ "clientId": id(&taken) })).await;
    assert_eq!(invited.expect(201)["status"], "pending");
    let both = json!({ "clients": [client("grace"), client("ada")] });
    let would_be = dry("clients/batch", both).await;
    assert_eq!(would_be.header("portico-dry-run"), "true");
    assert_eq!(would_be.body["data"][1]["problem"]["code"], "email_taken");

    let calls = app.server.aws().calls();
    let written: Vec<&Call> = calls.iter().filter(|call| is_written(call)).collect();
    assert!(written.is_empty(), "{written:?}");
    assert_eq!(count(&app, "/v1/clients").await, 1);
    assert!(app.mails("ada@example.com").await.is_empty());
}
