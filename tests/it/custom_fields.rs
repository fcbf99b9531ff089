//! Custom fields: defined, filled, changed, deleted.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};
use std::time::Duration;

async fn define(app: &TestApp, fields: Value) -> Vec<Value> {
    let body = json!({ "customFields": fields });
    let added = app
        .admin()
        .post("/v1/custom-fields", &body)
        .await
        .expect(200);
    added["customFields"].as_array().expect("a list").clone()
}

async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("/v1/custom-fields?{query}");
    let list = app.admin().get(&path).await.expect(200);
    list["data"].as_array().expect("a list").clone()
}

fn keys(fields: &[Value]) -> Vec<&str> {
    fields
        .iter()
        .filter_map(|field| field["key"].as_str())
        .collect()
}

fn ada(values: &Value) -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "customFields": values })
}

fn path(client: &Value) -> String {
    format!("/v1/clients/{}", id(client))
}

#[tokio::test]
async fn fields_are_defined_and_listed_in_the_compatible_shape() {
    let app = TestApp::start().await;

    let added = define(
        &app,
        json!([
            { "entityType": "client", "name": "Support Email", "type": "email" },
            { "entityType": "company", "name": "Size", "type": "number" },
            { "entityType": "client", "name": "Tags", "type": "multiSelect",
              "options": [{ "label": "Sample Tag" }, { "label": "VIP" }] },
        ]),
    )
    .await;

    assert_eq!(keys(&added), ["supportEmail", "size", "tags"]);
    let tags = &added[2];
    assert_eq!(
        (
            &tags["object"],
            &tags["entityType"],
            &tags["order"],
            &tags["type"]
        ),
        (
            &json!("customField"),
            &json!("client"),
            &json!(1),
            &json!("multiSelect")
        )
    );
    assert_eq!(tags["options"][0]["key"], "sampleTag");
    assert_eq!(tags["options"][0]["object"], "customFieldOption");
    assert_eq!(added[0].get("options"), None);
    assert_eq!(
        keys(&listed(&app, "").await),
        ["supportEmail", "tags", "size"]
    );
    assert_eq!(keys(&listed(&app, "entityType=company").await), ["size"]);
    app.admin()
        .get("/v1/custom-fields?entityType=invoice")
        .await
        .problem(400, "parameter_invalid");
    let options = format!("/v1/custom-fields/{}/options", id(tags));
    let one = app
        .admin()
        .get(&format!("{options}?label=VIP"))
        .await
        .expect(200);
    assert_eq!(keys(one["data"].as_array().expect("a list")), ["vip"]);
}

#[tokio::test]
async fn values_are_set_told_replaced_and_cleared() {
    let app = TestApp::start().await;
    let admin = app.admin();
    define(
        &app,
        json!([
            { "entityType": "client", "name": "Tier", "type": "text" },
            { "entityType": "client", "name": "Score", "type": "number" },
            { "entityType": "client", "name": "Home", "type": "address" },
            { "entityType": "client", "name": "Tags", "type": "multiSelect",
              "options": [{ "label": "A" }, { "label": "B" }] },
        ]),
    )
    .await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.*"]).await;
    let values = json!({ "tier": "gold", "score": 4.5, "home": "1 Main St", "tags": ["a", "b"] });

    // As a text, as the type definitions of the compatible SDK have it.
    let client = admin
        .post("/v1/clients", &ada(&json!(values.to_string())))
        .await
        .expect(200);
    let change = json!({ "customFields": { "tier": "", "tags": ["b"], "score": 5 } });
    let after = admin.patch(&path(&client), &change).await.expect(200);
    let nothing = json!({ "customFields": { "home": null, "tags": [], "score": "" } });
    let empty = admin.patch(&path(&client), &nothing).await.expect(200);
    app.settle().await;

    let mut stored = values.clone();
    stored["home"] = json!({ "fullAddress": "1 Main St" });
    assert_eq!(client["customFields"], stored);
    let left = json!({ "score": 5, "home": { "fullAddress": "1 Main St" }, "tags": ["b"] });
    assert_eq!(after["customFields"], left);
    assert_eq!(empty["customFields"], json!(null));
    assert_eq!(admin.get(&path(&client)).await.expect(200), empty);
    let events: Vec<Value> = receiver
        .received()
        .iter()
        .map(e2e::Received::event)
        .collect();
    assert_eq!(events[0]["data"]["customFields"], stored);
    assert_eq!(
        events[1]["previousAttributes"],
        json!({ "customFields": stored })
    );
    assert_eq!(
        events[2]["previousAttributes"],
        json!({ "customFields": left })
    );
}

#[tokio::test]
async fn a_value_without_a_field_is_refused_by_its_path() {
    let app = TestApp::start().await;
    define(
        &app,
        json!([{ "entityType": "client", "name": "Tier", "type": "number" }]),
    )
    .await;

    let unknown = app
        .admin()
        .post("/v1/clients", &ada(&json!({ "size": 1 })))
        .await;
    assert_eq!(
        unknown.problem(400, "custom_field_unknown"),
        Some("customFields.size")
    );
    let wrong = app
        .admin()
        .post("/v1/clients", &ada(&json!({ "tier": "gold" })))
        .await;
    assert_eq!(
        wrong.problem(400, "custom_field_invalid"),
        Some("customFields.tier")
    );
    let text = app.admin().post("/v1/clients", &ada(&json!("gold"))).await;
    assert_eq!(text.problem(400, "field_invalid"), Some("customFields"));
    // A field of clients is none of companies.
    let company = json!({ "name": "Engines", "customFields": { "tier": 1 } });
    let refused = app.admin().post("/v1/companies", &company).await;
    assert_eq!(
        refused.problem(400, "custom_field_unknown"),
        Some("customFields.tier")
    );
}

#[tokio::test]
async fn a_field_is_renamed_moved_and_gets_options_under_the_same_key() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let added = define(
        &app,
        json!([
            { "entityType": "company", "name": "Size", "type": "number" },
            { "entityType": "company", "name": "Tier", "type": "multiSelect", "options": [{ "label": "Gold" }] },
        ]),
    )
    .await;
    let tier = format!("/v1/custom-fields/{}", id(&added[1]));

    let change = json!({
        "name": "Level", "order": 0,
        "options": [{ "label": "Silver", "color": "#9BBFFF" }, { "key": "gold", "label": "Golden" }],
    });
    let after = admin.patch(&tier, &change).await.expect(200);

    assert_eq!(
        (&after["key"], &after["name"], &after["order"]),
        (&json!("tier"), &json!("Level"), &json!(0))
    );
    assert_eq!(after["options"][0]["color"], "#9BBFFF");
    assert_eq!(after["options"][1]["key"], "gold");
    assert_eq!(keys(&listed(&app, "").await), ["tier", "size"]);
    let less = json!({ "options": [{ "key": "gold" }] });
    admin
        .patch(&tier, &less)
        .await
        .problem(400, "option_missing");
}

#[tokio::test]
async fn the_values_of_a_deleted_field_are_cleared_and_its_key_is_free_again() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let tier = || {
        json!([
            { "entityType": "client", "name": "Tier", "type": "text" },
            { "entityType": "company", "name": "Tier", "type": "text" },
        ])
    };
    let added = define(&app, tier()).await;
    let company = json!({ "name": "Engines", "customFields": { "tier": "gold" } });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    let mut clients = Vec::new();
    for number in 0..120 {
        let mut body = ada(&json!({ "tier": format!("tier {number}") }));
        body["email"] = json!(format!("ada{number}@example.com"));
        clients.push(admin.post("/v1/clients", &body).await.expect(200));
    }
    app.settle().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.updated", "company.updated"])
        .await;

    for field in &added {
        admin
            .delete(&format!("/v1/custom-fields/{}", id(field)))
            .await
            .expect(200);
    }
    assert_eq!(listed(&app, "").await, Vec::<Value>::new());
    admin
        .patch(
            &path(&clients[0]),
            &json!({ "customFields": { "tier": "x" } }),
        )
        .await
        .problem(400, "custom_field_unknown");
    app.advance(Duration::from_mins(1)).await;
    app.settle().await;

    for client in [&clients[0], &clients[119]] {
        let after = admin.get(&path(client)).await.expect(200);
        assert_eq!(after["customFields"], json!(null));
    }
    let company = format!("/v1/companies/{}", id(&company));
    let company = admin.get(&company).await.expect(200);
    assert_eq!(company["customFields"], json!(null));
    assert_eq!(receiver.received().len(), 121);
    assert_eq!(keys(&define(&app, tier()).await), ["tier", "tier"]);
}

#[tokio::test]
async fn fields_that_are_defined_at_once_get_keys_of_their_own() {
    let app = TestApp::start().await;
    // Names that would make the same key.
    let defined = (0..4).map(|number| {
        let name = format!("Tier{}", "!".repeat(number));
        let field = json!([{ "entityType": "client", "name": name, "type": "text" }]);
        define(&app, field)
    });

    futures_util::future::join_all(defined).await;

    let fields = listed(&app, "").await;
    let mut found = keys(&fields);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn a_field_has_a_name_that_no_other_of_the_same_things_has() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let field =
        |entity: &str, name: &str| json!({ "entityType": entity, "name": name, "type": "text" });
    let fields = |fields: &[Value]| json!({ "customFields": fields });
    let tier = field("client", "Tier");
    let path = "/v1/custom-fields";
    let made = admin
        .post(path, &fields(&[tier.clone(), field("company", "Tier")]))
        .await;
    made.expect(200);

    let again = admin.post(path, &fields(&[tier])).await;
    let field_of = again.problem(409, "custom_field_name_taken");
    assert_eq!(field_of, Some("customFields[0].name"));
    let twice = fields(&[field("client", "Size"), field("client", "SIZE")]);
    let twice = admin.post(path, &twice).await;
    let field_of = twice.problem(409, "custom_field_name_taken");
    assert_eq!(field_of, Some("customFields[1].name"));
    let size = admin
        .post(path, &fields(&[field("client", "Size")]))
        .await
        .expect(200);
    let size = format!("{path}/{}", id(&size["customFields"][0]));
    let name = |name: &str| json!({ "name": name });
    let refused = admin.patch(&size, &name("tier")).await;
    assert_eq!(
        refused.problem(409, "custom_field_name_taken"),
        Some("name")
    );
    admin.patch(&size, &name("SIZE")).await.expect(200);
    // The name of a deleted one is free at once.
    admin.delete(&size).await.expect(200);
    let size = fields(&[field("client", "Size")]);
    admin.post(path, &size).await.expect(200);
}

#[tokio::test]
async fn a_field_is_shown_by_its_id_with_the_tag_that_a_change_asks_for() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let fields = json!([{ "entityType": "company", "name": "Tier", "type": "multiSelect",
        "options": [{ "label": "Gold" }] }]);
    let field = define(&app, fields).await.remove(0);
    let path = format!("/v1/custom-fields/{}", id(&field));

    let found = admin.get(&path).await;
    let tag = found.header("etag").to_owned();
    assert_eq!(found.expect(200), field);

    let named = |name: &str| json!({ "name": name });
    let seen = admin.with("if-match", &tag);
    seen.patch(&path, &named("Level")).await.expect(200);
    let late = seen.patch(&path, &named("Rank")).await;
    late.problem(412, "precondition_failed");
    let nothing = "/v1/custom-fields/01890000-0000-7000-8000-000000000000";
    admin.get(nothing).await.problem(404, "not_found");
    admin.delete(&path).await.expect(200);
    admin.get(&path).await.problem(404, "not_found");
}
