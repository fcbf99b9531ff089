//! Services: what the business offers, and which companies are limited to some.

use e2e::{Received, Receiver, TestApp, id};
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::{Value, json};

async fn offer(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/services", &body).await.expect(201)
}

fn path(service: &Value) -> String {
    format!("/v1/services/{}", id(service))
}

#[tokio::test]
async fn a_service_is_added_changed_deleted_and_told() {
    let app = TestApp::start().await;
    let (admin, receiver) = (app.admin(), Receiver::start().await);
    app.register(&receiver, &["service.*"]).await;
    let body = json!({ "name": "Tax return", "description": "Once a year", "isActive": false });

    let service = admin.post("/v1/services", &body).await.expect(201);
    let read = admin.get(&path(&service)).await.expect(200);
    let change = json!({ "isActive": true, "description": null });
    let after = admin.patch(&path(&service), &change).await.expect(200);
    let gone = admin.delete(&path(&service)).await.expect(200);
    app.settle().await;

    insta::assert_json_snapshot!(service, {
        ".id" => "[id]", ".createdAt" => "[time]", ".updatedAt" => "[time]",
    });
    assert_eq!(read, service);
    assert_eq!(
        (&after["isActive"], &after["description"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        gone,
        json!({ "id": id(&service), "object": "service", "deleted": true })
    );
    admin.get(&path(&service)).await.problem(404, "not_found");
    assert_eq!(
        admin.get("/v1/services").await.expect(200),
        json!({ "data": [] })
    );
    let events: Vec<Value> = receiver.received().iter().map(Received::event).collect();
    let told: Vec<(&str, u64)> = events
        .iter()
        .map(|one| {
            let kind = one["eventType"].as_str().expect("a type");
            (kind, one["sequence"].as_u64().expect("a number"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("service.created", 1),
            ("service.updated", 2),
            ("service.deleted", 3)
        ]
    );
    assert_eq!(
        events[1]["previousAttributes"],
        json!({ "description": "Once a year", "isActive": false })
    );
    let log = admin
        .get("/v1/audit-log?eventType=service.deleted")
        .await
        .expect(200);
    assert_eq!(log["data"][0]["items"][0]["objectId"], service["id"]);
}

#[tokio::test]
async fn services_that_look_alike_are_one_until_one_is_renamed_or_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let tax = offer(&app, "Straße").await;
    let books = offer(&app, "Bookkeeping").await;
    let alike = json!({ "name": "STRASSE" });

    for query in ["", "?dryRun=true"] {
        let again = admin.post(&format!("/v1/services{query}"), &alike).await;
        assert_eq!(again.problem(409, "service_name_taken"), Some("name"));
    }
    let renamed = admin.patch(&path(&books), &alike).await;
    renamed.problem(409, "service_name_taken");
    // A name in another case is its own.
    admin.patch(&path(&tax), &alike).await.expect(200);
    admin
        .patch(&path(&tax), &json!({ "name": "Roads" }))
        .await
        .expect(200);
    admin.patch(&path(&books), &alike).await.expect(200);
    admin.delete(&path(&books)).await.expect(200);
    admin.post("/v1/services", &alike).await.expect(201);
    for (body, code) in [
        (json!({}), "field_required"),
        (json!({ "name": "A" }), "text_too_short"),
        (json!({ "name": "x".repeat(101) }), "text_too_long"),
    ] {
        let refused = admin.post("/v1/services", &body).await;
        assert_eq!(refused.problem(400, code), Some("name"));
    }
}

#[tokio::test]
async fn a_change_of_a_service_that_was_not_seen_is_refused_and_a_repeated_one_is_done_once() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let once = admin.with("idempotency-key", "one");
    let body = json!({ "name": "Tax return" });
    let first = once.post("/v1/services", &body).await.expect(201);
    let second = once.post("/v1/services", &body).await.expect(201);
    assert_eq!(first, second);
    let seen = admin.get(&path(&first)).await;
    let seen = admin.with("if-match", seen.header("etag"));

    seen.patch(&path(&first), &json!({ "isActive": false }))
        .await
        .expect(200);
    let stale = seen
        .patch(&path(&first), &json!({ "isActive": true }))
        .await;
    stale.problem(412, "precondition_failed");
    seen.delete(&path(&first))
        .await
        .problem(412, "precondition_failed");
}

#[tokio::test]
async fn services_are_listed_page_by_page() {
    let app = TestApp::start().await;
    let (admin, mut names) = (app.admin(), Vec::new());
    for name in ["One", "Two", "Three"] {
        offer(&app, name).await;
    }
    let mut next = "/v1/services?limit=2".to_owned();
    loop {
        let page = admin.get(&next).await.expect(200);
        let items = page["data"].as_array().expect("a list");
        names.extend(items.iter().map(|one| one["name"].clone()));
        let Some(token) = page["nextToken"].as_str() else {
            break;
        };
        next = format!("/v1/services?limit=2&nextToken={token}");
    }
    assert_eq!(names, ["One", "Two", "Three"]);

    let all = admin.get("/v1/services").await.expect(200);
    let off = json!({ "isActive": false });
    admin.patch(&path(&all["data"][1]), &off).await.expect(200);
    let active = admin.get("/v1/services?isActive=true").await.expect(200);
    assert_eq!(active["data"].as_array().map(Vec::len), Some(2));
    let rest = admin.get("/v1/services?isActive=false").await.expect(200);
    assert_eq!(rest["data"][0]["name"], "Two");
}

#[tokio::test]
async fn a_company_is_limited_to_services_that_there_are() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (tax, books) = (offer(&app, "Tax return").await, offer(&app, "Books").await);
    let nothing = "01890000-0000-7000-8000-000000000000";
    let only = |ids: &[&Value]| json!({ "serviceIds": ids });

    let unknown = json!({ "name": "Engines", "serviceIds": [tax["id"], nothing] });
    for path in ["/v1/companies", "/v1/companies?dryRun=true"] {
        let refused = admin.post(path, &unknown).await;
        assert_eq!(refused.problem(400, "service_unknown"), Some("serviceIds"));
    }
    let plain = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await;
    assert_eq!(plain.expect(200)["serviceIds"], Value::Null);
    let engines = json!({ "name": "Engines", "serviceIds": [tax["id"], tax["id"]] });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    assert_eq!(engines["serviceIds"], json!([tax["id"]]));
    let company = format!("/v1/companies/{}", id(&engines));
    let refused = admin.patch(&company, &only(&[&json!(nothing)])).await;
    assert_eq!(refused.problem(400, "service_unknown"), Some("serviceIds"));
    let many: Vec<String> = (0..51)
        .map(|n| format!("{}{n:02}", &nothing[..34]))
        .collect();
    let refused = admin.patch(&company, &json!({ "serviceIds": many })).await;
    assert_eq!(
        refused.problem(400, "too_many_services"),
        Some("serviceIds")
    );
    // What it had and is gone can be written back; another tenant's is unknown.
    admin.delete(&path(&tax)).await.expect(200);
    let both = admin
        .patch(&company, &only(&[&tax["id"], &books["id"]]))
        .await;
    assert_eq!(
        both.expect(200)["serviceIds"],
        json!([tax["id"], books["id"]])
    );
    let theirs = app.other_tenant().await.actor;
    let theirs = theirs
        .post("/v1/services", &json!({ "name": "Books" }))
        .await
        .expect(201);
    let foreign = admin.patch(&company, &only(&[&theirs["id"]])).await;
    foreign.problem(400, "service_unknown");
    let none = admin.patch(&company, &json!({ "serviceIds": [] })).await;
    assert_eq!(none.expect(200)["serviceIds"], json!([]));
    let all = admin.patch(&company, &json!({ "serviceIds": null })).await;
    assert_eq!(all.expect(200)["serviceIds"], Value::Null);
}

#[tokio::test]
async fn who_sees_only_some_companies_reads_services_and_changes_none() {
    let app = TestApp::start().await;
    let tax = offer(&app, "Tax return").await;
    let company = json!({ "name": "Engines" });
    let company = app
        .admin()
        .post("/v1/companies", &company)
        .await
        .expect(200);
    let inside = CompanyAccess::only([id(&company).parse().expect("an id")]).expect("one");
    let limited = app.member(Role::Staff, inside).await.actor;

    limited.get(&path(&tax)).await.expect(200);
    let refused = limited
        .post("/v1/services", &json!({ "name": "Books" }))
        .await;
    refused.problem(403, "company_access_limited");
    let refused = limited.delete(&path(&tax)).await;
    refused.problem(403, "company_access_limited");
    let reader = app.key(&[Permission::ViewClients]).await.actor;
    reader
        .delete(&path(&tax))
        .await
        .problem(403, "permission_missing");
}
