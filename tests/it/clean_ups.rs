//! What is scheduled: run twice, at once, late, or dying half-way, it does what
//! is due once and does no harm.
//!
//! Each scheduled function is driven one call to AWS at a time beside another
//! run of itself; both die together, at every place where they can. A day later
//! it runs again, and once more after that.

use e2e::{Receiver, TestApp, id};
use portico_app::Trigger;
use portico_local::steps::{Step, Stepped};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// After it every function knows that a time is over, whatever its clock says.
const MARGIN: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_hours(24);

/// Lets this function die after any number of steps in what `prepare` has made,
/// and `check` what has become of it after the next runs. Answers with how many
/// deaths there were.
async fn die_everywhere<T>(
    trigger: &Trigger,
    prepare: impl AsyncFn(&TestApp) -> T,
    check: impl AsyncFn(&TestApp, &T, usize),
) -> usize {
    for steps in 0.. {
        let app = TestApp::driven_from(steps as u64).await;
        let scene = prepare(&app).await;
        let run = || {
            let event = app.server.schedule_event(trigger);
            Stepped::new(app.server.work(trigger, event))
        };
        let (mut dying, mut beside) = (run(), run());
        let mut is_done = false;
        for _ in 0..steps {
            is_done = matches!(dying.step().await, Step::Done(_));
            if is_done {
                break;
            }
            let _ = beside.step().await;
        }
        drop((dying, beside));
        app.server.pass(DAY);
        for _ in 0..2 {
            let mut next = run();
            while !matches!(next.step().await, Step::Done(_)) {}
        }
        settle(&app).await;
        check(&app, &scene, steps).await;
        if is_done {
            return steps;
        }
    }
    unreachable!("it comes to an end")
}

/// Has everything done that follows. The clocks of functions differ, so what one
/// has written may not be due for another; the sweeper finds it.
async fn settle(app: &TestApp) {
    for _ in 0..4 {
        app.server.pass(MARGIN);
        app.settle().await;
        let trigger = &portico_sweeper::TRIGGER;
        let event = app.server.schedule_event(trigger);
        let swept = app.server.work(trigger, event).await;
        swept.expect("nothing goes wrong any more");
    }
    app.settle().await;
}

/// How often each type of event is told; their sequences have no holes.
async fn told(app: &TestApp) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::<String, usize>::new();
    let mut sequences = BTreeMap::<String, Vec<u64>>::new();
    let mut path = "/v1/events?limit=1000&settled=false".to_owned();
    loop {
        let page = app.admin().get(&path).await.expect(200);
        for event in page["data"].as_array().expect("a list") {
            let text = |name: &str| event[name].as_str().expect("a text").to_owned();
            *told.entry(text("eventType")).or_default() += 1;
            let sequence = event["sequence"].as_u64().expect("a number");
            sequences
                .entry(text("objectId"))
                .or_default()
                .push(sequence);
        }
        let Some(next) = page["nextToken"].as_str() else {
            break;
        };
        path = format!("/v1/events?limit=1000&settled=false&nextToken={next}");
    }
    for (object, mut sequence) in sequences {
        sequence.sort_unstable();
        let whole: Vec<u64> = (1..).take(sequence.len()).collect();
        assert_eq!(sequence, whole, "the events of {object}");
    }
    told
}

async fn invite(app: &TestApp, number: usize) -> String {
    let email = format!("ada{number}@example.com");
    let body = json!({ "name": "Ada Lovelace", "email": email });
    let path = "/v1/clients?sendInvite=true";
    id(&app.admin().post(path, &body).await.expect(200)).to_owned()
}

#[tokio::test]
async fn invitations_run_out_once_wherever_the_expirer_dies() {
    let prepare = async |app: &TestApp| {
        for number in 0..3 {
            invite(app, number).await;
        }
        app.server.pass(7 * DAY + MARGIN);
    };
    let check = async |app: &TestApp, (): &(), steps| {
        let told = told(app).await;
        assert_eq!(told["invitation.expired"], 3, "after {steps} steps");
        let path = "/v1/invitations?status=pending";
        let open = app.admin().get(path).await.expect(200);
        assert_eq!(open["data"], json!([]), "after {steps} steps");
    };
    let deaths = die_everywhere(&portico_expirer::TRIGGER, prepare, check).await;
    assert!(deaths > 10, "{deaths} deaths");
}

#[tokio::test]
async fn reminders_are_mailed_once_wherever_the_expirer_dies() {
    let prepare = async |app: &TestApp| {
        for number in 0..2 {
            invite(app, number).await;
        }
        settle(app).await;
        app.server.pass(5 * DAY + MARGIN);
    };
    let check = async |app: &TestApp, (): &(), steps| {
        for number in 0..2 {
            let mails = app.mails(&format!("ada{number}@example.com")).await;
            assert_eq!(mails.len(), 2, "after {steps} steps");
        }
        let log = app.admin().get("/v1/audit-log").await.expect(200);
        let log = log["data"].as_array().expect("a list").clone();
        let reminded = log
            .iter()
            .filter(|entry| entry["eventType"] == "invitation.reminded");
        assert_eq!(reminded.count(), 2, "after {steps} steps");
    };
    let deaths = die_everywhere(&portico_expirer::TRIGGER, prepare, check).await;
    assert!(deaths > 8, "{deaths} deaths");
}

#[tokio::test]
async fn what_was_lost_is_swept_up_once_wherever_the_sweeper_dies() {
    let receiver = Receiver::start().await;
    let prepare = async |app: &TestApp| {
        let endpoint = app.register(&receiver, &["*"]).await;
        let company = json!({ "name": "Engines" });
        let company = app.admin().post("/v1/companies", &company).await;
        let company = id(&company.expect(200)).to_owned();
        invite(app, 0).await;
        let path = format!("/v1/companies/{company}");
        app.admin().delete(&path).await.expect(200);
        // The stream has lost it all.
        app.server.stream_records().await;
        app.server.pass(MARGIN);
        id(&endpoint).to_owned()
    };
    let check = async |app: &TestApp, endpoint: &String, steps| {
        assert_eq!(
            app.mails("ada0@example.com").await.len(),
            1,
            "after {steps} steps"
        );
        let path = format!("/v1/webhook-endpoints/{endpoint}/deliveries?limit=1000");
        let deliveries = app.admin().get(&path).await.expect(200);
        let mut events = BTreeMap::<String, Vec<Value>>::new();
        for delivery in deliveries["data"].as_array().expect("a list") {
            assert_eq!(
                delivery["status"], "delivered",
                "after {steps} steps: {delivery}"
            );
            let event = delivery["eventId"].as_str().expect("an id").to_owned();
            events.entry(event).or_default().push(delivery.clone());
        }
        let told: usize = told(app).await.values().sum();
        assert_eq!(events.len(), told, "after {steps} steps");
        for (event, deliveries) in events {
            assert_eq!(deliveries.len(), 1, "after {steps} steps: {event}");
            assert_eq!(
                deliveries[0]["attemptCount"], 1,
                "after {steps} steps: {event}"
            );
        }
        let found = app.admin().get("/v1/clients?search=lovelace").await;
        let found = found.expect(200)["data"].as_array().map(Vec::len);
        assert_eq!(found, Some(1), "after {steps} steps");
    };
    let deaths = die_everywhere(&portico_sweeper::TRIGGER, prepare, check).await;
    assert!(deaths > 20, "{deaths} deaths");
}

#[tokio::test]
async fn what_was_purged_is_erased_wherever_the_caretaker_dies() {
    let prepare = async |app: &TestApp| {
        let admin = app.admin();
        let field = json!({ "entityType": "client", "name": "Tier", "type": "text" });
        let fields = json!({ "customFields": [field] });
        let fields = admin.post("/v1/custom-fields", &fields).await.expect(200);
        let ada = invite(app, 0).await;
        let path = format!("/v1/clients/{ada}");
        let tier = json!({ "customFields": { "tier": "gold" }, "position": "Countess" });
        admin.patch(&path, &tier).await.expect(200);
        let grace = invite(app, 1).await;
        let tier = json!({ "customFields": { "tier": "gold" } });
        admin
            .patch(&format!("/v1/clients/{grace}"), &tier)
            .await
            .expect(200);
        settle(app).await;
        admin
            .post(&format!("{path}/purge"), &json!({}))
            .await
            .expect(200);
        let field = id(&fields["customFields"][0]).to_owned();
        admin
            .delete(&format!("/v1/custom-fields/{field}"))
            .await
            .expect(200);
        app.settle().await;
        app.server.pass(Duration::from_secs(15) + MARGIN);
        (ada, grace)
    };
    let check = async |app: &TestApp, (ada, grace): &(String, String), steps| {
        let path = format!("/v1/events?limit=1000&settled=false&objectId={ada}");
        let events = app.admin().get(&path).await.expect(200).to_string();
        for erased in ["Lovelace", "Countess", "ada0@example.com"] {
            assert!(!events.contains(erased), "after {steps} steps: {events}");
        }
        assert_eq!(told(app).await["client.deleted"], 1, "after {steps} steps");
        let grace = app
            .admin()
            .get(&format!("/v1/clients/{grace}"))
            .await
            .expect(200);
        assert!(
            !grace["customFields"].to_string().contains("gold"),
            "after {steps} steps: {grace}"
        );
        assert_eq!(grace["givenName"], "Ada", "after {steps} steps");
    };
    let deaths = die_everywhere(&portico_caretaker::TRIGGER, prepare, check).await;
    assert!(deaths > 10, "{deaths} deaths");
}
