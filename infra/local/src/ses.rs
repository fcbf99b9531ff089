//! The embedded SES: the endpoint that the SES v2 client calls, delivering
//! into the mail catcher.
//!
//! It refuses what SES refuses, so that a mail which could not leave in
//! production does not seem to leave here. A mail that is sent twice is
//! delivered twice, because SES knows no idempotency. If the mailbox cannot be
//! written, the answer is a 500, which the client retries.
//!
//! What becomes of a mail is told in [`events`], at once.

mod events;

pub(crate) use events::events;

use crate::journal::id_at;
use crate::mailbox::{Address, Mail, Mailbox};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use portico_domain::Time;
use serde::Deserialize;
use serde_json::{Value, json};

const PATH: &str = "/v2/email/outbound-emails";

// SES's own limits, from the API reference of SendEmail.
const MAX_RECIPIENTS: usize = 50;
const MAX_TAG_CHARS: usize = 256;
const MAX_HEADER_CHARS: usize = 995;

/// Answers one request of an SES v2 client.
pub fn answer(mailbox: &Mailbox, now: Time, request: &Request<Bytes>) -> Response<Bytes> {
    if request.method() != Method::POST || request.uri().path() != PATH {
        let problem = format!("{} {}", request.method(), request.uri().path());
        return Refusal::not_found(format!("SendEmail alone is here, not {problem}")).into();
    }
    match send(mailbox, now, request.body()) {
        Ok(id) => respond(StatusCode::OK, None, &json!({ "MessageId": id })),
        Err(refusal) => refusal.into(),
    }
}

struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "BadRequestException",
            message: message.into(),
        }
    }

    fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "NotFoundException",
            message,
        }
    }

    fn internal() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            kind: "InternalServiceErrorException",
            message: "failed to write the mailbox".into(),
        }
    }
}

impl From<Refusal> for Response<Bytes> {
    fn from(refusal: Refusal) -> Self {
        let body = json!({ "message": refusal.message });
        respond(refusal.status, Some(refusal.kind), &body)
    }
}

fn respond(status: StatusCode, error: Option<&'static str>, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    if let Some(error) = error {
        headers.insert("x-amzn-errortype", header::HeaderValue::from_static(error));
    }
    response
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEmail {
    from_email_address: Option<String>,
    #[serde(default)]
    destination: Destination,
    #[serde(default)]
    reply_to_addresses: Vec<String>,
    content: EmailContent,
    #[serde(default)]
    email_tags: Vec<Pair>,
    configuration_set_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Destination {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailContent {
    simple: Option<Message>,
    raw: Option<Value>,
    template: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    subject: Option<Content>,
    #[serde(default)]
    body: Body,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    attachments: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Body {
    text: Option<Content>,
    html: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    data: String,
    charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    name: String,
    value: String,
}

fn send(mailbox: &Mailbox, now: Time, body: &[u8]) -> Result<String, Refusal> {
    let request: SendEmail = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("not a SendEmail request: {error}")))?;
    let mail = mail(now, request)?;
    let id = mail.id.clone();
    mailbox.deliver(mail).map_err(|error| {
        tracing::error!(%error, "failed to write the mailbox");
        Refusal::internal()
    })?;
    Ok(id)
}

fn mail(now: Time, request: SendEmail) -> Result<Mail, Refusal> {
    let message = simple(request.content)?;
    let from = request.from_email_address.unwrap_or_default();
    if from.is_empty() {
        return Err(Refusal::bad_request("FromEmailAddress is missing"));
    }
    let destination = request.destination;
    let recipients = destination.to.len() + destination.cc.len() + destination.bcc.len();
    if recipients == 0 {
        return Err(Refusal::bad_request("Destination holds no address"));
    }
    if recipients > MAX_RECIPIENTS {
        let message = format!("Recipient count exceeds {MAX_RECIPIENTS}");
        return Err(Refusal::bad_request(message));
    }
    let id = id_at(now);
    Ok(Mail {
        message_id: format!("{id}@ses.local"),
        id,
        created: now,
        from: address(&from)?,
        to: addresses(&destination.to)?,
        cc: addresses(&destination.cc)?,
        bcc: addresses(&destination.bcc)?,
        reply_to: addresses(&request.reply_to_addresses)?,
        subject: subject(message.subject)?,
        text: part(message.body.text, "Body.Text")?,
        html: part(message.body.html, "Body.Html")?,
        tags: tags(request.email_tags)?,
        headers: headers(message.headers, request.configuration_set_name)?,
    })
}

fn simple(content: EmailContent) -> Result<Message, Refusal> {
    if content.raw.is_some() || content.template.is_some() {
        let message =
            "Content.Raw and Content.Template are not supported here: send Content.Simple";
        return Err(Refusal::bad_request(message));
    }
    let Some(message) = content.simple else {
        return Err(Refusal::bad_request("Content.Simple is missing"));
    };
    if !message.attachments.is_empty() {
        let message = "attachments are not supported here";
        return Err(Refusal::bad_request(message));
    }
    if message.body.text.is_none() && message.body.html.is_none() {
        return Err(Refusal::bad_request("Body holds neither Text nor Html"));
    }
    Ok(message)
}

fn address(text: &str) -> Result<Address, Refusal> {
    // The text is not repeated: messages end up in logs, addresses must not.
    Address::parse(text).map_err(|error| Refusal::bad_request(error.to_string()))
}

fn addresses(list: &[String]) -> Result<Vec<Address>, Refusal> {
    list.iter().map(|text| address(text)).collect()
}

fn subject(content: Option<Content>) -> Result<String, Refusal> {
    let Some(content) = content else {
        return Err(Refusal::bad_request("Subject is missing"));
    };
    if content.data.chars().any(char::is_control) {
        let message = "Subject holds control characters";
        return Err(Refusal::bad_request(message));
    }
    part(Some(content), "Subject")
}

fn part(content: Option<Content>, name: &str) -> Result<String, Refusal> {
    let Some(content) = content else {
        return Ok(String::new());
    };
    if content.charset.is_none() && !content.data.is_ascii() {
        let message = format!("{name} is not ASCII, which SES reads it as unless Charset is set");
        return Err(Refusal::bad_request(message));
    }
    Ok(content.data)
}

fn tags(tags: Vec<Pair>) -> Result<Vec<String>, Refusal> {
    let fits = |text: &str| {
        (1..=MAX_TAG_CHARS).contains(&text.len())
            && (text.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    if tags.iter().any(|tag| !fits(&tag.name) || !fits(&tag.value)) {
        let message = "tags hold 1 to 256 ASCII letters, digits, '_' and '-'";
        return Err(Refusal::bad_request(message));
    }
    let text = |tag: Pair| format!("{}={}", tag.name, tag.value);
    Ok(tags.into_iter().map(text).collect())
}

fn headers(
    headers: Vec<Pair>,
    configuration_set: Option<String>,
) -> Result<Vec<(String, String)>, Refusal> {
    let fits = |header: &Pair| {
        let name = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        let value = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        !header.name.is_empty()
            && header.name.bytes().all(name)
            && header.value.len() <= MAX_HEADER_CHARS
            && header.value.bytes().all(value)
    };
    if !headers.iter().all(fits) {
        let message = "header names and values hold printable ASCII, values at most 995 of it";
        return Err(Refusal::bad_request(message));
    }
    // Under the name that SES's SMTP interface has for it.
    let set = configuration_set.map(|name| ("X-SES-CONFIGURATION-SET".to_owned(), name));
    let headers = headers
        .into_iter()
        .map(|header| (header.name, header.value));
    Ok(headers.chain(set).collect())
}

#[cfg(test)]
#[path = "ses/tests.rs"]
mod tests;
