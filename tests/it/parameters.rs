//! Query parameters that nobody reads, and empty ones.

use e2e::{Receiver, TestApp, id};
use serde_json::json;

#[tokio::test]
async fn our_own_routes_refuse_parameters_that_they_do_not_read() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["client.*"]).await;
    let of_endpoint = format!("webhook-endpoints/{}", id(&endpoint));
    for (path, name, says) in [
        ("events?types=client.*", "types", "did you mean eventType?"),
        ("events?nope=1", "nope", "takes limit, nextToken, after"),
        ("event-types?x=1", "x", "GET /v1/event-types takes none"),
        ("webhook-endpoints?event=x", "event", "takes limit"),
        ("webhook-recoveries?status=running", "status", "endpointId"),
        (
            "webhook-recoveries?endpoint_id=x",
            "endpoint_id",
            "did you mean endpointId?",
        ),
        ("audit-log?event=x", "event", "did you mean eventType?"),
        ("access-review/keys?day=9", "day", "did you mean days?"),
        (
            &*format!("{of_endpoint}/deliveries?from=x"),
            "from",
            "status",
        ),
        (&*format!("{of_endpoint}/health?x=1"), "x", "takes none"),
    ] {
        let refused = app.admin().get(&format!("/v1/{path}")).await;
        let field = refused.problem(400, "parameter_unknown");
        assert_eq!(field, Some(name), "{path}");
        assert!(refused.text.contains(says), "{}", refused.text);
    }
    let refused = app
        .admin()
        .post("/v1/webhook-endpoints?dry_run=true", &json!({}))
        .await;
    refused.problem(400, "parameter_unknown");
    assert!(refused.text.contains("did you mean dryRun?"));

    // Nobody is told more than that they are nobody.
    let nobody = app.nobody().get("/v1/events?nope=1").await;
    nobody.problem(401, "key_missing");
    // What the compatible API passes over is passed over.
    for path in ["clients?nope=1&email=", "companies?order=asc"] {
        app.admin().get(&format!("/v1/{path}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_filter_that_is_empty_or_given_twice_is_not_a_list_of_everything() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["client.*"]).await;
    let deliveries = format!("webhook-endpoints/{}/deliveries", id(&endpoint));
    for (path, name) in [
        ("events?eventType=", "eventType"),
        ("events?after=&limit=2", "after"),
        ("events?objectId=", "objectId"),
        ("events?settled=", "settled"),
        (&*format!("{deliveries}?status="), "status"),
        (&*format!("{deliveries}?eventType="), "eventType"),
        ("webhook-recoveries?endpointId=", "endpointId"),
        ("audit-log?startDate=", "startDate"),
    ] {
        let refused = app.admin().get(&format!("/v1/{path}")).await;
        let field = refused.problem(400, "parameter_invalid");
        assert_eq!(field, Some(name), "{path}");
    }
    let [one, other] = [id(&endpoint), "01a200b8-80d8-77eb-ae6d-b30698e7ef0b"];
    for (path, name) in [
        (format!("events?after={one}&after={other}"), "after"),
        (format!("{deliveries}?status=held&status=waiting"), "status"),
        ("clients?limit=1&limit=2".to_owned(), "limit"),
        ("companies?nextToken=a&nextToken=b".to_owned(), "nextToken"),
    ] {
        let refused = app.admin().get(&format!("/v1/{path}")).await;
        let field = refused.problem(400, "parameter_repeated");
        assert_eq!(field, Some(name), "{path}");
    }
    for path in [
        "events?nextToken=&limit=",
        // The compatible API's programs ask for its audit log so.
        "events?eventType=&startDate=2026-01-01T00:00:00Z&actorId=",
    ] {
        app.admin().get(&format!("/v1/{path}")).await.expect(200);
    }
}
