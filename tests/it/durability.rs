//! Nothing is lost: restarts, lost messages, and services that refuse.

use e2e::{Receiver, TestApp, id};
use portico_domain::{Change, Company, CompanyName, CompanyPatch};
use portico_local::{Call, Fault};
use portico_store::CommitError;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

const PASSWORD: &str = "correct horse battery";

async fn invite(app: &TestApp, email: &str) -> serde_json::Value {
    let body = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": email });
    app.admin()
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200)
}

#[tokio::test]
async fn a_restart_in_the_middle_of_the_journey_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let receiver = Receiver::start().await;
    let app = TestApp::start_in(directory.path()).await;
    let key = app.server.api_key.clone();
    app.register(&receiver, &["client.*", "invitation.*"]).await;
    // Nothing gets to the queues before the server ends.
    app.server
        .aws()
        .inject(|call: &Call| (call.service == "sqs").then_some(Fault::LostBefore));
    let client = invite(&app, "ada@example.com").await;
    drop(app);

    let app = TestApp::start_in(directory.path()).await;
    assert_eq!(app.server.api_key, key);
    app.advance(Duration::from_mins(1)).await;
    let link = app.link("ada@example.com").await;
    drop(app);

    let app = TestApp::start_in(directory.path()).await;
    assert_eq!(
        app.link("ada@example.com").await,
        link,
        "the mail is still there"
    );
    app.nobody()
        .post(&format!("{link}/accept"), &json!({ "password": PASSWORD }))
        .await
        .expect(200);
    drop(app);

    let app = TestApp::start_in(directory.path()).await;
    app.advance(Duration::from_mins(5)).await;
    let path = format!("/v1/clients/{}", id(&client));
    assert_eq!(app.admin().get(&path).await.expect(200)["status"], "active");
    assert_eq!(app.mails("ada@example.com").await.len(), 1);
    // A server that ends between a request and its record repeats it, once for
    // each end, and receivers tell by the id.
    let webhooks = receiver.received();
    let told: BTreeMap<String, String> = webhooks
        .iter()
        .map(|webhook| {
            (
                webhook.header("webhook-id").to_owned(),
                webhook.event()["eventType"].to_string(),
            )
        })
        .collect();
    assert!(
        webhooks.len() - told.len() <= 3,
        "{:?}",
        receiver.event_types()
    );
    let types: Vec<&str> = told.values().map(|name| name.trim_matches('"')).collect();
    assert_eq!(
        types,
        [
            "client.created",
            "invitation.sent",
            "invitation.delivered",
            "invitation.accepted",
            "client.activated",
            "client.statusChanged"
        ]
    );
}

#[tokio::test]
async fn a_stream_that_never_comes_is_made_up_for_by_the_sweep() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;
    // The dispatcher cannot do anything.
    app.server.aws().inject(|call: &Call| {
        (call.function == Some("dispatcher")).then_some(Fault::Refuse("InternalServerError"))
    });
    invite(&app, "ada@example.com").await;
    app.settle().await;
    assert_eq!(
        (
            receiver.received().len(),
            app.mails("ada@example.com").await.len()
        ),
        (0, 0)
    );

    app.server.aws().heal();
    app.advance(Duration::from_mins(1)).await;
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(app.mails("ada@example.com").await.len(), 1);
    assert_eq!(
        receiver.event_types(),
        ["client.created", "invitation.sent", "invitation.delivered"]
    );
}

#[tokio::test]
async fn a_mail_service_that_throttles_is_asked_again() {
    let app = TestApp::start().await;
    app.server.aws().inject(|call: &Call| {
        (call.service == "ses").then_some(Fault::Refuse("TooManyRequestsException"))
    });
    invite(&app, "ada@example.com").await;
    app.settle().await;

    let invitation = app.admin().get("/v1/invitations").await.expect(200)["data"][0].clone();
    assert_eq!(
        (&invitation["status"], &invitation["delivery"]["state"]),
        (&json!("pending"), &json!("deferred"))
    );
    assert_eq!(invitation["sendCount"], 0);
    let sent = app
        .admin()
        .get("/v1/events?eventType=invitation.sent")
        .await
        .expect(200);
    assert_eq!(
        sent["data"],
        json!([]),
        "what was not sent is not told to be"
    );

    app.server.aws().heal();
    app.advance(Duration::from_mins(1)).await;

    assert_eq!(app.mails("ada@example.com").await.len(), 1);
    let invitation = app.admin().get("/v1/invitations").await.expect(200)["data"][0].clone();
    assert_eq!(
        (&invitation["delivery"]["state"], &invitation["sendCount"]),
        (&json!("delivered"), &json!(1))
    );
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_failed_and_not_sent() {
    let app = TestApp::start().await;
    app.server
        .aws()
        .inject(|call: &Call| (call.service == "ses").then_some(Fault::Refuse("MessageRejected")));
    invite(&app, "ada@example.com").await;
    app.settle().await;
    app.server.aws().heal();
    app.advance(Duration::from_hours(2)).await;

    let invitation = app.admin().get("/v1/invitations").await.expect(200)["data"][0].clone();
    assert_eq!(
        (&invitation["delivery"]["state"], &invitation["sendCount"]),
        (&json!("failed"), &json!(0))
    );
    assert!(
        invitation["delivery"]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("MessageRejected"))
    );
    assert_eq!(app.mails("ada@example.com").await.len(), 0);
}

#[tokio::test]
async fn death_between_sending_and_recording_sends_the_same_link_once_more() {
    let app = TestApp::start().await;
    app.server.aws().inject(|call: &Call| {
        let is_recording =
            call.function == Some("mailer") && call.operation == "TransactWriteItems";
        is_recording.then_some(Fault::Refuse("InternalServerError"))
    });
    invite(&app, "ada@example.com").await;
    app.settle().await;
    assert_eq!(app.mails("ada@example.com").await.len(), 1);
    let first = app.link("ada@example.com").await;

    app.server.aws().heal();
    app.advance(Duration::from_mins(2)).await;
    app.advance(Duration::from_mins(2)).await;

    assert_eq!(app.mails("ada@example.com").await.len(), 2);
    assert_eq!(app.link("ada@example.com").await, first);
    let invitation = app.admin().get("/v1/invitations").await.expect(200)["data"][0].clone();
    assert_eq!(invitation["sendCount"], 1);
}

#[tokio::test]
async fn death_between_delivering_and_recording_repeats_one_request_with_the_same_id() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;
    app.server.aws().inject(|call: &Call| {
        let is_recording = call.function == Some("deliverer") && call.operation == "PutItem";
        is_recording.then_some(Fault::Refuse("InternalServerError"))
    });
    app.admin()
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    app.settle().await;
    assert_eq!(receiver.received().len(), 1);

    app.server.aws().heal();
    app.advance(Duration::from_mins(4)).await;
    app.advance(Duration::from_hours(1)).await;

    let ids: Vec<String> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.header("webhook-id").to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_does_not_make_a_second_client() {
    let app = TestApp::start().await;
    let mut happened = false;
    app.server.aws().inject(move |call: &Call| {
        let is_first =
            call.operation == "TransactWriteItems" && !std::mem::replace(&mut happened, true);
        is_first.then_some(Fault::LostAfter)
    });

    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin().post("/v1/clients", &body).await.expect(200);

    let list = app.admin().get("/v1/clients").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_table_that_throttles_is_said_to_be_busy() {
    let app = TestApp::start().await;
    app.server.aws().inject(|call: &Call| {
        (call.operation == "Query")
            .then_some(Fault::Refuse("ProvisionedThroughputExceededException"))
    });

    let busy = app.admin().get("/v1/clients").await;

    busy.problem(503, "busy");
    assert_eq!(busy.header("retry-after"), "1");
}

#[tokio::test]
async fn a_transaction_that_collides_is_tried_again() {
    let app = TestApp::start().await;
    let mut collisions = 3;
    app.server.aws().inject(move |call: &Call| {
        let collides = call.operation == "TransactWriteItems" && collisions > 0;
        collisions -= i32::from(collides);
        collides.then_some(Fault::Cancel("TransactionConflict"))
    });

    app.admin()
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_transaction_that_is_throttled_for_long_is_said_to_be_busy() {
    let app = TestApp::start().await;
    app.server.aws().inject(|call: &Call| {
        (call.operation == "TransactWriteItems").then_some(Fault::Cancel("ThrottlingError"))
    });

    let busy = app
        .admin()
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await;

    busy.problem(503, "busy");
}

#[tokio::test]
async fn what_belongs_to_another_workspace_is_not_written() {
    let app = TestApp::start().await;
    let core = app.server.app();
    let other = app.other_tenant().await.stored.workspace_id;
    let mut change = Change::by_system(core.moment());
    let name = CompanyName::parse("name", "Engines").expect("a name");
    let company = Company::create(&mut change, other, name, CompanyPatch::default());
    change.save_company(None, company);

    let refused = core
        .store
        .workspace(app.server.workspace_id)
        .commit(&change)
        .await;

    assert!(
        matches!(refused, Err(CommitError::Failed(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn one_bad_message_of_ten_keeps_nobody_waiting() {
    let app = TestApp::start().await;
    let event = |bodies: &[&str]| {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(place, body)| json!({ "messageId": format!("m{place}"), "body": body, "eventSource": "aws:sqs" }))
            .collect();
        json!({ "Records": records })
    };
    let nothing = r#"{"workspaceId":"01890000-0000-7000-8000-000000000000","id":"01890000-0000-7000-8000-000000000001"}"#;

    for trigger in portico_bootstrap::TRIGGERS {
        if !matches!(trigger.source, portico_app::Source::Queue(_)) {
            continue;
        }
        let passed_over = match trigger.name {
            "mail-events" => r#"{"eventType":"Open","mail":{"messageId":"m"}}"#,
            _ => nothing,
        };
        let bodies = [passed_over, "nonsense", passed_over];
        let answer = (trigger.handle)(app.server.app(), event(&bodies)).await;
        let answer = answer.expect("the batch is answered");
        assert_eq!(
            answer,
            json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }] }),
            "{}",
            trigger.name
        );
    }
}
