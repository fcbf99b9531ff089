//! What becomes of endpoints that fail: pauses, the circuit, being disabled.

use crate::delivery::{company, path_of, register, statuses};
use e2e::{Receiver, Reply, TestApp, id};
use portico_local::Call;
use serde_json::{Value, json};
use std::time::Duration;

async fn health(app: &TestApp, endpoint: &Value) -> Value {
    let path = format!("{}/health", path_of(endpoint));
    app.admin().get(&path).await.expect(200)
}

#[tokio::test]
async fn an_overloaded_endpoint_gets_the_pause_that_it_asks_for() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({})).await;
    receiver.reply_next(&[Reply {
        status: 429,
        retry_after: Some(120),
    }]);
    company(&app, "Engines").await;
    app.settle().await;
    company(&app, "Looms").await;
    app.settle().await;

    assert_eq!(receiver.received().len(), 1);
    let shown = health(&app, &endpoint).await;
    assert_eq!(shown["state"], "slowedDown");
    assert_eq!(shown["deliveries"], 1, "only what has been tried");
    app.advance(Duration::from_secs(121)).await;
    app.advance(Duration::from_secs(1)).await;
    assert_eq!(receiver.received().len(), 3);
    assert_eq!(health(&app, &endpoint).await["state"], "healthy");
}

/// The pause after it is over sooner than the attempt is due again.
#[tokio::test]
async fn after_an_overload_the_next_attempt_comes_when_it_is_due() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(429), Reply::status(502), Reply::status(504)]);
    register(&app, &receiver, json!({})).await;
    company(&app, "Engines").await;
    app.settle().await;
    assert_eq!(receiver.received().len(), 1);

    // Five and thirty seconds, a fifth more or less, and a second of the queue.
    for (seconds, expected) in [(8, 2), (38, 3)] {
        for _ in 0..seconds {
            app.advance(Duration::from_secs(1)).await;
        }
        assert_eq!(receiver.received().len(), expected);
    }
}

#[tokio::test]
async fn what_came_during_a_pause_is_sent_when_it_is_over() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(429)]);
    register(&app, &receiver, json!({})).await;
    company(&app, "Engines").await;
    app.settle().await;
    for place in 0..6 {
        company(&app, &format!("Looms {place}")).await;
        app.settle().await;
    }
    assert_eq!(receiver.received().len(), 1);

    // The pause, and a second of the queue; no sweep runs.
    for _ in 0..3 {
        app.server.pass(Duration::from_secs(1));
        app.settle().await;
    }

    let mut others: Vec<String> = receiver
        .received()
        .iter()
        .map(|one| one.header("webhook-id").to_owned())
        .collect();
    others.sort();
    others.dedup();
    assert!(others.len() >= 6, "{} of 7 were sent", others.len());
}

/// An endpoint whose circuit has just opened, with one failed delivery for
/// each of ten companies.
async fn with_open_circuit(app: &TestApp, receiver: &Receiver) -> Value {
    let endpoint = register(app, receiver, json!({ "eventTypes": ["company.created"] })).await;
    receiver.reply_next(&[Reply::status(500); 10]);
    for place in 0..10 {
        company(app, &format!("Company {place}")).await;
        app.settle().await;
    }
    endpoint
}

#[tokio::test]
async fn ten_failures_in_a_row_open_the_circuit_and_one_probe_closes_it() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = with_open_circuit(&app, &receiver).await;
    assert_eq!(receiver.received().len(), 10);
    let open = health(&app, &endpoint).await;
    assert_eq!(
        (&open["state"], &open["consecutiveFailures"]),
        (&json!("circuitOpen"), &json!(10))
    );

    receiver.reply_next(&[Reply::status(500)]);
    company(&app, "Another").await;
    app.advance(Duration::from_secs(50)).await;
    assert_eq!(receiver.received().len(), 10, "nothing is sent meanwhile");
    app.advance(Duration::from_secs(15)).await;
    assert_eq!(receiver.received().len(), 11, "one delivery probes");

    app.advance(Duration::from_secs(125)).await;
    app.advance(Duration::from_secs(1)).await;
    assert_eq!(receiver.received().len(), 22, "the second probe succeeds");
    assert_eq!(health(&app, &endpoint).await["state"], "healthy");
    assert_eq!(statuses(&app, &endpoint).await, vec!["delivered"; 11]);
}

#[tokio::test]
async fn who_orders_a_resend_does_not_wait_for_the_circuit() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = with_open_circuit(&app, &receiver).await;
    let path = format!("{}/deliveries", path_of(&endpoint));
    let delivery = app.admin().get(&path).await.expect(200)["data"][0].clone();

    let resend = format!("/v1/webhook-deliveries/{}/resend", id(&delivery));
    app.admin().post(&resend, &json!({})).await.expect(200);
    app.settle().await;

    assert!(receiver.received().len() > 10);
    assert_eq!(health(&app, &endpoint).await["state"], "healthy");
}

#[tokio::test]
async fn another_url_forgets_the_failures_of_the_old_one() {
    let app = TestApp::start().await;
    let (receiver, mended) = (Receiver::start().await, Receiver::start().await);
    let endpoint = with_open_circuit(&app, &receiver).await;

    app.admin()
        .patch(&path_of(&endpoint), &json!({ "url": mended.url }))
        .await
        .expect(200);
    app.advance(Duration::from_secs(8)).await;
    assert_eq!(mended.received().len(), 10);
    assert_eq!(health(&app, &endpoint).await["consecutiveFailures"], 0);
}

#[tokio::test]
async fn a_dead_endpoint_with_much_to_send_is_as_cheap_as_one_with_little() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    with_open_circuit(&app, &receiver).await;
    let calls_of_a_minute = async |app: &TestApp| {
        app.server.aws().record_calls();
        app.advance(Duration::from_secs(1)).await;
        let calls = app.server.aws().calls();
        let own = |call: &&Call| matches!(call.function, Some("sweeper" | "deliverer"));
        calls.iter().filter(own).count()
    };
    let little = calls_of_a_minute(&app).await;
    for place in 0..150 {
        company(&app, &format!("More {place}")).await;
    }
    app.settle().await;

    let much = calls_of_a_minute(&app).await;

    assert_eq!(receiver.received().len(), 10);
    // Eight lanes, and what it takes to look at each.
    assert!(much <= little + 8 * 6, "{little} calls, then {much}");
}

#[tokio::test]
async fn five_days_of_failing_disable_an_endpoint_and_enabling_it_loses_nothing() {
    let app = TestApp::start().await;
    let (receiver, others) = (Receiver::start().await, Receiver::start().await);
    let body = json!({ "eventTypes": ["company.created"], "contactEmail": "ops@example.com", "description": "CRM" });
    let endpoint = register(&app, &receiver, body).await;
    register(
        &app,
        &others,
        json!({ "eventTypes": ["webhookEndpoint.disabled"] }),
    )
    .await;
    receiver.reply_next(&[Reply::status(500); 30]);
    company(&app, "Engines").await;
    app.settle().await;
    app.advance(Duration::from_hours(5 * 24)).await;
    app.advance(Duration::from_mins(1)).await;

    let shown = app.admin().get(&path_of(&endpoint)).await.expect(200);
    assert_eq!(shown["enabled"], false);
    let reason = shown["disabled"]["reason"].as_str().expect("a reason");
    assert!(
        reason.starts_with("every attempt has failed since"),
        "{reason}"
    );
    assert_eq!(others.event_types(), ["webhookEndpoint.disabled"]);
    let mails = app.mails("ops@example.com").await;
    assert_eq!(mails.len(), 1);
    let text = mails[0]["Text"].as_str().expect("a text");
    assert!(
        text.contains(&receiver.url) && text.contains("“CRM”"),
        "{text}"
    );

    let tried = receiver.received().len();
    company(&app, "Looms").await;
    app.advance(Duration::from_hours(48)).await;
    assert_eq!(receiver.received().len(), tried);
    assert_eq!(statuses(&app, &endpoint).await, ["held", "held"]);
    receiver.reply_next(&[]);
    app.admin()
        .patch(&path_of(&endpoint), &json!({ "enabled": true }))
        .await
        .expect(200);
    for _ in 0..4 {
        app.advance(Duration::from_hours(24)).await;
    }
    assert_eq!(health(&app, &endpoint).await["state"], "failing");
    let healthy_again = Receiver::start().await;
    app.admin()
        .patch(&path_of(&endpoint), &json!({ "url": healthy_again.url }))
        .await
        .expect(200);
    app.advance(Duration::from_hours(24)).await;
    app.advance(Duration::from_hours(24)).await;
    assert_eq!(statuses(&app, &endpoint).await, ["delivered", "delivered"]);
}
