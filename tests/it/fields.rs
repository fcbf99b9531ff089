//! All fields of clients and companies, written, shown, told and cleared.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};

const SOMEBODY: &str = "01890000-0000-7000-8000-000000000001";

fn paths(thing: &Value) -> String {
    match thing["object"].as_str() {
        Some("client") => format!("/v1/clients/{}", id(thing)),
        _ => format!("/v1/companies/{}", id(thing)),
    }
}

/// Changes each field by itself, and looks at answer and event.
async fn clear(app: &TestApp, receiver: &Receiver, thing: &Value, changes: &[(Value, Value)]) {
    for (change, after) in changes {
        let before = app.admin().get(&paths(thing)).await.expect(200);
        let answer = app.admin().patch(&paths(thing), change).await.expect(200);
        app.settle().await;

        let event = receiver.received().pop().expect("an event").event();
        for (name, value) in after.as_object().expect("an object") {
            assert_eq!(&answer[name], value, "{change}");
            assert_eq!(&event["data"][name], value, "{change}");
            let previous = json!({ name: before[name] });
            assert_eq!(event["previousAttributes"], previous, "{change}");
        }
        let same = app.admin().get(&paths(thing)).await.expect(200);
        assert_eq!(same, answer);
    }
}

#[tokio::test]
async fn a_client_has_all_its_fields_and_each_can_be_cleared() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.updated"]).await;
    let body = json!({
        "name": "Ana Maria Ruiz", "email": "ana@example.com", "position": "Analyst",
        "phone": "+12125550123", "tags": ["VIP", "vip", "Key  Account"],
    });

    let client = app.admin().post("/v1/clients", &body).await.expect(200);

    assert_eq!(
        (&client["givenName"], &client["familyName"]),
        (&json!("Ana Maria"), &json!("Ruiz"))
    );
    assert_eq!(client["tags"], json!(["VIP", "Key Account"]));
    assert_eq!(client["accountManagerIds"], json!([]));
    assert_eq!(client["lastActivityAt"], json!(null));
    clear(
        &app,
        &receiver,
        &client,
        &[
            (json!({ "position": "" }), json!({ "position": null })),
            (json!({ "phone": null }), json!({ "phone": null })),
            (json!({ "tags": null }), json!({ "tags": [] })),
            (json!({ "tags": ["New"] }), json!({ "tags": ["New"] })),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_company_has_all_its_fields_and_each_can_be_cleared() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.updated"]).await;
    let body = json!({
        "name": "Engines", "description": "Makes engines.\nAnd looms.",
        "website": "https://engines.example.com", "tags": ["Oslo"],
        "address": { "addressLine1": "1 Main St", "city": "Oslo", "country": "no" },
        "iconImageUrl": "https://engines.example.com/icon.png",
    });

    let company = app.admin().post("/v1/companies", &body).await.expect(200);

    assert_eq!(company["website"], "https://engines.example.com/");
    assert_eq!(
        company["iconImageUrl"],
        "https://engines.example.com/icon.png"
    );
    assert_eq!(company["isActive"], true);
    assert_eq!(
        company["address"],
        json!({
            "country": "NO", "addressLine1": "1 Main St", "city": "Oslo",
            "fullAddress": "1 Main St\nOslo\nNO",
        })
    );
    clear(
        &app,
        &receiver,
        &company,
        &[
            (json!({ "description": "" }), json!({ "description": null })),
            (json!({ "website": null }), json!({ "website": null })),
            (json!({ "iconImageUrl": "" }), json!({ "iconImageUrl": "" })),
            (json!({ "address": "" }), json!({ "address": null })),
            (
                json!({ "address": "2 Main St" }),
                json!({ "address": { "fullAddress": "2 Main St" } }),
            ),
            (json!({ "tags": [] }), json!({ "tags": [] })),
            (json!({ "isActive": false }), json!({ "isActive": false })),
            (
                json!({ "fallbackColor": "#9BBFFF" }),
                json!({ "fallbackColor": "#9BBFFF" }),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_a_field_cannot_hold_is_refused_by_name() {
    let app = TestApp::start().await;
    let many: Vec<String> = (0..21).map(|number| format!("tag {number}")).collect();
    let client = |field: &str, value: Value| json!({ "name": "Ada L", "email": "a@example.com", field: value });
    let company = |field: &str, value: Value| json!({ "name": "Engines", field: value });

    for (path, body, code, field) in [
        (
            "/v1/clients",
            client("tags", json!(many)),
            "too_many_tags",
            "tags",
        ),
        (
            "/v1/clients",
            client("tags", json!(["a", ""])),
            "field_required",
            "tags[1]",
        ),
        (
            "/v1/clients",
            client("tags", json!("VIP")),
            "field_invalid",
            "tags",
        ),
        (
            "/v1/clients",
            client("phone", json!("555-0123")),
            "phone_invalid",
            "phone",
        ),
        (
            "/v1/clients",
            client("accountManagerIds", json!([SOMEBODY, "me"])),
            "internal_user_unknown",
            "accountManagerIds[1]",
        ),
        (
            "/v1/companies",
            company("website", json!("ftp://example.com")),
            "url_invalid",
            "website",
        ),
        (
            "/v1/companies",
            company("iconImageUrl", json!("http://example.com/a.png")),
            "url_invalid",
            "iconImageUrl",
        ),
        (
            "/v1/companies",
            company("address", json!({ "country": "Norway" })),
            "text_too_long",
            "address.country",
        ),
        (
            "/v1/companies",
            company("description", json!("x".repeat(2_001))),
            "text_too_long",
            "description",
        ),
    ] {
        let refused = app.admin().post(path, &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}
