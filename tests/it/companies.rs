//! Companies through the public door.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

fn path(company: &Value) -> String {
    format!("/v1/companies/{}", id(company))
}

#[tokio::test]
async fn company_changes_emit_theirs() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.*"]).await;

    let company = admin
        .post(
            "/v1/companies",
            &json!({ "name": "Engines", "fallbackColor": "#9BBFFF" }),
        )
        .await
        .expect(200);
    let renamed = admin
        .patch(&path(&company), &json!({ "name": "Analytical Engines" }))
        .await
        .expect(200);
    let deleted = admin.delete(&path(&company)).await.expect(200);
    app.settle().await;

    assert_eq!(company["fallbackColor"], "#9BBFFF");
    assert_eq!(renamed["name"], "Analytical Engines");
    assert_eq!(
        deleted,
        json!({ "id": company["id"], "object": "company", "deleted": true })
    );
    admin.get(&path(&company)).await.problem(404, "not_found");
    assert_eq!(
        receiver.event_types(),
        ["company.created", "company.updated", "company.deleted"]
    );
    let sequences: Vec<Value> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.event()["sequence"].clone())
        .collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(
        receiver.received()[1].event()["previousAttributes"],
        json!({ "name": "Engines" })
    );
}

#[tokio::test]
async fn a_company_name_is_unique_whatever_its_case_and_free_again_after_deletion() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let other = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);

    let taken = admin
        .post("/v1/companies", &json!({ "name": "ENGINES" }))
        .await;
    assert_eq!(taken.problem(409, "company_name_taken"), Some("name"));
    admin
        .patch(&path(&other), &json!({ "name": "engines" }))
        .await
        .problem(409, "company_name_taken");
    admin
        .patch(&path(&engines), &json!({ "name": "ENGINES" }))
        .await
        .expect(200);

    admin.delete(&path(&engines)).await.expect(200);
    admin
        .patch(&path(&other), &json!({ "name": "Engines" }))
        .await
        .expect(200);
    admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_clients_of_a_deleted_company_stay_and_leave_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let looms = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
    let mut clients = Vec::new();
    for number in 0..120 {
        let body = json!({
            "givenName": "Ada", "familyName": format!("Number{number}"), "email": format!("ada{number}@example.com"),
            "companyIds": if number == 0 { json!([engines["id"], looms["id"]]) } else { json!([engines["id"]]) },
        });
        clients.push(admin.post("/v1/clients", &body).await.expect(200));
    }
    app.settle().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.clientRemoved"]).await;

    admin.delete(&path(&engines)).await.expect(200);
    app.settle().await;

    let first = admin
        .get(&format!("/v1/clients/{}", id(&clients[0])))
        .await
        .expect(200);
    assert_eq!(first["companyIds"], json!([looms["id"]]));
    let last = admin
        .get(&format!("/v1/clients/{}", id(&clients[119])))
        .await
        .expect(200);
    assert_ne!(last["companyId"], engines["id"]);
    assert_eq!(receiver.received().len(), 120);
    let join = admin
        .patch(
            &format!("/v1/clients/{}", id(&clients[0])),
            &json!({ "companyIds": [engines["id"]] }),
        )
        .await;
    assert_eq!(join.problem(400, "company_unknown"), Some("companyIds"));

    // Once the indexes have surely caught up, nothing is due any more.
    app.advance(Duration::from_mins(1)).await;
    let due = app
        .server
        .app()
        .store
        .due::<portico_domain::kind::Company>(portico_store::DueKind::Company, app.now(), 10)
        .await;
    assert!(due.expect("the table answers").is_empty());
}

#[tokio::test]
async fn companies_are_listed_with_and_without_placeholders() {
    let app = TestApp::start().await;
    let admin = app.admin();
    admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    admin
        .post(
            "/v1/clients",
            &json!({ "name": "Ada Lovelace", "email": "ada@example.com" }),
        )
        .await
        .expect(200);

    let names = async |query: &str| -> Vec<Value> {
        let list = admin
            .get(&format!("/v1/companies?{query}"))
            .await
            .expect(200);
        let items = list["data"].as_array().expect("a list").clone();
        items
            .iter()
            .map(|company| company["name"].clone())
            .collect()
    };
    assert_eq!(names("").await, ["Engines", ""]);
    assert_eq!(names("isPlaceholder=false").await, ["Engines"]);
    assert_eq!(names("isPlaceholder=true").await, [""]);
    assert_eq!(names("name=Engines").await, ["Engines"]);
    assert_eq!(names("name=engines").await, Vec::<Value>::new());
    assert_eq!(
        names("name=Engines&isPlaceholder=true").await,
        Vec::<Value>::new()
    );
}
