//! What SES tells of the mail that it took: its events, in the envelopes in
//! which SNS puts them into the queue.
//!
//! Mail to Amazon's mailbox simulator has the fate that its address asks for,
//! such as `bounce@simulator.amazonses.com` or `complaint+1@…`; all other mail
//! is delivered. As with SES, nothing is told of mail that names no
//! configuration set.

use crate::mailbox::{Mail, Mailbox};
use bytes::Bytes;
use http::Response;
use portico_domain::Time;
use serde_json::{Map, Value, json};

const SIMULATOR: &str = "simulator.amazonses.com";
const ACCOUNT: &str = "000000000000";

/// What is told of the mail that was taken with this answer.
pub(crate) fn events(mailbox: &Mailbox, now: Time, answer: &Response<Bytes>) -> Vec<String> {
    let answer: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let mail = answer["MessageId"].as_str().and_then(|id| mailbox.find(id));
    let Some(mail) = mail else { return Vec::new() };
    let has_set = |(name, _): &&(String, String)| name == "X-SES-CONFIGURATION-SET";
    let Some((_, set)) = mail.headers.iter().find(has_set) else {
        return Vec::new();
    };
    let recipients = mail.to.iter().map(|to| to.address.as_str());
    recipients
        .flat_map(|to| fates(to, now).into_iter().map(move |fate| (to, fate)))
        .map(|(to, (kind, name, details))| {
            let mut event = json!({ "eventType": kind, "mail": about(&mail, set, to) });
            event[name] = details;
            envelope(&event, now)
        })
        .collect()
}

/// What happens to mail to this address, one after the other: the type of the
/// event, the name of its details, and those.
fn fates(to: &str, now: Time) -> Vec<(&'static str, &'static str, Value)> {
    let sent = ("Send", "send", json!({}));
    let delivered = (
        "Delivery",
        "delivery",
        json!({
            "timestamp": now,
            "processingTimeMillis": 1,
            "recipients": [to],
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "ses.local",
        }),
    );
    let bounced = |kind: &str, sub_type: &str, status: &str| {
        let details = json!({
            "feedbackId": "local",
            "bounceType": kind,
            "bounceSubType": sub_type,
            "bouncedRecipients": [{ "emailAddress": to, "action": "failed", "status": status }],
            "timestamp": now,
            "reportingMTA": "dns; ses.local",
        });
        ("Bounce", "bounce", details)
    };
    match simulated(to) {
        Some("bounce") => vec![sent, bounced("Permanent", "General", "5.1.1")],
        Some("suppressionlist") => vec![sent, bounced("Permanent", "Suppressed", "5.1.1")],
        Some("ooto") => vec![sent, delivered, bounced("Transient", "General", "4.0.0")],
        Some("complaint") => {
            let details = json!({
                "complainedRecipients": [{ "emailAddress": to }],
                "timestamp": now,
                "feedbackId": "local",
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintSubType": null,
                "complaintFeedbackType": "abuse",
                "arrivalDate": now,
            });
            vec![sent, delivered, ("Complaint", "complaint", details)]
        }
        _ => vec![sent, delivered],
    }
}

/// What an address of the simulator asks for, without its label.
fn simulated(to: &str) -> Option<&str> {
    let (local, domain) = to.rsplit_once('@')?;
    let is_simulator = domain.eq_ignore_ascii_case(SIMULATOR);
    is_simulator.then(|| local.split('+').next().unwrap_or(local))
}

fn about(mail: &Mail, set: &str, to: &str) -> Value {
    let mut tags: Map<String, Value> = mail
        .tags
        .iter()
        .filter_map(|tag| tag.split_once('='))
        .map(|(name, value)| (name.to_owned(), json!([value])))
        .collect();
    tags.insert("ses:configuration-set".to_owned(), json!([set]));
    json!({
        "timestamp": mail.created,
        "messageId": mail.id,
        "source": mail.from.address,
        "sendingAccountId": ACCOUNT,
        "destination": [to],
        "headersTruncated": false,
        "headers": [],
        "commonHeaders": { "to": [to], "messageId": mail.message_id, "subject": mail.subject },
        "tags": tags,
    })
}

fn envelope(event: &Value, now: Time) -> String {
    json!({
        "Type": "Notification",
        "MessageId": crate::journal::id_at(now),
        "TopicArn": format!("arn:aws:sns:local:{ACCOUNT}:mail-events"),
        "Subject": "Amazon SES Email Event Notification",
        "Message": event.to_string(),
        "Timestamp": now,
    })
    .to_string()
}
