//! Reminders: an invitation that waits is mailed once more before its end.

use e2e::{PASSWORD, TestApp};
use portico_local::steps::{Step, Stepped};
use serde_json::{Value, json};
use std::time::Duration;

const ADA: &str = "ada@example.com";
const DAY: Duration = Duration::from_hours(24);

async fn invite(app: &TestApp, email: &str) -> Value {
    let ada = json!({ "name": "Ada Lovelace", "email": email });
    let client = app.admin().post("/v1/clients?sendInvite=true", &ada).await;
    let client = client.expect(200);
    app.settle().await;
    let path = format!("/v1/invitations?clientId={}", e2e::id(&client));
    app.admin().get(&path).await.expect(200)["data"][0].clone()
}

async fn subjects(app: &TestApp, email: &str) -> Vec<String> {
    let mails = app.mails(email).await;
    let subject = |mail: &Value| mail["Subject"].as_str().expect("a subject").to_owned();
    mails.iter().map(subject).collect()
}

#[tokio::test]
async fn an_invitation_that_waits_is_mailed_once_more_with_the_same_link() {
    let app = TestApp::start().await;
    invite(&app, ADA).await;
    let link = app.link(ADA).await;
    app.advance(4 * DAY).await;
    assert_eq!(subjects(&app, ADA).await.len(), 1);

    app.advance(DAY).await;
    app.advance(DAY).await;

    let subjects = subjects(&app, ADA).await;
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert!(subjects[0].starts_with("Reminder: "), "{subjects:?}");
    assert_eq!(app.link(ADA).await, link);
    let listed = app.admin().get("/v1/invitations").await.expect(200);
    assert_eq!(
        (
            &listed["data"][0]["sendCount"],
            &listed["data"][0]["status"]
        ),
        (&json!(2), &json!("pending"))
    );
    let accept = json!({ "password": PASSWORD });
    let accepted = app.nobody().post(&format!("{link}/accept"), &accept).await;
    accepted.expect(200);
}

#[tokio::test]
async fn whoever_came_was_cancelled_or_was_not_reached_is_not_reminded() {
    let app = TestApp::start().await;
    let admin = app.admin();
    app.client("Grace Hopper", "grace@example.com", None).await;
    let cancelled = invite(&app, "alan@example.com").await;
    let cancel = format!("/v1/invitations/{}/cancel", e2e::id(&cancelled));
    admin.post(&cancel, &json!({})).await.expect(200);
    let bounced = "bounce@simulator.amazonses.com";
    invite(&app, bounced).await;
    // A link that is good for three days is used within them or forgotten.
    let kurt = json!({ "name": "Kurt Gödel", "email": "kurt@example.com" });
    let kurt = admin.post("/v1/clients", &kurt).await.expect(200);
    let short = json!({ "clientId": kurt["id"], "expiresInDays": 3 });
    admin.post("/v1/invitations", &short).await.expect(201);
    app.settle().await;

    for _ in 0..7 {
        app.advance(DAY).await;
    }

    for email in [
        "grace@example.com",
        "alan@example.com",
        bounced,
        "kurt@example.com",
    ] {
        assert_eq!(subjects(&app, email).await.len(), 1, "{email}");
    }
}

#[tokio::test]
async fn a_reminder_that_is_late_until_the_end_is_none() {
    let app = TestApp::start().await;
    invite(&app, ADA).await;

    app.advance(8 * DAY).await;

    assert_eq!(subjects(&app, ADA).await.len(), 1);
    let listed = app.admin().get("/v1/invitations").await.expect(200);
    assert_eq!(listed["data"][0]["status"], "expired");
}

/// Has everything mailed that is owed, once every function knows that it is due,
/// whatever its clock says.
async fn mail(app: &TestApp) {
    app.advance(Duration::from_mins(1)).await;
}

/// The function runs twice at once and dies after any number of steps; the next
/// run does what is left, and everybody is reminded once.
#[tokio::test]
async fn reminding_that_dies_anywhere_reminds_everybody_once() {
    let mut deaths = 0;
    for steps in 0.. {
        let app = TestApp::driven_from(steps).await;
        let emails = ["ada@example.com", "bea@example.com", "cleo@example.com"];
        for email in emails {
            invite(&app, email).await;
        }
        mail(&app).await;
        app.server.pass(5 * DAY);
        let trigger = portico_expirer::TRIGGER;
        let run = || {
            let event = app.server.schedule_event(&trigger);
            Stepped::new(app.server.work(&trigger, event))
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

        let mut next = run();
        while !matches!(next.step().await, Step::Done(_)) {}
        mail(&app).await;

        for email in emails {
            let subjects = subjects(&app, email).await;
            assert_eq!(
                subjects.len(),
                2,
                "{email} after {steps} steps: {subjects:?}"
            );
        }
        if is_done {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 5, "{deaths}");
}
