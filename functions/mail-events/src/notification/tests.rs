//! The forms that SES documents, and what is none of them.

use super::*;
use serde_json::json;

const WORKSPACE: &str = "01890000-0000-7000-8000-00000000000a";
const INVITATION: &str = "01890000-0000-7000-8000-00000000000d";

fn now() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

/// An event of this type about a mail, as SES documents it.
fn event(kind: &str, name: &str, details: Value) -> Value {
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "timestamp": "2026-11-25T10:00:00.000Z",
            "source": "Rocket Rides <hello@rocket.example>",
            "sourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/rocket.example",
            "sendingAccountId": "123456789012",
            "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
            "destination": ["ada@example.com"],
            "headersTruncated": false,
            "headers": [{ "name": "To", "value": "ada@example.com" }],
            "commonHeaders": { "to": ["ada@example.com"], "subject": "…" },
            "tags": {
                "ses:configuration-set": ["portico-prod"],
                "ses:source-ip": ["192.0.2.0"],
                "workspace": [WORKSPACE],
                "invitation": [INVITATION],
                "generation": ["3"],
            },
        },
    });
    event[name] = details;
    event
}

fn told(event: &Value) -> Option<(Fate, String)> {
    let read = read(&event.to_string(), now()).expect("it can be read")?;
    Some((read.report.fate, read.report.at.to_string()))
}

#[test]
fn every_event_of_ses_is_understood() {
    let at = "2026-11-25T10:00:02.669Z";
    let bounce = |kind: &str, sub: &str| {
        event(
            "Bounce",
            "bounce",
            json!({
                "feedbackId": "f", "bounceType": kind, "bounceSubType": sub,
                "bouncedRecipients": [{ "emailAddress": "ada@example.com", "action": "failed", "status": "5.1.1" }],
                "timestamp": at, "reportingMTA": "dsn; mta.example.com",
            }),
        )
    };
    let told_at = |fate: Fate| Some((fate, at.to_owned()));

    let hard = Fate::HardBounced("Permanent/General".into());
    assert_eq!(told(&bounce("Permanent", "General")), told_at(hard));
    let soft = Fate::SoftBounced("Transient/MailboxFull".into());
    assert_eq!(told(&bounce("Transient", "MailboxFull")), told_at(soft));
    let away = Fate::SoftBounced("Undetermined/Undetermined".into());
    assert_eq!(told(&bounce("Undetermined", "Undetermined")), told_at(away));
    for list in ["Suppressed", "OnAccountSuppressionList"] {
        let fate = Fate::Suppressed(format!("Permanent/{list}"));
        assert_eq!(told(&bounce("Permanent", list)), told_at(fate));
    }
    let complaint = json!({
        "complainedRecipients": [{ "emailAddress": "ada@example.com" }], "timestamp": at,
        "feedbackId": "f", "userAgent": "Amazon SES Mailbox Simulator",
        "complaintSubType": null, "complaintFeedbackType": "abuse", "arrivalDate": at,
    });
    assert_eq!(
        told(&event("Complaint", "complaint", complaint)),
        told_at(Fate::Complained("abuse".into()))
    );
    let suppressed = json!({ "complaintSubType": "OnAccountSuppressionList", "timestamp": at });
    assert_eq!(
        told(&event("Complaint", "complaint", suppressed)),
        told_at(Fate::Suppressed(
            "Complaint/OnAccountSuppressionList".into()
        ))
    );
    let delivery = json!({
        "timestamp": at, "processingTimeMillis": 657, "recipients": ["ada@example.com"],
        "smtpResponse": "250 ok", "reportingMTA": "a8-18.smtp-out.amazonses.com",
    });
    assert_eq!(
        told(&event("Delivery", "delivery", delivery)),
        told_at(Fate::Delivered)
    );
    let delay = json!({
        "timestamp": at, "delayType": "MailboxFull", "expirationTime": at,
        "delayedRecipients": [{ "emailAddress": "ada@example.com", "status": "4.2.2" }],
    });
    assert_eq!(
        told(&event("DeliveryDelay", "deliveryDelay", delay)),
        told_at(Fate::Delayed("MailboxFull".into()))
    );
    // These say no time of their own.
    let sent_at = |fate: Fate| Some((fate, "2026-11-25T10:00:00.000Z".to_owned()));
    assert_eq!(told(&event("Send", "send", json!({}))), sent_at(Fate::Sent));
    let reject = json!({ "reason": "Bad content" });
    assert_eq!(
        told(&event("Reject", "reject", reject)),
        sent_at(Fate::Rejected("Bad content".into()))
    );
    let failure = json!({ "errorMessage": "Attribute 'x' is not present", "templateName": "t" });
    assert_eq!(
        told(&event("Rendering Failure", "failure", failure)),
        sent_at(Fate::Rejected("Attribute 'x' is not present".into()))
    );
}

#[test]
fn an_envelope_of_sns_is_opened() {
    let raw = event("Send", "send", json!({})).to_string();
    let envelope = json!({
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:portico-prod-mail-events",
        "Subject": "Amazon SES Email Event Notification",
        "Message": raw,
        "Timestamp": "2026-11-25T10:00:03.000Z",
        "SignatureVersion": "1", "Signature": "…", "SigningCertURL": "…", "UnsubscribeURL": "…",
    });

    let opened = read(&envelope.to_string(), now()).expect("it can be read");

    assert_eq!(opened, read(&raw, now()).expect("it can be read"));
    let opened = opened.expect("it is about our mail");
    assert_eq!(opened.workspace_id.to_string(), WORKSPACE);
    let id = INVITATION.parse().expect("an id");
    assert_eq!(opened.subject, Subject::Invitation { id, generation: 3 });
}

#[test]
fn what_is_about_nothing_of_ours_is_passed_over() {
    let mut foreign = event("Send", "send", json!({}));
    foreign["mail"]["tags"] = json!({ "ses:configuration-set": ["another"] });
    let mut nameless = event("Send", "send", json!({}));
    nameless["mail"]["tags"]["workspace"] = json!(["acme"]);
    let greeting = "Successfully validated SNS topic for Amazon SES event publishing.";

    for body in [
        foreign.to_string(),
        nameless.to_string(),
        event("Open", "open", json!({})).to_string(),
        event("Bounce", "none", json!({})).to_string(),
        greeting.to_owned(),
        json!({ "Type": "Notification", "Message": greeting }).to_string(),
    ] {
        assert_eq!(
            read(&body, now()).expect("it is passed over"),
            None,
            "{body}"
        );
    }
}

#[test]
fn what_ses_never_writes_is_an_error() {
    for body in [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"eventType":"Send"}"#,
        r#"{"Type":"Notification","Message":"nonsense"}"#,
        r#"{"eventType":"Send","mail":{"messageId":7}}"#,
    ] {
        assert!(read(body, now()).is_err(), "{body}");
    }
}

#[test]
fn a_time_that_cannot_be_read_counts_as_now() {
    let mut odd = event("Delivery", "delivery", json!({ "timestamp": "yesterday" }));
    odd["mail"]["timestamp"] = json!("yesterday too");

    assert_eq!(told(&odd), Some((Fate::Delivered, now().to_string())));
}
