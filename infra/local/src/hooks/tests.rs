use super::*;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// A tester for which the signature `good` holds.
fn hooks() -> Hooks {
    let verify: Verify = Arc::new(|headers, _| {
        let holds = |name: &str| headers.get(name).is_some_and(|value| value == "good");
        let verdict = Verdict {
            standard: holds("webhook-signature"),
            copilot: holds("x-copilot-signature"),
            endpoint_id: holds("webhook-signature").then(|| "we_1".to_owned()),
        };
        Box::pin(async move { verdict })
    });
    let clock: Clock = Arc::new(|| Time::from_unix_millis(1_795_300_000_123));
    Hooks::in_memory(verify, clock)
}

async fn call(hooks: &Hooks, request: http::request::Builder, body: &str) -> Response {
    let app = router(hooks.clone());
    let request = request.body(Body::from(body.to_owned())).unwrap();
    app.oneshot(request).await.unwrap()
}

async fn deliver(hooks: &Hooks, path: &str, body: &str) -> Response {
    let request = Request::post(format!("{BASE}{path}"))
        .header("webhook-id", "ev_1")
        .header("webhook-signature", "good");
    call(hooks, request, body).await
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn get_text(hooks: &Hooks, path: &str) -> String {
    text(call(hooks, Request::get(format!("{BASE}{path}")), "").await).await
}

#[tokio::test]
async fn a_delivery_is_listed_with_its_verdict() {
    let hooks = hooks();

    let response = deliver(&hooks, "/acme?x=1", r#"{"type":"client.created"}"#).await;

    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await, r#"{"received":true}"#);
    let list: Value = serde_json::from_str(&get_text(&hooks, "/api/v1/requests").await).unwrap();
    assert_eq!(
        list,
        json!({ "data": [{
            "id": hooks.all()[0].id,
            "receivedAt": "2026-11-21T22:26:40.123Z",
            "path": "/_dev/hooks/acme?x=1",
            "headers": { "webhook-id": "ev_1", "webhook-signature": "good" },
            "body": r#"{"type":"client.created"}"#,
            "verdict": { "standard": true, "copilot": false, "endpointId": "we_1" },
            "answered": 200,
        }] })
    );
}

#[tokio::test]
async fn deliveries_arrive_at_and_below_the_address() {
    let hooks = hooks();
    for path in ["", "/", "/a", "/a/b"] {
        assert_eq!(deliver(&hooks, path, "").await.status(), 200, "{path}");
    }

    let paths: Vec<_> = hooks.all().iter().map(|one| one.path.clone()).collect();
    assert_eq!(
        paths,
        [
            "/_dev/hooks",
            "/_dev/hooks/",
            "/_dev/hooks/a",
            "/_dev/hooks/a/b"
        ]
    );
}

#[tokio::test]
async fn a_failure_is_answered_on_demand() {
    let hooks = hooks();

    let response = deliver(&hooks, "?status=429&retryAfter=30", "").await;

    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "30");
    assert_eq!(hooks.all()[0].answered, 429);
    assert_eq!(deliver(&hooks, "?status=99", "").await.status(), 400);
    assert_eq!(hooks.all().len(), 1);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() {
    let hooks = hooks();

    let response = deliver(&hooks, "", &"x".repeat(1024 * 1024 + 1)).await;

    assert_eq!(response.status(), 413);
    assert!(hooks.all().is_empty());
}

#[tokio::test]
async fn the_page_shows_attempts_signatures_and_bodies_as_text() {
    let hooks = hooks();
    deliver(&hooks, "?status=503", r#"{"type":"client.created"}"#).await;
    deliver(&hooks, "", r#"{"type":"<b>"}"#).await;

    let page = get_text(&hooks, "").await;

    assert!(page.contains("http-equiv=\"refresh\" content=\"5\""));
    assert!(page.contains("ev_1, attempt 2"));
    assert!(page.contains("webhook-signature <span class=\"good\">holds"));
    assert!(page.contains("x-copilot-signature <span class=\"bad\">does not hold"));
    assert!(page.contains("answered 503"));
    assert!(!page.contains("<b>"));
    assert!(page.find("&#60;b&#62;").unwrap() < page.find("client.created").unwrap());
    assert!(
        !get_text(&hooks, "?refresh=off")
            .await
            .contains("http-equiv")
    );
}

#[tokio::test]
async fn the_list_can_be_cleared() {
    let hooks = hooks();
    deliver(&hooks, "", "").await;

    let request = Request::delete(format!("{BASE}/api/v1/requests"));
    assert_eq!(call(&hooks, request, "").await.status(), 204);

    assert!(hooks.all().is_empty());
}
