//! What the SQS client says and hears: AWS JSON 1.0, with the older query
//! protocol's error codes in `x-amzn-query-error`, by which the client tells
//! errors apart.

use super::{ACCOUNT, Queue, Queues, State};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portico_domain::Time;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

// SQS's own limits.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_DELAY_SECONDS: i64 = 900;
const MAX_ENTRIES: usize = 10;
const MAX_ENTRY_ID: usize = 80;
const MAX_ATTRIBUTES: usize = 10;

// What a client that sets no region of its own is told. Nothing looks it up.
const REGION: &str = "us-east-1";

impl Queues {
    /// Answers one request of an SQS client: `SendMessage`,
    /// `SendMessageBatch`, `GetQueueUrl` or `GetQueueAttributes`.
    pub fn answer(&self, now: Time, request: &Request<Bytes>) -> Response<Bytes> {
        let target = request.headers().get("x-amz-target");
        let target = target
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let body = request.body();
        let answered = match target.strip_prefix("AmazonSQS.").unwrap_or_default() {
            "SendMessage" => self.send_message(now, body),
            "SendMessageBatch" => self.send_message_batch(now, body),
            "GetQueueUrl" => self.get_queue_url(body),
            "GetQueueAttributes" => self.get_queue_attributes(now, body),
            _ => Err(Refusal {
                kind: "UnsupportedOperation",
                code: "AWS.SimpleQueueService.UnsupportedOperation",
                message: format!("{target:?} is not here"),
            }),
        };
        match answered {
            Ok(body) => respond(StatusCode::OK, None, &body),
            Err(refusal) => refusal.into(),
        }
    }

    fn send_message(&self, now: Time, body: &[u8]) -> Result<Value, Refusal> {
        let request: SendMessage = read(body)?;
        let queue = self.by_url(&request.queue_url)?;
        let checked = request.entry.check()?;
        let answer = queue.accept(now, checked);
        self.signal();
        Ok(Value::Object(answer))
    }

    fn send_message_batch(&self, now: Time, body: &[u8]) -> Result<Value, Refusal> {
        let request: SendMessageBatch = read(body)?;
        let queue = self.by_url(&request.queue_url)?;
        check_batch(&request.entries)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for BatchEntry { id, entry } in request.entries {
            match entry.check() {
                Ok(checked) => {
                    let mut answer = queue.accept(now, checked);
                    answer.insert("Id".to_owned(), id.into());
                    successful.push(Value::Object(answer));
                }
                Err(refusal) => failed.push(json!({
                    "Id": id,
                    "SenderFault": true,
                    "Code": refusal.code,
                    "Message": refusal.message,
                })),
            }
        }
        self.signal();
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    fn get_queue_url(&self, body: &[u8]) -> Result<Value, Refusal> {
        let request: GetQueueUrl = read(body)?;
        let queue = self.queue(&request.queue_name).ok_or_else(no_queue)?;
        let name = &queue.spec.name;
        Ok(json!({ "QueueUrl": format!("http://sqs.local/{ACCOUNT}/{name}") }))
    }

    fn get_queue_attributes(&self, now: Time, body: &[u8]) -> Result<Value, Refusal> {
        let request: GetQueueAttributes = read(body)?;
        let queue = self.by_url(&request.queue_url)?;
        let mut attributes = queue.attributes(now);
        let wanted = &request.attribute_names;
        attributes.retain(|name, _| wanted.iter().any(|one| one == "All" || one == name));
        Ok(json!({ "Attributes": attributes }))
    }

    fn by_url(&self, url: &str) -> Result<&Queue, Refusal> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.queue(name).ok_or_else(no_queue)
    }
}

impl Queue {
    fn accept(&self, now: Time, checked: Checked) -> Map<String, Value> {
        let mut answer = Map::new();
        let md5 = md5_of(checked.body.as_bytes());
        answer.insert("MD5OfMessageBody".to_owned(), md5.into());
        if !checked.attributes.is_empty() {
            let md5 = md5_of(&checked.attribute_bytes);
            answer.insert("MD5OfMessageAttributes".to_owned(), md5.into());
        }
        let id = self.send(now, checked.body, checked.attributes, checked.delay);
        answer.insert("MessageId".to_owned(), id.into());
        answer
    }

    fn attributes(&self, now: Time) -> BTreeMap<&'static str, String> {
        let State { messages, .. } = &*self.state();
        let visible = messages.iter().filter(|one| one.is_visible(now)).count();
        let hidden = messages.iter().filter(|one| !one.is_visible(now));
        let (delayed, in_flight): (Vec<_>, Vec<_>) = hidden.partition(|one| one.receives == 0);
        let name = &self.spec.name;
        BTreeMap::from([
            ("ApproximateNumberOfMessages", visible.to_string()),
            (
                "ApproximateNumberOfMessagesDelayed",
                delayed.len().to_string(),
            ),
            (
                "ApproximateNumberOfMessagesNotVisible",
                in_flight.len().to_string(),
            ),
            ("MaximumMessageSize", MAX_BYTES.to_string()),
            ("QueueArn", format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")),
            (
                "VisibilityTimeout",
                self.spec.visibility.as_secs().to_string(),
            ),
        ])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageBatch {
    queue_url: String,
    #[serde(default)]
    entries: Vec<BatchEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchEntry {
    id: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    message_body: String,
    #[serde(default)]
    delay_seconds: i64,
    #[serde(default)]
    message_attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

/// A message that SQS would take.
struct Checked {
    body: String,
    delay: Duration,
    attributes: Map<String, Value>,
    attribute_bytes: Vec<u8>,
}

impl Entry {
    fn check(self) -> Result<Checked, Refusal> {
        if self.message_body.is_empty() {
            return Err(Refusal::parameter("MessageBody is missing or empty"));
        }
        if !self.message_body.chars().all(is_allowed) {
            return Err(Refusal {
                kind: "InvalidMessageContents",
                code: "InvalidMessageContents",
                message: "MessageBody holds characters that SQS does not take".into(),
            });
        }
        let in_range = (0..=MAX_DELAY_SECONDS).contains(&self.delay_seconds);
        let delay = u64::try_from(self.delay_seconds).ok().filter(|_| in_range);
        let delay =
            delay.ok_or_else(|| Refusal::parameter("DelaySeconds must be >= 0 and <= 900"))?;
        if self.message_attributes.len() > MAX_ATTRIBUTES {
            return Err(Refusal::parameter("a message has at most 10 attributes"));
        }
        let attribute_bytes = attribute_bytes(&self.message_attributes)
            .ok_or_else(|| Refusal::parameter("MessageAttributes are malformed"))?;
        if self.bytes() > MAX_BYTES {
            return Err(Refusal::parameter(
                "Message must be shorter than 1048576 bytes",
            ));
        }
        Ok(Checked {
            body: self.message_body,
            delay: Duration::from_secs(delay),
            attributes: self.message_attributes,
            attribute_bytes,
        })
    }

    /// What counts against the limit: the body, and names, types and values of
    /// the attributes.
    fn bytes(&self) -> usize {
        let text = |value: &Value| value.as_str().map_or(0, str::len);
        let attribute = |(name, value): (&String, &Value)| {
            let base64 = text(&value["BinaryValue"]);
            name.len() + text(&value["DataType"]) + text(&value["StringValue"]) + base64 / 4 * 3
        };
        let attributes: usize = self.message_attributes.iter().map(attribute).sum();
        self.message_body.len() + attributes
    }
}

fn check_batch(entries: &[BatchEntry]) -> Result<(), Refusal> {
    let refuse = |kind, code, message: &str| Refusal {
        kind,
        code,
        message: message.to_owned(),
    };
    let fits = |id: &str| {
        (1..=MAX_ENTRY_ID).contains(&id.len())
            && (id.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let ids: HashSet<_> = entries.iter().map(|entry| &entry.id).collect();
    let bytes: usize = entries.iter().map(|entry| entry.entry.bytes()).sum();
    if entries.is_empty() {
        return Err(refuse(
            "EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "there should be at least one entry",
        ));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(refuse(
            "TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "a batch has at most 10 entries",
        ));
    }
    if !entries.iter().all(|entry| fits(&entry.id)) {
        return Err(refuse(
            "InvalidBatchEntryId",
            "AWS.SimpleQueueService.InvalidBatchEntryId",
            "an entry's id has 1 to 80 letters, digits, '-' and '_'",
        ));
    }
    if ids.len() < entries.len() {
        return Err(refuse(
            "BatchEntryIdsNotDistinct",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "two entries have the same id",
        ));
    }
    if bytes > MAX_BYTES {
        return Err(refuse(
            "BatchRequestTooLong",
            "AWS.SimpleQueueService.BatchRequestTooLong",
            "a batch holds at most 1048576 bytes",
        ));
    }
    Ok(())
}

/// The characters of the `SendMessage` reference, those of XML 1.0.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// What the digest of attributes is made of, as the SQS developer guide
/// ("message metadata") says: sorted by name, each part after its length.
fn attribute_bytes(attributes: &Map<String, Value>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let sorted: BTreeMap<_, _> = attributes.iter().collect();
    for (name, value) in sorted {
        push(&mut out, name.as_bytes())?;
        push(&mut out, value["DataType"].as_str()?.as_bytes())?;
        if let Some(text) = value["StringValue"].as_str() {
            out.push(1);
            push(&mut out, text.as_bytes())?;
        } else {
            out.push(2);
            push(
                &mut out,
                &BASE64.decode(value["BinaryValue"].as_str()?).ok()?,
            )?;
        }
    }
    Some(out)
}

fn push(out: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    out.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
    out.extend(part);
    Some(())
}

/// The digest by which SQS lets clients check what arrived.
pub(super) fn md5_of(bytes: &[u8]) -> String {
    format!("{:x}", md5::compute(bytes))
}

struct Refusal {
    kind: &'static str,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn parameter(message: impl Into<String>) -> Self {
        Self {
            kind: "InvalidParameterValueException",
            code: "InvalidParameterValue",
            message: message.into(),
        }
    }
}

fn no_queue() -> Refusal {
    Refusal {
        kind: "QueueDoesNotExist",
        code: "AWS.SimpleQueueService.NonExistentQueue",
        message: "The specified queue does not exist.".into(),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::parameter(error.to_string()))
}

impl From<Refusal> for Response<Bytes> {
    fn from(refusal: Refusal) -> Self {
        let body = json!({
            "__type": format!("com.amazonaws.sqs#{}", refusal.kind),
            "message": refusal.message,
        });
        respond(StatusCode::BAD_REQUEST, Some(refusal.code), &body)
    }
}

fn respond(status: StatusCode, error: Option<&str>, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.0"),
    );
    let error = error.and_then(|code| HeaderValue::try_from(format!("{code};Sender")).ok());
    if let Some(error) = error {
        headers.insert("x-amzn-query-error", error);
    }
    response
}
