//! SES's events, in the form in which they come through SNS.
//!
//! The field names are those of "Contents of event data that Amazon SES
//! publishes to Amazon SNS" in the developer guide of SES.

use portico_domain::{
    ClientId, Email, Fate, InternalUserId, InvitationId, MailReport, TicketId, Time, WorkspaceId,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an event says of one of our mails.
#[derive(Debug, PartialEq)]
pub(crate) struct Notification {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) subject: Subject,
    pub(crate) recipient: Email,
    pub(crate) report: MailReport,
}

/// What the mail is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Invitation {
        id: InvitationId,
        generation: u32,
    },
    Client(ClientId),
    Member {
        id: InternalUserId,
        ticket: TicketId,
    },
    Other,
}

/// What SES says by itself when it is told of the topic.
const GREETING: &str = "Successfully validated SNS topic";

/// Reads the body of a message: SES's event, in SNS's envelope or delivered
/// raw. `None` if it says nothing that we want to know.
pub(crate) fn read(body: &str, now: Time) -> Result<Option<Notification>, serde_json::Error> {
    if body.starts_with(GREETING) {
        return Ok(None);
    }
    let mut event: Value = serde_json::from_str(body)?;
    if let Some(message) = event.get("Message").and_then(Value::as_str) {
        if message.starts_with(GREETING) {
            return Ok(None);
        }
        event = serde_json::from_str(message)?;
    }
    let event: SesEvent = serde_json::from_value(event)?;
    Ok(event.into_notification(now))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Details>,
    delivery_delay: Option<Details>,
    reject: Option<Details>,
    failure: Option<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    timestamp: Option<String>,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType", default)]
    sub_type: String,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(rename = "complaintSubType")]
    sub_type: Option<String>,
    #[serde(rename = "complaintFeedbackType")]
    feedback: Option<String>,
    timestamp: Option<String>,
}

/// What the other events say more.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    timestamp: Option<String>,
    delay_type: Option<String>,
    reason: Option<String>,
    error_message: Option<String>,
}

impl SesEvent {
    fn into_notification(self, now: Time) -> Option<Notification> {
        let workspace_id = self.tag("workspace")?.parse().ok()?;
        let recipient = Email::parse("destination", self.mail.destination.first()?).ok()?;
        let (fate, at) = self.fate()?;
        let parse = |text: &str| text.parse().ok();
        let at: Option<Time> = at.as_deref().and_then(parse);
        let at = at.or_else(|| self.mail.timestamp.as_deref().and_then(parse));
        Some(Notification {
            workspace_id,
            subject: self.subject(),
            recipient,
            report: MailReport {
                fate,
                message_id: self.mail.message_id,
                at: at.unwrap_or(now),
            },
        })
    }

    fn tag(&self, name: &str) -> Option<&str> {
        let values = self.mail.tags.get(name)?;
        values.first().map(String::as_str)
    }

    fn subject(&self) -> Subject {
        let invitation = self.tag("invitation").and_then(|id| id.parse().ok());
        let generation = self.tag("generation").and_then(|text| text.parse().ok());
        let client = self.tag("client").and_then(|id| id.parse().ok());
        let member = self.tag("internalUser").and_then(|id| id.parse().ok());
        let ticket = self.tag("ticket").and_then(|id| id.parse().ok());
        match (invitation, generation, client, member.zip(ticket)) {
            (Some(id), Some(generation), ..) => Subject::Invitation { id, generation },
            (_, _, Some(id), _) => Subject::Client(id),
            (_, _, _, Some((id, ticket))) => Subject::Member { id, ticket },
            _ => Subject::Other,
        }
    }

    /// What happened, and when; `None` for what is not asked about, such as the
    /// opening of a mail.
    fn fate(&self) -> Option<(Fate, Option<String>)> {
        let or = |text: &Option<String>, otherwise: &str| {
            text.clone().unwrap_or_else(|| otherwise.to_owned())
        };
        match self.event_type.as_str() {
            "Send" => Some((Fate::Sent, self.mail.timestamp.clone())),
            "Delivery" => {
                let details = self.delivery.as_ref()?;
                Some((Fate::Delivered, details.timestamp.clone()))
            }
            "DeliveryDelay" => {
                let details = self.delivery_delay.as_ref()?;
                let fate = Fate::Delayed(or(&details.delay_type, "Undetermined"));
                Some((fate, details.timestamp.clone()))
            }
            "Bounce" => {
                let bounce = self.bounce.as_ref()?;
                let reason = format!("{}/{}", bounce.kind, bounce.sub_type);
                let fate = match (bounce.kind.as_str(), bounce.sub_type.as_str()) {
                    ("Permanent", "Suppressed" | "OnAccountSuppressionList") => {
                        Fate::Suppressed(reason)
                    }
                    ("Permanent", _) => Fate::HardBounced(reason),
                    _ => Fate::SoftBounced(reason),
                };
                Some((fate, bounce.timestamp.clone()))
            }
            "Complaint" => {
                let complaint = self.complaint.as_ref()?;
                let at = complaint.timestamp.clone();
                let fate = match &complaint.sub_type {
                    // It was not sent, because of an earlier complaint.
                    Some(list) if list == "OnAccountSuppressionList" => {
                        Fate::Suppressed(format!("Complaint/{list}"))
                    }
                    _ => Fate::Complained(or(&complaint.feedback, "undetermined")),
                };
                Some((fate, at))
            }
            "Reject" => {
                let reason = self.reject.as_ref().map(|details| &details.reason);
                let reason =
                    reason.map_or_else(|| "rejected".to_owned(), |text| or(text, "rejected"));
                Some((Fate::Rejected(reason), None))
            }
            "Rendering Failure" | "RenderingFailure" => {
                let text = self.failure.as_ref().map(|details| &details.error_message);
                let otherwise = "the mail could not be rendered";
                let reason = text.map_or_else(|| otherwise.to_owned(), |text| or(text, otherwise));
                Some((Fate::Rejected(reason), None))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
