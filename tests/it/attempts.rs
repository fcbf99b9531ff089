//! The attempts of a delivery: all of them are kept, with where they went and
//! why.

use e2e::{Receiver, TestApp, id};
use portico_local::{
    Call, Fault, LocalServer,
    steps::{Step, Stepped},
};
use portico_queue::Queue;
use serde_json::{Value, json};
use std::time::Duration;

/// The one delivery of an endpoint that has been told of one company.
async fn delivered(app: &TestApp, endpoint: &Value) -> String {
    let company = json!({ "name": "Engines" });
    app.admin()
        .post("/v1/companies", &company)
        .await
        .expect(200);
    app.settle().await;
    let log = format!("/v1/webhook-endpoints/{}/deliveries", id(endpoint));
    let log = app.admin().get(&log).await.expect(200);
    format!("/v1/webhook-deliveries/{}", id(&log["data"][0]))
}

async fn resend(app: &TestApp, delivery: &str, times: usize) {
    for _ in 0..times {
        let resend = format!("{delivery}/resend");
        app.admin().post(&resend, &json!({})).await.expect(200);
        app.settle().await;
    }
}

/// All attempts, newest first, in pages of so many.
async fn attempts(app: &TestApp, delivery: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("{delivery}/attempts?limit={limit}{token}");
        let page = app.admin().get(&path).await.expect(200);
        let data = page["data"].as_array().expect("a list");
        assert!(data.len() <= limit, "{page}");
        all.extend(data.iter().cloned());
        match page["nextToken"].as_str() {
            Some(next) => token = format!("&nextToken={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn every_attempt_is_kept_however_often_something_is_sent_again() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let delivery = delivered(&app, &endpoint).await;
    assert_eq!(attempts(&app, &delivery, 1).await.len(), 1);
    resend(&app, &delivery, 24).await;
    let full = app.admin().get(&delivery).await.expect(200);
    assert_eq!(full["attempts"].as_array().map(Vec::len), Some(25));
    resend(&app, &delivery, 25).await;

    let shown = app.admin().get(&delivery).await.expect(200);
    assert_eq!(shown["attemptCount"], 50);
    let latest = shown["attempts"].as_array().expect("a list");
    assert!((13..=25).contains(&latest.len()), "{}", latest.len());
    for limit in [1, 7, 13, 26, 50, 100] {
        let all = attempts(&app, &delivery, limit).await;
        let numbers: Vec<u64> = all
            .iter()
            .filter_map(|one| one["number"].as_u64())
            .collect();
        assert_eq!(numbers, (1..=50).rev().collect::<Vec<u64>>(), "{limit}");
        assert_eq!(all[0]["at"], latest[latest.len() - 1]["at"]);
        assert_eq!(all[49]["cause"], "schedule");
        assert_eq!(all[48]["cause"], "resend");
    }
    assert_eq!(receiver.received().len(), 50);
}

#[tokio::test]
async fn an_attempt_says_where_it_went_and_why() {
    let app = TestApp::start().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let since = app.now();
    let delivery = delivered(&app, &endpoint).await;
    let url = json!({ "url": format!("{}?token=hidden", other.url) });
    app.admin().patch(&path, &url).await.expect(200);
    app.advance(Duration::from_secs(1)).await;
    let all = json!({ "since": since, "include": "all" });
    let recovery = app.admin().post(&format!("{path}/recover"), &all).await;
    let recovery = recovery.expect(201);
    app.settle().await;
    resend(&app, &delivery, 1).await;

    let found = attempts(&app, &delivery, 100).await;
    let told: Vec<[&Value; 3]> = found
        .iter()
        .rev()
        .map(|one| [&one["url"], &one["cause"], &one["recoveryId"]])
        .collect();
    let elsewhere = json!(format!("{}?…", other.url));
    let (schedule, again, by_hand) = (json!("schedule"), json!("recovery"), json!("resend"));
    assert_eq!(
        told,
        [
            [&endpoint["url"], &schedule, &Value::Null],
            [&elsewhere, &again, &recovery["id"]],
            [&elsewhere, &by_hand, &Value::Null],
        ]
    );
    let shown = app.admin().get(&delivery).await;
    assert_eq!(shown.body["recoveryId"], recovery["id"], "it stays noted");
    assert!(!shown.text.contains("hidden"), "{}", shown.text);
    let marks: Vec<_> = other.received();
    let marks: Vec<&str> = marks
        .iter()
        .map(|one| one.header("portico-recovery"))
        .collect();
    assert_eq!(marks, [id(&recovery), ""]);
}

#[tokio::test]
async fn who_is_erased_is_erased_from_early_answers_too() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["client.created"]).await;
    let ada = json!({ "givenName": "Ada", "familyName": "L", "email": "ada@example.com" });
    let client = app.admin().post("/v1/clients", &ada).await.expect(200);
    app.settle().await;
    let log = format!("/v1/webhook-endpoints/{}/deliveries", id(&endpoint));
    let log = app.admin().get(&log).await.expect(200);
    let delivery = format!("/v1/webhook-deliveries/{}", id(&log["data"][0]));
    resend(&app, &delivery, 40).await;
    let answered = async || {
        let all = attempts(&app, &delivery, 100).await;
        all.iter()
            .filter(|one| one["responseExcerpt"] == "noted")
            .count()
    };
    assert_eq!(answered().await, 41);

    let path = format!("/v1/clients/{}", id(&client));
    app.admin().delete(&path).await.expect(200);
    let purge = app.admin().post(&format!("{path}/purge"), &json!({})).await;
    assert!(purge.status < 300, "{}", purge.text);
    for _ in 0..3 {
        app.advance(Duration::from_mins(1)).await;
    }

    assert_eq!(answered().await, 0);
}

#[tokio::test]
async fn what_a_worker_has_taken_up_is_in_flight() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    // The worker dies with the lane: it reads nothing and leaves nothing.
    let mut calls = 0;
    app.server.aws().inject(move |call: &Call| {
        let is_worker = call.function == Some("deliverer");
        calls += i32::from(is_worker);
        (is_worker && calls > 1).then_some(Fault::Refuse("InternalServerError"))
    });
    let delivery = delivered(&app, &endpoint).await;

    let shown = app.admin().get(&delivery).await.expect(200);
    assert_eq!(shown["status"], "inFlight");
    let log = format!("/v1/webhook-endpoints/{}/deliveries", id(&endpoint));
    for (status, expected) in [("inFlight", 1), ("pending", 0), ("waiting", 0)] {
        let path = format!("{log}?status={status}");
        let found = app.admin().get(&path).await.expect(200);
        let found = found["data"].as_array().expect("a list");
        assert_eq!(found.len(), expected, "{status}");
        assert!(found.iter().all(|one| *one == shown));
    }

    app.server.aws().heal();
    app.advance(Duration::from_mins(2)).await;
    let shown = app.admin().get(&delivery).await.expect(200);
    assert_eq!(shown["status"], "delivered");
}

#[tokio::test]
async fn what_a_deleted_endpoint_had_not_got_is_cancelled() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let done = delivered(&app, &endpoint).await;
    receiver.reply_next(&[e2e::Reply::status(500)]);
    let looms = json!({ "name": "Looms" });
    app.admin().post("/v1/companies", &looms).await.expect(200);
    app.settle().await;
    let log = app.admin().get(&format!("{path}/deliveries")).await;
    let waiting = log.expect(200)["data"][0].clone();
    assert_eq!(waiting["status"], "waiting");
    let waiting = format!("/v1/webhook-deliveries/{}", id(&waiting));

    app.admin().delete(&path).await.expect(200);
    for _ in 0..3 {
        app.advance(Duration::from_hours(1)).await;
    }

    assert_eq!(receiver.received().len(), 2, "nothing more is sent");
    let shown = app.admin().get(&waiting).await.expect(200);
    assert_eq!(shown["status"], "cancelled");
    assert!(shown["dueAt"].is_null());
    assert!(shown["attempts"][0]["responseExcerpt"].is_null(), "{shown}");
    let shown = app.admin().get(&done).await.expect(200);
    assert_eq!(shown["status"], "delivered");
    let log = app.admin().get(&format!("{path}/deliveries")).await;
    assert_eq!(log.expect(200)["data"].as_array().map(Vec::len), Some(2));
    let log = app
        .admin()
        .get(&format!("{path}/deliveries?status=cancelled"))
        .await;
    assert_eq!(log.expect(200)["data"].as_array().map(Vec::len), Some(1));
    let log = app
        .admin()
        .get(&format!("{path}/deliveries?status=held"))
        .await;
    assert_eq!(log.expect(200)["data"].as_array().map(Vec::len), Some(0));
    let again = app
        .admin()
        .post(&format!("{waiting}/resend"), &json!({}))
        .await;
    again.problem(404, "not_found");
    let never = format!("/v1/webhook-endpoints/{}", app.server.admin_id);
    for query in ["", "?status=cancelled"] {
        let log = app.admin().get(&format!("{never}/deliveries{query}")).await;
        log.problem(404, "not_found");
    }
}

/// Does what makes deliveries while their endpoint is disabled, so that all of them
/// wait when workers are let at them.
async fn waiting<T>(app: &TestApp, endpoint: &Value, work: impl AsyncFnOnce() -> T) -> T {
    let path = format!("/v1/webhook-endpoints/{}", id(endpoint));
    let enable = async |enabled: bool| {
        let body = json!({ "enabled": enabled });
        app.admin().patch(&path, &body).await.expect(200);
    };
    enable(false).await;
    let made = work().await;
    enable(true).await;
    // The clocks of functions differ by up to four seconds.
    app.server.pass(Duration::from_secs(5));
    made
}

/// Has workers take up the lanes that are due, one call to AWS at a time, and
/// does something after each.
async fn step_deliverer(app: &TestApp, mut between: impl AsyncFnMut()) {
    let mut triggers = portico_bootstrap::TRIGGERS.iter();
    let deliverer = triggers.find(|trigger| trigger.name == "deliverer");
    let deliverer = deliverer.expect("there is one");
    let queues = app.server.aws().queues().clone();
    for message in queues.take(Queue::Deliveries.name(), 10, app.now()) {
        let event = LocalServer::queue_event(Queue::Deliveries, &[message]);
        let mut worker = Stepped::new(app.server.work(deliverer, event));
        while !matches!(worker.step().await, Step::Done(_)) {
            between().await;
        }
    }
}

#[tokio::test]
async fn a_worker_notices_that_its_endpoint_was_deleted() {
    let app = TestApp::driven_from(1).await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    waiting(&app, &endpoint, async || {
        let company = json!({ "name": "Engines" });
        let made = app.admin().post("/v1/companies", &company).await;
        let company = format!("/v1/companies/{}", id(&made.expect(200)));
        for name in ["Motors", "Looms"] {
            let name = json!({ "name": name });
            app.admin().patch(&company, &name).await.expect(200);
        }
        app.settle().await;
    })
    .await;

    let mut is_deleted = false;
    step_deliverer(&app, async || {
        if !is_deleted && receiver.received().len() == 1 {
            is_deleted = true;
            app.admin().delete(&path).await.expect(200);
            app.server.pass(Duration::from_secs(10));
        }
    })
    .await;

    assert!(is_deleted, "somebody began with it");
    assert_eq!(receiver.received().len(), 1);
    let log = app.admin().get(&format!("{path}/deliveries")).await;
    let log = log.expect(200);
    let statuses: Vec<&Value> = log["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, ["cancelled", "cancelled", "delivered"]);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_though_it_was_changed_meanwhile() {
    let app = TestApp::driven_from(1).await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    waiting(&app, &endpoint, || delivered(&app, &endpoint)).await;
    receiver.reply_next(&[e2e::Reply::status(410)]);

    let mut is_changed = false;
    step_deliverer(&app, async || {
        if !is_changed && receiver.received().len() == 1 {
            is_changed = true;
            let body = json!({ "description": "Changed meanwhile" });
            app.admin().patch(&path, &body).await.expect(200);
        }
    })
    .await;

    assert!(is_changed, "somebody began with it");
    let shown = app.admin().get(&path).await.expect(200);
    assert_eq!(shown["disabled"]["code"], "gone");
    assert_eq!(shown["description"], "Changed meanwhile");
}

#[tokio::test]
async fn an_attempt_is_kept_though_its_delivery_was_ordered_again_meanwhile() {
    let app = TestApp::driven_from(1).await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let delivery = waiting(&app, &endpoint, || delivered(&app, &endpoint)).await;
    receiver.reply_next(&[e2e::Reply::status(500)]);

    let mut is_ordered = false;
    step_deliverer(&app, async || {
        if !is_ordered && receiver.received().len() == 1 {
            is_ordered = true;
            let again = format!("{delivery}/resend");
            app.admin().post(&again, &json!({})).await.expect(200);
        }
    })
    .await;
    for _ in 0..3 {
        app.advance(Duration::from_secs(5)).await;
    }

    assert!(is_ordered, "somebody began with it");
    assert_eq!(receiver.received().len(), 2);
    let found = attempts(&app, &delivery, 100).await;
    let told: Vec<_> = found
        .iter()
        .map(|one| (&one["number"], &one["cause"], &one["responseStatus"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(2), &json!("resend"), &json!(200)),
            (&json!(1), &json!("schedule"), &json!(500)),
        ]
    );
    let shown = app.admin().get(&delivery).await.expect(200);
    assert_eq!(
        (&shown["attemptCount"], &shown["status"]),
        (&json!(2), &json!("delivered"))
    );
}
