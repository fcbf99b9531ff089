//! Many things, and large ones.

use e2e::{Receiver, TestApp, id};
use portico_domain::{Attempt, DeliveryStatus, EndpointId, Time, WebhookDelivery};
use portico_local::{Call, Fault};
use portico_store::{DeliveryFilter, PageRequest};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

async fn companies(app: &TestApp, count: usize) {
    for place in 0..count {
        let body = json!({ "name": format!("Company {place}") });
        app.admin().post("/v1/companies", &body).await.expect(200);
    }
}

/// Gives every delivery to this endpoint a log as long as logs become.
async fn lengthen_logs(app: &TestApp, endpoint: &Value, change: impl Fn(&mut WebhookDelivery)) {
    let workspace = app.server.app().store.workspace(app.server.workspace_id);
    let endpoint: EndpointId = id(endpoint).parse().expect("an id");
    let mut request = PageRequest {
        limit: 100,
        after: None,
    };
    let attempt = Attempt {
        at: app.now(),
        url: None,
        cause: None,
        recovery_id: None,
        latency_ms: 15_000,
        response_status: Some(500),
        error: None,
        note: None,
        response_excerpt: "x".repeat(1_024),
    };
    let mut all = Vec::new();
    loop {
        let page = workspace
            .deliveries(endpoint, &DeliveryFilter::default(), &request)
            .await;
        let page = page.expect("the table answers");
        all.extend(page.items);
        match page.next {
            Some(_) => request.after = page.next,
            None => break,
        }
    }
    for mut delivery in all {
        delivery.attempts = vec![attempt.clone(); 25];
        change(&mut delivery);
        delivery.version += 1;
        assert!(
            workspace
                .save_delivery(&delivery)
                .await
                .expect("it is written")
        );
    }
}

#[tokio::test]
async fn a_hundred_endpoints_with_all_their_headers_are_told_and_one_more_is_refused() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    // Sealed, these are more than one page of the table can hold.
    let headers: serde_json::Map<String, Value> = (0..10)
        .map(|place| (format!("x-header-{place}"), json!("v".repeat(1_024))))
        .collect();
    let body = json!({ "url": receiver.url, "eventTypes": ["*"], "headers": headers });
    for place in 0..100 {
        let plain = json!({ "url": receiver.url, "eventTypes": ["*"] });
        let body = if place < 25 { &plain } else { &body };
        app.admin()
            .post("/v1/webhook-endpoints", body)
            .await
            .expect(201);
    }

    app.admin()
        .post("/v1/webhook-endpoints", &body)
        .await
        .problem(403, "endpoint_limit_reached");
    companies(&app, 1).await;
    app.settle().await;

    assert_eq!(receiver.received().len(), 100);
}

#[tokio::test]
async fn a_recovery_goes_through_long_logs_to_the_end() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let since = Time::from_unix_millis(app.now().unix_millis() - 1_000);
    companies(&app, 45).await;
    app.settle().await;
    lengthen_logs(&app, &endpoint, |delivery| {
        delivery.status = DeliveryStatus::Exhausted;
    })
    .await;
    app.advance(Duration::from_secs(1)).await;

    let recover = format!("/v1/webhook-endpoints/{}/recover", id(&endpoint));
    let recovery = app
        .admin()
        .post(&recover, &json!({ "since": since }))
        .await
        .expect(201);
    for _ in 0..5 {
        app.advance(Duration::from_secs(2)).await;
    }

    let path = format!("/v1/webhook-recoveries/{}", id(&recovery));
    let done = app.admin().get(&path).await.expect(200);
    assert_eq!(
        (&done["status"], &done["resent"]),
        (&json!("done"), &json!(45))
    );
    assert_eq!(receiver.received().len(), 90);
}

#[tokio::test]
async fn a_lane_is_worked_off_to_its_end_though_logs_are_long() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    app.admin()
        .patch(&path, &json!({ "enabled": false }))
        .await
        .expect(200);
    // All that happens to one company goes through one lane, and a page of a
    // lane is 50 where logs are short.
    companies(&app, 1).await;
    let company = app.admin().get("/v1/companies").await.expect(200);
    let company = format!("/v1/companies/{}", id(&company["data"][0]));
    for place in 1..45 {
        let body = json!({ "name": format!("Company {place}") });
        app.admin().patch(&company, &body).await.expect(200);
    }
    app.settle().await;
    lengthen_logs(&app, &endpoint, |_| ()).await;

    app.admin()
        .patch(&path, &json!({ "enabled": true }))
        .await
        .expect(200);
    app.settle().await;

    let got: BTreeSet<String> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.header("webhook-id").to_owned())
        .collect();
    assert_eq!((got.len(), receiver.received().len()), (45, 45));
}

#[tokio::test]
async fn a_sweep_that_is_cut_short_has_dispatched_what_it_came_to() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.*"]).await;
    // The stream brings nothing, and the sweep does not get to its end.
    app.server.aws().inject(|call: &Call| {
        (call.function == Some("dispatcher")).then_some(Fault::Refuse("AccessDeniedException"))
    });
    companies(&app, 60).await;
    app.settle().await;
    let mut made = 0;
    app.server.aws().inject(move |call: &Call| {
        let is_delivery = call.function == Some("sweeper") && call.operation == "PutItem";
        made += u32::from(is_delivery);
        (made > 55).then_some(Fault::Refuse("AccessDeniedException"))
    });

    app.advance(Duration::from_secs(1)).await;
    app.server.aws().heal();
    let due = app
        .server
        .app()
        .store
        .due::<portico_domain::kind::Event>(portico_store::DueKind::Event, app.now(), 1_000)
        .await
        .expect("the table answers");

    assert_eq!(due.len(), 10);
}
