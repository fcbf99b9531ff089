//! What is wrong with an endpoint, in the words of whoever wrote it.

use e2e::{Receiver, TestApp, id, stand_in::slack::Slack};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_wrong_with_a_new_endpoint_is_said_in_plain_words() {
    let app = TestApp::start().await;
    let url = Receiver::start().await.url;
    let hubspot = |more: Value| {
        let mut settings = json!({ "accessToken": "pat-1" });
        let more = more.as_object().expect("an object").clone();
        settings.as_object_mut().expect("an object").extend(more);
        json!({ "kind": "hubspot", "settings": settings })
    };
    let org = json!({
        "instanceUrl": "https://acme.my.salesforce.com/x",
        "clientId": "a",
        "clientSecret": "b",
    });
    for (body, code, field, says) in [
        (
            hubspot(json!({ "companies": "no" })),
            "field_invalid",
            "settings.companies",
            "settings.companies is true or false, not the text",
        ),
        (
            hubspot(json!({ "colour": "red" })),
            "field_unknown",
            "settings.colour",
            "expected one of `accessToken`, `companies`, `companyIdProperty`, `mapping`\"",
        ),
        (
            json!({ "kind": "salesforce", "settings": org }),
            "url_refused",
            "settings.instanceUrl",
            "without a path",
        ),
        (
            json!({ "url": url, "event": null }),
            "field_invalid",
            "event",
            "it names an event such as client.created, or * for all",
        ),
        (
            json!({ "url": url, "event": "" }),
            "field_required",
            "eventType",
            "eventType (also called event) is empty",
        ),
        (
            json!({ "url": url, "event": "*", "eventTypes": ["*"] }),
            "event_types_invalid",
            "eventType",
            "either eventTypes or eventType (also called event), not both",
        ),
        (
            json!({ "url": url, "eventTypes": null }),
            "field_invalid",
            "eventTypes",
            "it cannot be null; leave it out or give a value",
        ),
        (
            json!({ "url": url, "kind": null }),
            "field_invalid",
            "kind",
            "it cannot be null",
        ),
        (json!({ "url": null }), "field_required", "url", ""),
        (
            json!({ "url": url, "rateLimit": -1 }),
            "rate_limit_invalid",
            "rateLimit",
            "rateLimit is 1 to 1000 requests a second, or null",
        ),
        (
            json!({ "url": url, "contactEmail": "x" }),
            "email_invalid",
            "contactEmail",
            "this is not an e-mail address: missing separator character '@'\"",
        ),
    ] {
        let refused = app.admin().post("/v1/webhook-endpoints", &body).await;
        let found = refused.problem(400, code);
        assert_eq!(found, Some(field), "{body}: {}", refused.text);
        assert!(refused.text.contains(says), "{}", refused.text);
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_said_in_plain_words() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let path = format!(
        "/v1/webhook-endpoints/{}",
        id(&app.register(&receiver, &["*"]).await)
    );
    for (action, body, code, field, says) in [
        (
            "test",
            json!({ "eventType": "client.*" }),
            "event_type_unknown",
            "eventType",
            "a test is of one type, such as client.created",
        ),
        (
            "recover",
            json!({ "since": app.now(), "include": null }),
            "field_invalid",
            "include",
            "include is a text, not null",
        ),
        (
            "recover",
            json!({ "since": app.now(), "include": "some" }),
            "field_invalid",
            "include",
            "it is one of failed or all",
        ),
    ] {
        let refused = app.admin().post(&format!("{path}/{action}"), &body).await;
        let found = refused.problem(400, code);
        assert_eq!(found, Some(field), "{body}: {}", refused.text);
        assert!(refused.text.contains(says), "{}", refused.text);
    }
    let emptied = json!({ "url": null });
    let refused = app.admin().patch(&path, &emptied).await;
    assert_eq!(refused.problem(400, "field_invalid"), Some("url"));
}

#[tokio::test]
async fn an_endpoint_without_a_url_can_be_given_back_as_it_was_shown() {
    let app = TestApp::start().await;
    let slack = Slack::start().await;
    let settings = json!({ "webhookUrl": slack.webhook_url() });
    let body = json!({ "kind": "slack", "settings": settings });
    let made = app.admin().post("/v1/webhook-endpoints", &body).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&made.expect(201)));
    let shown = app.admin().get(&path).await.expect(200);
    assert_eq!(shown["url"], Value::Null);

    let back = json!({ "url": shown["url"], "description": "the channel of sales" });
    let changed = app.admin().patch(&path, &back).await.expect(200);

    assert_eq!(changed["description"], "the channel of sales");
    let emptied = json!({ "settings": null });
    let refused = app.admin().patch(&path, &emptied).await;
    assert_eq!(refused.problem(400, "field_invalid"), Some("settings"));
}
