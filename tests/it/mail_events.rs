//! What becomes of a mail after SES took it.

use e2e::{Receiver, TestApp, id};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

async fn client(app: &TestApp, email: &str) -> Value {
    let body = json!({ "name": "Ada Lovelace", "email": email });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

async fn invite(app: &TestApp, client: &Value) -> Value {
    let body = json!({ "clientId": client["id"] });
    let invitation = app.admin().post("/v1/invitations", &body).await;
    invitation.expect(201)
}

async fn read(app: &TestApp, resource: &str, thing: &Value) -> Value {
    let path = format!("/v1/{resource}/{}", id(thing));
    app.admin().get(&path).await.expect(200)
}

/// Hands a message to the function that learns from SES, as the queue does.
async fn learn(app: &TestApp, bodies: &[String]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(place, body)| json!({ "messageId": format!("m{place}"), "body": body, "eventSource": "aws:sqs" }))
        .collect();
    let event = json!({ "Records": records });
    let answer = (portico_mail_events::TRIGGER.handle)(app.server.app(), event).await;
    answer.expect("the batch is answered")
}

/// An event of SES about the mail of an invitation.
fn ses(app: &TestApp, kind: &str, invitation: &Value, generation: u32, details: &Value) -> String {
    let name = match kind {
        "DeliveryDelay" => "deliveryDelay".to_owned(),
        other => other.to_lowercase(),
    };
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "messageId": "ses-1",
            "timestamp": app.now(),
            "destination": [invitation["email"]],
            "tags": {
                "workspace": [app.server.workspace_id],
                "invitation": [invitation["id"]],
                "generation": [generation.to_string()],
            },
        },
    });
    event[name] = details.clone();
    event.to_string()
}

fn bounce() -> Value {
    json!({ "bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [] })
}

/// Client and invitation after a mail to this address has met its fate, and
/// what was told of the invitation.
async fn fate_of(email: &str) -> (Value, Value, Vec<String>) {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["invitation.*"]).await;
    let ada = client(&app, email).await;
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    let told = receiver.event_types();
    (
        read(&app, "clients", &ada).await,
        read(&app, "invitations", &invitation).await,
        told,
    )
}

#[tokio::test]
async fn the_simulators_addresses_have_the_fates_that_they_name() {
    for (email, state, reason, client_state, told) in [
        (
            "ada@example.com",
            "delivered",
            None,
            None,
            vec!["sent", "delivered"],
        ),
        (
            "success+1@simulator.amazonses.com",
            "delivered",
            None,
            None,
            vec!["sent", "delivered"],
        ),
        (
            "bounce+x@simulator.amazonses.com",
            "bounced",
            Some("Permanent/General"),
            Some("bounced"),
            vec!["sent", "bounced"],
        ),
        (
            "ooto@simulator.amazonses.com",
            "delivered",
            None,
            None,
            vec!["sent", "delivered"],
        ),
        (
            "complaint@simulator.amazonses.com",
            "complained",
            Some("abuse"),
            Some("complained"),
            vec!["sent", "delivered", "complained"],
        ),
        (
            "suppressionlist@simulator.amazonses.com",
            "suppressed",
            Some("Permanent/Suppressed"),
            Some("suppressed"),
            vec!["sent", "failed"],
        ),
    ] {
        let (client, invitation, events) = fate_of(email).await;

        let delivery = &invitation["delivery"];
        assert_eq!(delivery["state"], state, "{email}");
        assert_eq!(delivery["reason"], json!(reason), "{email}");
        assert!(delivery["messageId"].is_string(), "{email}: {delivery}");
        assert_eq!(invitation["status"], "pending", "{email}");
        assert_eq!(client["emailState"], json!(client_state), "{email}");
        let told: Vec<String> = told
            .iter()
            .map(|name| format!("invitation.{name}"))
            .collect();
        assert_eq!(events, told, "{email}");
    }
}

#[tokio::test]
async fn a_bounce_marks_the_client_and_tells_so() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["client.updated"]).await;
    let ada = client(&app, "bounce@simulator.amazonses.com").await;
    invite(&app, &ada).await;

    app.settle().await;

    let events = receiver.received();
    assert_eq!(events.len(), 1);
    let event = events[0].event();
    assert_eq!(event["data"]["emailState"], "bounced");
    assert_eq!(event["previousAttributes"], json!({ "emailState": null }));
}

#[tokio::test]
async fn whoever_complained_is_mailed_no_more_whatever_the_mail() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let email = "complaint@simulator.amazonses.com";
    let ada = client(&app, email).await;
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    app.advance(Duration::from_mins(2)).await;

    let resend = format!("/v1/invitations/{}/resend", id(&invitation));
    admin
        .post(&resend, &json!({}))
        .await
        .problem(409, "recipient_complained");
    let many = json!({ "clientIds": [ada["id"]] });
    let verdict = admin.post("/v1/invitations/bulk", &many).await.expect(200);
    assert_eq!(verdict["data"][0]["verdict"], "recipient_complained");
    let update = format!("/v1/clients/{}?sendInvite=true", id(&ada));
    admin
        .patch(&update, &json!({}))
        .await
        .problem(409, "recipient_complained");
    // Whoever has the old link is not told; the mailer looks at marks too.
    app.advance(Duration::from_hours(8 * 24)).await;
    let renew = format!("{}/renew", app.link(email).await);
    app.nobody().post(&renew, &json!({})).await.expect(200);
    app.settle().await;
    let page = format!("/v1/invitations?clientId={}", id(&ada));
    let all = admin.get(&page).await.expect(200);
    let invitation = all["data"][0].clone();

    assert_eq!(app.mails(email).await.len(), 1);
    let delivery = read(&app, "invitations", &invitation).await["delivery"].clone();
    assert_eq!(delivery["state"], "suppressed");
    assert_eq!(delivery["reason"], "the recipient complained");

    // The mark is the address's, whoever has it.
    admin
        .delete(&format!("/v1/clients/{}", id(&ada)))
        .await
        .expect(200);
    let again = client(&app, email).await;
    assert_eq!(again["emailState"], "complained");
    let body = json!({ "clientId": again["id"] });
    admin
        .post("/v1/invitations", &body)
        .await
        .problem(409, "recipient_complained");
    // Somebody may still hand a link over.
    let by_hand = json!({ "clientId": again["id"], "send": false });
    let by_hand = admin.post("/v1/invitations", &by_hand).await.expect(201);
    assert_eq!(by_hand["delivery"]["state"], "notSent");
    admin
        .delete(&format!("/v1/clients/{}", id(&again)))
        .await
        .expect(200);
    let new = json!({ "name": "Ada Lovelace", "email": email });
    let refused = admin.post("/v1/clients?sendInvite=true", &new).await;
    refused.problem(409, "recipient_complained");
    let many = json!({ "clients": [new] });
    let verdicts = admin.post("/v1/clients/batch?sendInvite=true", &many).await;
    let verdicts = verdicts.expect(200);
    assert_eq!(
        verdicts["data"][0]["problem"]["code"], "recipient_complained",
        "{verdicts}"
    );
    // Whoever is given it shows it, and loses it with the address.
    let bob = client(&app, "bob@example.com").await;
    let path = format!("/v1/clients/{}", id(&bob));
    let to = |email: &str| json!({ "email": email });
    let bob = admin.patch(&path, &to(email)).await.expect(200);
    assert_eq!(bob["emailState"], "complained");
    let bob = admin.patch(&path, &to("bob@example.com")).await;
    assert_eq!(bob.expect(200)["emailState"], Value::Null);
    admin.post("/v1/clients", &new).await.expect(200);
}

#[tokio::test]
async fn an_address_that_bounced_can_be_tried_again_and_is_unmarked_when_mail_gets_there() {
    let app = TestApp::start().await;
    let ada = client(&app, "ada@example.com").await;
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    learn(&app, &[ses(&app, "Bounce", &invitation, 1, &bounce())]).await;
    assert_eq!(read(&app, "clients", &ada).await["emailState"], "bounced");

    app.advance(Duration::from_mins(1)).await;
    let resend = format!("/v1/invitations/{}/resend", id(&invitation));
    app.admin().post(&resend, &json!({})).await.expect(200);
    app.settle().await;

    assert_eq!(read(&app, "clients", &ada).await["emailState"], Value::Null);
    let invitation = read(&app, "invitations", &invitation).await;
    assert_eq!(invitation["delivery"]["state"], "delivered");
}

#[tokio::test]
async fn an_event_that_comes_before_the_mail_was_recorded_as_sent_is_kept() {
    let app = TestApp::start().await;
    let ada = client(&app, "ada@example.com").await;
    app.server.aws().inject(|call: &Call| {
        let records = call.function == Some("mailer") && call.operation == "TransactWriteItems";
        records.then_some(Fault::Refuse("InternalServerError"))
    });
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    let early = read(&app, "invitations", &invitation).await;
    assert_eq!(early["delivery"]["state"], "delivered");
    assert_eq!(early["sendCount"], 0);

    app.server.aws().heal();
    app.advance(Duration::from_mins(2)).await;
    app.advance(Duration::from_mins(2)).await;

    let late = read(&app, "invitations", &invitation).await;
    assert_eq!(late["delivery"]["state"], "delivered");
    assert_eq!(late["sendCount"], 1);
}

#[tokio::test]
async fn events_of_an_older_link_or_of_nothing_we_know_change_nothing() {
    let app = TestApp::start().await;
    let ada = client(&app, "ada@example.com").await;
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    let resend = format!("/v1/invitations/{}/resend", id(&invitation));
    app.admin().post(&resend, &json!({})).await.expect(200);
    app.settle().await;
    let before = read(&app, "invitations", &invitation).await;

    let mut unknown = invitation.clone();
    unknown["id"] = json!("01890000-0000-7000-8000-000000000001");
    let delay = json!({ "delayType": "MailboxFull" });
    let answer = learn(
        &app,
        &[
            ses(&app, "DeliveryDelay", &invitation, 1, &delay),
            ses(
                &app,
                "Bounce",
                &invitation,
                1,
                &json!({ "bounceType": "Transient" }),
            ),
            ses(&app, "DeliveryDelay", &unknown, 1, &delay),
            ses(&app, "Bounce", &unknown, 1, &bounce()),
        ],
    )
    .await;

    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert_eq!(read(&app, "invitations", &invitation).await, before);
}

#[tokio::test]
async fn the_same_event_twice_is_told_once() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["invitation.bounced", "client.updated"])
        .await;
    let ada = client(&app, "ada@example.com").await;
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    let bounced = ses(&app, "Bounce", &invitation, 1, &bounce());

    for _ in 0..3 {
        learn(&app, &[bounced.clone(), bounced.clone()]).await;
    }
    app.settle().await;

    assert_eq!(
        receiver.event_types(),
        ["invitation.bounced", "client.updated"]
    );
}

#[tokio::test]
async fn an_event_whose_record_collides_or_dies_is_recorded_when_it_comes_again() {
    let app = TestApp::start().await;
    let ada = client(&app, "ada@example.com").await;
    let mut left = 2;
    app.server.aws().inject(move |call: &Call| {
        let is_record =
            call.function == Some("mail-events") && call.operation == "TransactWriteItems";
        left -= i32::from(is_record && left > 0);
        (is_record && left > 0).then_some(Fault::LostBefore)
    });
    let invitation = invite(&app, &ada).await;
    app.settle().await;
    // What was given back to the queue is visible again after six minutes.
    app.advance(Duration::from_mins(7)).await;

    let invitation = read(&app, "invitations", &invitation).await;
    assert_eq!(invitation["delivery"]["state"], "delivered");
}

#[tokio::test]
async fn invitations_are_listed_by_what_became_of_their_mail() {
    let app = TestApp::start().await;
    for email in ["ada@example.com", "bounce@simulator.amazonses.com"] {
        let client = client(&app, email).await;
        invite(&app, &client).await;
    }
    app.settle().await;

    let list = async |query: &str| {
        let list = app.admin().get(&format!("/v1/invitations?{query}")).await;
        let data = list.expect(200)["data"].clone();
        let data = data.as_array().expect("a list").clone();
        let emails = data.iter().map(|one| one["email"].clone());
        emails.collect::<Vec<Value>>()
    };
    let bounced = ["bounce@simulator.amazonses.com"];
    assert_eq!(list("deliveryState=bounced").await, bounced);
    assert_eq!(list("status=pending&deliveryState=bounced").await, bounced);
    assert_eq!(list("deliveryState=delivered").await, ["ada@example.com"]);
    assert_eq!(list("deliveryState=failed").await, Vec::<Value>::new());
    app.admin()
        .get("/v1/invitations?deliveryState=lost")
        .await
        .problem(400, "parameter_invalid");
}

#[tokio::test]
async fn a_restored_client_shows_what_is_known_of_its_address_by_then() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let restore = async |client: &Value| {
        let path = format!("/v1/clients/{}/restore", id(client));
        admin.post(&path, &json!({})).await.expect(200)
    };
    let archive = async |client: &Value| {
        let path = format!("/v1/clients/{}", id(client));
        admin.delete(&path).await.expect(200);
    };
    let first = client(&app, "ada@example.com").await;
    archive(&first).await;
    // Whoever has the address meanwhile is not reached there.
    let second = client(&app, "ada@example.com").await;
    let invitation = invite(&app, &second).await;
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    learn(&app, &[ses(&app, "Bounce", &invitation, 1, &bounce())]).await;
    archive(&second).await;

    let back = restore(&first).await;

    assert_eq!(back["emailState"], "bounced");
    assert_eq!(read(&app, "clients", &first).await["emailState"], "bounced");
    // And now mail gets there after all.
    let invitation = invite(&app, &first).await;
    app.advance(Duration::from_mins(1)).await;
    let state = &read(&app, "invitations", &invitation).await["delivery"]["state"];
    assert_eq!(*state, "delivered");
    archive(&first).await;
    assert_eq!(restore(&second).await["emailState"], Value::Null);
}
