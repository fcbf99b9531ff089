//! Endpoints that are no webhooks, against stand-ins that check what the
//! vendors' documentation demands.

mod hubspot;
mod salesforce;
mod slack;

use e2e::{
    TestApp, id,
    stand_in::{
        Asked, StandIn,
        hubspot::{HubSpot, TOKEN},
        salesforce::{CLIENT_ID, CLIENT_SECRET, Salesforce},
        slack::Slack,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn register(app: &TestApp, body: Value) -> Value {
    let answer = app.admin().post("/v1/webhook-endpoints", &body).await;
    answer.expect(201)
}

fn hubspot_settings(hubspot: &HubSpot) -> Value {
    json!({ "accessToken": TOKEN, "apiBase": hubspot.stand_in.base })
}

fn salesforce_settings(salesforce: &Salesforce) -> Value {
    json!({
        "instanceUrl": salesforce.stand_in.base,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    })
}

async fn company(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/companies", &body).await.expect(200)
}

async fn client(app: &TestApp, companies: &[&Value]) -> Value {
    let companies: Vec<&str> = companies.iter().map(|company| id(company)).collect();
    let body = json!({
        "givenName": "Ada", "familyName": "Lovelace", "email": "Ada.L@example.com",
        "companyIds": companies, "phone": "+441234567890",
    });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

async fn change(app: &TestApp, thing: &Value, body: Value) {
    let path = match thing["object"].as_str() {
        Some("client") => format!("/v1/clients/{}", id(thing)),
        _ => format!("/v1/companies/{}", id(thing)),
    };
    app.admin().patch(&path, &body).await.expect(200);
    app.settle().await;
}

fn path_of(endpoint: &Value) -> String {
    format!("/v1/webhook-endpoints/{}", id(endpoint))
}

/// What became of the deliveries of a type: status and latest attempt.
async fn outcome(app: &TestApp, endpoint: &Value, kind: &str) -> (String, Value) {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let deliveries = list["data"].as_array().expect("a list");
    let found = deliveries
        .iter()
        .find(|delivery| delivery["eventType"] == kind);
    let found = found.unwrap_or_else(|| panic!("no {kind} in {list}"));
    let latest = found["attempts"].as_array().and_then(|all| all.last());
    let status = found["status"].as_str().unwrap_or_default();
    (status.to_owned(), latest.cloned().unwrap_or_default())
}

async fn all_delivered(app: &TestApp, endpoint: &Value) {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let late: Vec<&Value> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|delivery| delivery["status"] != "delivered")
        .collect();
    assert!(late.is_empty(), "{late:#?}");
}

/// All attempts say that they went there.
async fn all_went_to(app: &TestApp, endpoint: &Value, place: &str) {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let deliveries = list["data"].as_array().expect("a list");
    let attempts = deliveries
        .iter()
        .filter_map(|one| one["attempts"].as_array());
    let places: BTreeSet<&str> = attempts
        .flatten()
        .map(|attempt| attempt["url"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(places, BTreeSet::from([place]));
}

/// The requests with what differs between runs blanked, in an order of their
/// own: events of different objects go out side by side.
fn golden(stand_in: &StandIn, blanks: &[(&str, &str)]) -> String {
    let blank = |asked: &Asked| {
        blanks.iter().fold(asked.golden(), |text, (value, name)| {
            text.replace(value, name)
        })
    };
    let mut requests: Vec<String> = stand_in.asked().iter().map(blank).collect();
    requests.sort();
    requests.dedup();
    requests.join("\n\n")
}

#[tokio::test]
async fn settings_are_sealed_and_shown_without_what_is_secret() {
    let app = TestApp::start().await;
    let (hubspot, salesforce, slack) = (
        HubSpot::start().await,
        Salesforce::start().await,
        Slack::start().await,
    );
    let kinds = [
        ("hubspot", hubspot_settings(&hubspot), TOKEN, "strict"),
        (
            "salesforce",
            salesforce_settings(&salesforce),
            CLIENT_SECRET,
            "strict",
        ),
        (
            "slack",
            json!({ "webhookUrl": slack.webhook_url() }),
            "XXXXXXXX",
            "none",
        ),
    ];
    for (kind, settings, secret, ordering) in kinds {
        app.server.aws().record_calls();
        let endpoint = app
            .admin()
            .post(
                "/v1/webhook-endpoints",
                &json!({ "kind": kind, "settings": settings }),
            )
            .await;
        let shown = app.admin().get(&path_of(&endpoint.body)).await;

        assert_eq!((endpoint.status, shown.status), (201, 200));
        assert!(
            !endpoint.text.contains(secret) && !shown.text.contains(secret),
            "{}",
            endpoint.text
        );
        let calls = app.server.aws().calls();
        assert!(
            calls
                .iter()
                .all(|call| !call.body.to_string().contains(secret)),
            "{kind}"
        );
        let shown = shown.body;
        assert_eq!(
            (&shown["kind"], &shown["ordering"]),
            (&json!(kind), &json!(ordering))
        );
        assert_eq!(
            (&shown["url"], &endpoint.body["secret"]),
            (&Value::Null, &Value::Null)
        );
        assert!(shown["settings"].is_object());
        let rotate = format!("{}/rotate-secret", path_of(&shown));
        let refused = app.admin().post(&rotate, &json!({})).await;
        refused.problem(409, "endpoint_has_no_secret");
    }
    let list = app.admin().get("/v1/webhook-endpoints").await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(3));
    assert!(!list.text.contains(TOKEN));
}

#[tokio::test]
async fn what_an_endpoint_of_a_kind_cannot_be_is_refused_by_name() {
    let app = TestApp::start().await;
    let base = "http://127.0.0.1:9";
    let hubspot = json!({ "accessToken": "pat-1" });
    for (body, code, field) in [
        (
            json!({ "kind": "pipedrive", "settings": {} }),
            "field_invalid",
            "kind",
        ),
        (json!({ "kind": "hubspot" }), "field_required", "settings"),
        (
            json!({ "url": base, "settings": {} }),
            "field_not_for_kind",
            "settings",
        ),
        (
            json!({ "kind": "hubspot", "settings": hubspot, "url": base }),
            "field_not_for_kind",
            "url",
        ),
        (
            json!({ "kind": "hubspot", "settings": hubspot, "headers": { "x-a": "1" } }),
            "field_not_for_kind",
            "headers",
        ),
        (
            json!({ "kind": "hubspot", "settings": {} }),
            "field_required",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": 5 } }),
            "field_invalid",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a b" } }),
            "credential_invalid",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "token": "b" } }),
            "field_unknown",
            "settings.token",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "apiBase": "https://evil.example" } }),
            "url_refused",
            "settings.apiBase",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "mapping": { "deal": {} } } }),
            "field_unknown",
            "settings.mapping.deal",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "mapping": { "contact": { "email": "name" } } } }),
            "mapping_invalid",
            "settings.mapping.contact.email",
        ),
        (
            json!({ "kind": "salesforce", "settings": { "instanceUrl": "https://acme.my.salesforce.com.evil.example", "clientId": "a", "clientSecret": "b" } }),
            "url_refused",
            "settings.instanceUrl",
        ),
        (
            json!({ "kind": "salesforce", "settings": { "instanceUrl": base, "clientId": "a", "clientSecret": "b", "apiVersion": "62/../../" } }),
            "version_invalid",
            "settings.apiVersion",
        ),
        (
            json!({ "kind": "slack", "settings": { "webhookUrl": "https://slack.example/services/T/B/X" } }),
            "url_refused",
            "settings.webhookUrl",
        ),
        (
            json!({ "kind": "slack", "settings": { "webhookUrl": "https://hooks.slack.com/workflows/T/B/X" } }),
            "url_refused",
            "settings.webhookUrl",
        ),
    ] {
        let refused = app.admin().post("/v1/webhook-endpoints", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
}

#[tokio::test]
async fn an_endpoint_stays_what_kind_it_is_and_gets_its_settings_whole() {
    let app = TestApp::start().await;
    let base = "http://127.0.0.1:9";
    let hubspot = json!({ "accessToken": "pat-1" });
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": hubspot })).await;
    for (body, code, field) in [
        (json!({ "kind": "slack" }), "field_fixed", "kind"),
        (json!({ "url": base }), "field_not_for_kind", "url"),
        (
            json!({ "settings": { "companies": false } }),
            "field_required",
            "settings.accessToken",
        ),
    ] {
        let refused = app.admin().patch(&path_of(&endpoint), &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    app.admin()
        .patch(
            &path_of(&endpoint),
            &json!({ "kind": "hubspot", "headers": null }),
        )
        .await
        .expect(200);
}

/// As Zapier's and Make's documentation and resthooks.org have it: an answer
/// with an `id`, by which the subscription ends.
#[tokio::test]
async fn subscriptions_begin_and_end_as_rest_hooks_do() {
    let app = TestApp::start().await;
    let receiver = e2e::Receiver::start().await;
    for (url, event) in [
        ("targetUrl", "event"),
        ("target_url", "event_type"),
        ("hookUrl", "eventType"),
        ("hook_url", "event"),
    ] {
        let body = json!({ url: receiver.url, event: "company.created" });
        let subscribed = app
            .admin()
            .post("/v1/webhook-endpoints", &body)
            .await
            .expect(201);
        assert_eq!(
            (&subscribed["url"], &subscribed["eventTypes"]),
            (&json!(receiver.url), &json!(["company.created"]))
        );
        let before = receiver.received().len();
        company(&app, &format!("Engines {url}")).await;
        app.settle().await;
        assert_eq!(receiver.received().len(), before + 1);
        app.admin().delete(&path_of(&subscribed)).await.expect(200);
        company(&app, &format!("Looms {url}")).await;
        app.settle().await;
        assert_eq!(receiver.received().len(), before + 1);
    }
    let both = json!({ "targetUrl": receiver.url, "event": "*", "eventTypes": ["*"] });
    let refused = app.admin().post("/v1/webhook-endpoints", &both).await;
    assert_eq!(
        refused.problem(400, "event_types_invalid"),
        Some("eventType")
    );
}
