//! Recoveries: what they send again, which there were, and ending one.

use crate::delivery::{company, path_of as endpoint_path, register, statuses};
use e2e::{Receiver, Reply, TestApp, id};
use portico_domain::Time;
use portico_local::{
    Call, Fault, LocalServer,
    steps::{Step, Stepped},
};
use portico_queue::Queue;
use serde_json::{Value, json};
use std::time::Duration;

/// A recovery of an endpoint that goes no further than its order, because those
/// who work it off fail.
async fn stuck(app: &TestApp, receiver: &Receiver) -> (Value, Value) {
    let endpoint = app.register(receiver, &["company.*"]).await;
    let since = app.now();
    for name in ["Engines", "Looms"] {
        let company = json!({ "name": name });
        app.admin()
            .post("/v1/companies", &company)
            .await
            .expect(200);
    }
    app.settle().await;
    app.advance(Duration::from_secs(1)).await;
    app.server.aws().inject(|call: &Call| {
        let fails = call.function == Some("recoverer");
        fails.then_some(Fault::Refuse("InternalServerError"))
    });
    let recovery = recover(app, &endpoint, &json!({ "since": since, "include": "all" })).await;
    (endpoint, recovery)
}

async fn recover(app: &TestApp, endpoint: &Value, order: &Value) -> Value {
    let path = format!("/v1/webhook-endpoints/{}/recover", id(endpoint));
    let recovery = app.admin().post(&path, order).await.expect(201);
    app.settle().await;
    recovery
}

fn path_of(recovery: &Value) -> String {
    format!("/v1/webhook-recoveries/{}", id(recovery))
}

#[tokio::test]
async fn a_running_recovery_can_be_cancelled_and_orders_nothing_more() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (_, recovery) = stuck(&app, &receiver).await;
    assert_eq!(recovery["status"], "running");
    let cancel = format!("{}/cancel", path_of(&recovery));

    let cancelled = app.admin().post(&cancel, &json!({})).await.expect(200);
    app.server.aws().heal();
    for _ in 0..4 {
        app.advance(Duration::from_mins(12)).await;
    }

    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(receiver.received().len(), 2, "nothing was sent again");
    let shown = app.admin().get(&path_of(&recovery)).await.expect(200);
    assert_eq!(shown, cancelled);
    let again = app.admin().post(&cancel, &json!({})).await.expect(200);
    assert_eq!(again, cancelled, "as often as you like");
    let log = "/v1/audit-log?eventType=webhookEndpoint.recoveryCancelled";
    let log = app.admin().get(log).await.expect(200);
    let entries = log["data"].as_array().expect("a list");
    assert_eq!(entries.len(), 1, "{log}");
    assert_eq!(entries[0]["context"]["recoveryId"], recovery["id"]);
}

#[tokio::test]
async fn an_endpoint_has_one_running_recovery_at_a_time() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, running) = stuck(&app, &receiver).await;
    let other = app.register(&receiver, &["client.*"]).await;
    app.advance(Duration::from_secs(1)).await;
    let path = format!("{}/recover", endpoint_path(&endpoint));
    let same = json!({ "since": running["since"], "include": "all" });
    let another = json!({ "since": running["until"] });

    for order in [&same, &another] {
        let refused = app.admin().post(&path, order).await;
        refused.problem(409, "recovery_running");
        assert_eq!(refused.body["recoveryId"], running["id"]);
        assert!(refused.text.contains(&format!("recovery {}", id(&running))));
    }
    // Each endpoint has its own.
    recover(&app, &other, &another).await;

    let cancel = format!("{}/cancel", path_of(&running));
    app.admin().post(&cancel, &json!({})).await.expect(200);
    app.server.aws().heal();
    let second = recover(&app, &endpoint, &same).await;
    let done = app.admin().get(&path_of(&second)).await.expect(200);
    assert_eq!(done["status"], "done");
    recover(&app, &endpoint, &same).await;
    assert_eq!(receiver.received().len(), 6, "twice what was told once");
}

#[tokio::test]
async fn of_several_recoveries_that_are_ordered_at_once_one_is_made() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, running) = stuck(&app, &receiver).await;
    let cancel = format!("{}/cancel", path_of(&running));
    app.admin().post(&cancel, &json!({})).await.expect(200);
    let path = format!("{}/recover", endpoint_path(&endpoint));
    let order = json!({ "since": running["since"], "include": "all" });

    let admin = app.admin();
    let orders = (0..4).map(|_| admin.post(&path, &order));
    let answers = futures_util::future::join_all(orders).await;

    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 3));
    for answer in refused {
        answer.problem(409, "recovery_running");
        assert_eq!(answer.body["recoveryId"], made[0].body["id"]);
    }
}

#[tokio::test]
async fn a_recovery_that_was_stopped_says_why_and_where_the_rest_begins() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, recovery) = stuck(&app, &receiver).await;
    for member in ["stopReason", "resumeSince"] {
        assert_eq!(recovery[member], Value::Null, "{member}");
    }
    let enabled = async |yes: bool| {
        let body = json!({ "enabled": yes });
        let path = endpoint_path(&endpoint);
        app.admin().patch(&path, &body).await.expect(200);
    };
    enabled(false).await;
    app.server.aws().heal();
    for _ in 0..4 {
        app.advance(Duration::from_mins(12)).await;
    }

    let stopped = app.admin().get(&path_of(&recovery)).await.expect(200);
    assert_eq!(
        (&stopped["status"], &stopped["stopReason"]),
        (&json!("stopped"), &json!("endpointDisabled"))
    );
    assert_eq!(stopped["resumeSince"], recovery["since"]);
    enabled(true).await;
    let rest = json!({
        "since": stopped["resumeSince"],
        "until": stopped["until"],
        "include": stopped["include"],
    });
    let rest = recover(&app, &endpoint, &rest).await;
    let done = app.admin().get(&path_of(&rest)).await.expect(200);
    assert_eq!(
        [&done["status"], &done["resent"], &done["resumeSince"]],
        [&json!("done"), &json!(2), &Value::Null]
    );
}

#[tokio::test]
async fn a_recovery_whose_endpoint_is_deleted_says_so() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, recovery) = stuck(&app, &receiver).await;
    app.admin()
        .delete(&endpoint_path(&endpoint))
        .await
        .expect(200);
    app.server.aws().heal();
    for _ in 0..4 {
        app.advance(Duration::from_mins(12)).await;
    }

    let stopped = app.admin().get(&path_of(&recovery)).await.expect(200);
    assert_eq!(stopped["stopReason"], "endpointDeleted");
}

#[tokio::test]
async fn a_recovery_that_is_done_stays_so() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (_, recovery) = stuck(&app, &receiver).await;
    app.server.aws().heal();
    for _ in 0..4 {
        app.advance(Duration::from_mins(12)).await;
    }
    let done = app.admin().get(&path_of(&recovery)).await.expect(200);
    assert_eq!(
        (&done["status"], &done["resent"]),
        (&json!("done"), &json!(2))
    );

    let cancel = format!("{}/cancel", path_of(&recovery));
    let shown = app.admin().post(&cancel, &json!({})).await.expect(200);
    assert_eq!(shown, done);
}

#[tokio::test]
async fn recoveries_are_listed_newest_first_and_show_nothing_that_is_only_stored() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, first) = stuck(&app, &receiver).await;
    app.server.aws().heal();
    let other = app.register(&receiver, &["client.*"]).await;
    app.advance(Duration::from_secs(1)).await;
    let order = json!({ "since": first["since"] });
    let second = recover(&app, &other, &order).await;

    let list = async |query: &str| -> Vec<Value> {
        let path = format!("/v1/webhook-recoveries{query}");
        let list = app.admin().get(&path).await.expect(200);
        list["data"].as_array().expect("a list").clone()
    };
    let ids = |list: &[Value]| -> Vec<Value> { list.iter().map(|one| one["id"].clone()).collect() };
    let all = list("").await;
    assert_eq!(ids(&all), [second["id"].clone(), first["id"].clone()]);
    let of_one = list(&format!("?endpointId={}", id(&endpoint))).await;
    assert_eq!(ids(&of_one), [first["id"].clone()]);
    let page = app
        .admin()
        .get("/v1/webhook-recoveries?limit=1")
        .await
        .expect(200);
    assert!(page["nextToken"].is_string());
    for member in ["version", "workspaceId", "position"] {
        for shown in [&first, &all[1]] {
            assert!(shown.get(member).is_none(), "{member}: {shown}");
        }
    }
    let stranger = app.other_tenant().await.actor;
    let none = stranger.get("/v1/webhook-recoveries").await.expect(200);
    assert_eq!(none["data"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_the_time_of_a_recovery_is_said() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let path = format!("/v1/webhook-endpoints/{}/recover", id(&endpoint));
    let at = |seconds: i64| Time::from_unix_millis(app.now().unix_millis() + seconds * 1_000);
    let month = 30 * 24 * 3_600;
    let first = format!("begin at {}", at(60 - month));
    for (order, field, says) in [
        (
            json!({ "since": at(3_600) }),
            "since",
            "since lies in the future",
        ),
        (json!({ "since": at(-month - 1) }), "since", &*first),
        (
            json!({ "since": at(-60), "until": at(60) }),
            "until",
            "until lies in the future",
        ),
        (
            json!({ "since": at(-60), "until": at(-60) }),
            "until",
            "not later than since",
        ),
    ] {
        let refused = app.admin().post(&path, &order).await;
        assert_eq!(
            refused.problem(400, "range_invalid"),
            Some(field),
            "{order}"
        );
        assert!(refused.text.contains(says), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_recovery_sends_what_failed_in_its_time_and_says_so() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({ "eventTypes": ["company.*"] })).await;
    company(&app, "Before").await;
    app.settle().await;
    app.advance(Duration::from_secs(1)).await;
    let since = app.now();
    receiver.reply_next(&[Reply::status(500); 3]);
    for name in ["A1", "B2", "C3"] {
        company(&app, name).await;
    }
    app.settle().await;
    app.advance(Duration::from_secs(2)).await;
    assert_eq!(receiver.received().len(), 4);

    let recover = format!("{}/recover", endpoint_path(&endpoint));
    let order = json!({ "since": since });
    let recovery = app.admin().post(&recover, &order).await.expect(201);
    app.settle().await;

    assert_eq!(receiver.received().len(), 7);
    assert_eq!(statuses(&app, &endpoint).await, vec!["delivered"; 4]);
    for webhook in &receiver.received()[4..] {
        assert_eq!(webhook.header("portico-recovery"), id(&recovery));
    }
    let path = format!("/v1/webhook-recoveries/{}", id(&recovery));
    let done = app.admin().get(&path).await.expect(200);
    assert_eq!(
        (&done["status"], &done["examined"], &done["resent"]),
        (&json!("done"), &json!(3), &json!(3))
    );
}

#[tokio::test]
async fn a_recovery_that_dies_half_way_goes_on_and_orders_nothing_twice() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({ "eventTypes": ["company.*"] })).await;
    let since = Time::from_unix_millis(app.now().unix_millis() - 1_000);
    for place in 0..120 {
        company(&app, &format!("Company {place}")).await;
    }
    app.settle().await;
    assert_eq!(receiver.received().len(), 120);
    let mut writes = 0;
    app.server.aws().inject(move |call: &Call| {
        let is_writing = call.function == Some("recoverer") && call.operation == "PutItem";
        writes += i32::from(is_writing);
        (is_writing && writes > 60).then_some(Fault::Refuse("InternalServerError"))
    });
    app.advance(Duration::from_secs(1)).await;
    let order = json!({ "since": since, "include": "all" });
    let recover = format!("{}/recover", endpoint_path(&endpoint));
    let recovery = app.admin().post(&recover, &order).await.expect(201);
    app.settle().await;

    app.server.aws().heal();
    for _ in 0..4 {
        app.advance(Duration::from_mins(12)).await;
    }

    let path = format!("/v1/webhook-recoveries/{}", id(&recovery));
    let done = app.admin().get(&path).await.expect(200);
    assert_eq!(
        [&done["status"], &done["examined"], &done["resent"]],
        [&json!("done"), &json!(120), &json!(120)]
    );
    assert_eq!(receiver.received().len(), 240);
}

/// Has a worker take the next page of what is to be recovered, and cancels the
/// recovery when it has begun to order.
async fn cancel_within_the_page(app: &TestApp, recovery: &Value) -> Value {
    let function = |name| {
        let mut triggers = portico_bootstrap::TRIGGERS.iter();
        let found = triggers.find(|trigger| trigger.name == name);
        found.expect("there is one")
    };
    let records = json!({ "Records": app.server.stream_records().await });
    let dispatched = app.server.work(function("dispatcher"), records).await;
    dispatched.expect("the order is passed on");
    let queues = app.server.aws().queues().clone();
    let messages = queues.take(Queue::Recoveries.name(), 10, app.now());
    let event = LocalServer::queue_event(Queue::Recoveries, &messages);
    let mut worker = Stepped::new(app.server.work(function("recoverer"), event));
    for _ in 0..20 {
        assert!(matches!(worker.step().await, Step::AtCall), "it has begun");
    }
    let cancel = format!("{}/cancel", path_of(recovery));
    let cancelled = app.admin().post(&cancel, &json!({})).await.expect(200);
    while !matches!(worker.step().await, Step::Done(_)) {}
    cancelled
}

#[tokio::test]
async fn a_recovery_that_is_cancelled_within_a_page_tells_of_all_that_it_sends() {
    let app = TestApp::driven_with_right_clocks(1).await;
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["company.*"]).await;
    let since = app.now();
    for place in 0..120 {
        // Some share a millisecond, also at the end of the page.
        app.server.pass(Duration::from_millis(place % 3 / 2));
        company(&app, &format!("Company {place}")).await;
    }
    app.settle().await;
    app.server.pass(Duration::from_secs(1));
    assert_eq!(receiver.received().len(), 120);

    let order = json!({ "since": since, "include": "all" });
    let path = format!("{}/recover", endpoint_path(&endpoint));
    let recovery = app.admin().post(&path, &order).await.expect(201);
    let cancelled = cancel_within_the_page(&app, &recovery).await;
    assert_eq!(cancelled["examined"], 0);
    app.settle().await;
    let sent = receiver.received().len() - 120;
    assert!((90..100).contains(&sent), "{sent}");
    let shown = app.admin().get(&path_of(&recovery)).await.expect(200);
    assert_eq!(
        [&shown["status"], &shown["examined"], &shown["resent"]],
        [&json!("cancelled"), &json!(sent), &json!(sent)]
    );

    let rest = json!({
        "since": shown["resumeSince"],
        "until": shown["until"],
        "include": shown["include"],
    });
    let rest = app.admin().post(&path, &rest).await.expect(201);
    let cancelled = cancel_within_the_page(&app, &rest).await;
    app.settle().await;
    assert_eq!(receiver.received().len(), 240, "nothing twice");
    let shown = app.admin().get(&path_of(&rest)).await.expect(200);
    assert_eq!(
        [&shown["status"], &shown["resent"], &shown["resumeSince"]],
        [&json!("cancelled"), &json!(120 - sent), &Value::Null],
        "nothing is left"
    );
    assert_eq!(cancelled["status"], shown["status"]);
}

#[tokio::test]
async fn bad_orders_of_a_recovery_are_refused() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let endpoint = register(&app, &receiver, json!({})).await;
    let recover = format!("{}/recover", endpoint_path(&endpoint));
    let at = |seconds: i64| Time::from_unix_millis(app.now().unix_millis() + seconds * 1_000);
    for (body, code, field) in [
        (json!({}), "field_required", "since"),
        (json!({ "since": "yesterday" }), "field_invalid", "since"),
        (
            json!({ "since": at(-31 * 24 * 3_600) }),
            "range_invalid",
            "since",
        ),
        (
            json!({ "since": at(-60), "until": at(60) }),
            "range_invalid",
            "until",
        ),
        (
            json!({ "since": at(-60), "until": at(-61) }),
            "range_invalid",
            "until",
        ),
    ] {
        let refused = app.admin().post(&recover, &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    app.admin()
        .patch(&endpoint_path(&endpoint), &json!({ "enabled": false }))
        .await
        .expect(200);
    app.admin()
        .post(&recover, &json!({ "since": at(-60) }))
        .await
        .problem(409, "endpoint_disabled");
}
