use super::*;

fn now() -> Time {
    Time::from_unix_millis(1_795_300_000_123)
}

fn request(body: &Value) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body.to_string()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = http::Uri::from_static(PATH);
    request
}

/// What the client sends for an invitation.
fn invitation() -> Value {
    json!({
        "FromEmailAddress": "\"Acme, Inc.\" <hello@acme.example>",
        "Destination": { "ToAddresses": ["Ada <ada@example.com>"], "BccAddresses": ["b@c.d"] },
        "ReplyToAddresses": ["support@acme.example"],
        "Content": { "Simple": {
            "Subject": { "Data": "Müller invites you", "Charset": "UTF-8" },
            "Body": {
                "Text": { "Data": "Open it:\nhttp://x/i/1", "Charset": "UTF-8" },
                "Html": { "Data": "<p>Open it</p>", "Charset": "UTF-8" },
            },
            "Headers": [{ "Name": "X-Entity-Ref-ID", "Value": "in_1" }],
        } },
        "EmailTags": [{ "Name": "letter", "Value": "invitation" }],
        "ConfigurationSetName": "portico",
    })
}

/// Status, error kind and body of the answer.
fn sent(mailbox: &Mailbox, body: &Value) -> (u16, String, Value) {
    let response = answer(mailbox, now(), &request(body));
    let kind = response.headers().get("x-amzn-errortype");
    let kind = kind.map_or(String::new(), |kind| format!("{kind:?}"));
    let body = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status().as_u16(), kind.replace('"', ""), body)
}

/// The message with which this change to the invitation is refused.
fn refusal(change: impl Fn(&mut Value)) -> String {
    let mailbox = Mailbox::in_memory();
    let mut body = invitation();
    change(&mut body);
    let (status, kind, answer) = sent(&mailbox, &body);
    assert_eq!((status, kind.as_str()), (400, "BadRequestException"));
    assert!(mailbox.newest_first().is_empty());
    answer["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_mail_that_was_sent_is_in_the_mailbox() {
    let mailbox = Mailbox::in_memory();

    let (status, _, answer) = sent(&mailbox, &invitation());

    let mails = mailbox.newest_first();
    let mail = &mails[0];
    let address = |name: &str, address: &str| Address {
        name: name.to_owned(),
        address: address.to_owned(),
    };
    assert_eq!(status, 200);
    assert_eq!(answer, json!({ "MessageId": mail.id }));
    assert_eq!(mail.created, now());
    assert_eq!(mail.from, address("Acme, Inc.", "hello@acme.example"));
    assert_eq!(mail.to, [address("Ada", "ada@example.com")]);
    assert_eq!(mail.bcc, [address("", "b@c.d")]);
    assert_eq!(mail.reply_to, [address("", "support@acme.example")]);
    assert_eq!(mail.subject, "Müller invites you");
    assert_eq!(mail.text, "Open it:\nhttp://x/i/1");
    assert_eq!(mail.html, "<p>Open it</p>");
    assert_eq!(mail.tags, ["letter=invitation"]);
    assert_eq!(mail.headers.len(), 2);
}

#[test]
fn a_mail_that_is_sent_twice_is_there_twice() {
    let mailbox = Mailbox::in_memory();

    sent(&mailbox, &invitation());
    sent(&mailbox, &invitation());

    assert_eq!(mailbox.newest_first().len(), 2);
}

#[test]
fn what_ses_refuses_is_refused() {
    let said = [
        refusal(|body| body["FromEmailAddress"] = Value::Null),
        refusal(|body| body["FromEmailAddress"] = "Müller <a@b.c>".into()),
        refusal(|body| body["Destination"] = json!({})),
        refusal(|body| body["Destination"]["ToAddresses"] = json!(vec!["a@b.c"; 50])),
        refusal(|body| body["Destination"]["ToAddresses"] = json!(["ada"])),
        refusal(|body| body["Content"]["Simple"]["Subject"] = Value::Null),
        refusal(|body| body["Content"]["Simple"]["Subject"]["Data"] = "a\nBcc: b".into()),
        refusal(|body| body["Content"]["Simple"]["Subject"]["Charset"] = Value::Null),
        refusal(|body| body["Content"]["Simple"]["Body"] = json!({})),
        refusal(|body| body["Content"]["Simple"]["Attachments"] = json!([{}])),
        refusal(|body| body["Content"]["Simple"]["Headers"][0]["Value"] = "a\r\nb".into()),
        refusal(|body| body["Content"] = json!({ "Raw": { "Data": "" } })),
        refusal(|body| body["Content"] = json!({ "Template": {} })),
        refusal(|body| body["EmailTags"][0]["Value"] = "ada@example.com".into()),
    ];

    let raw = "Content.Raw and Content.Template are not supported here: send Content.Simple";
    assert_eq!(
        said,
        [
            "FromEmailAddress is missing",
            "Non-ASCII characters in an address: encode the name as RFC 2047 says and the domain as Punycode",
            "Destination holds no address",
            "Recipient count exceeds 50",
            "Missing final '@domain'",
            "Subject is missing",
            "Subject holds control characters",
            "Subject is not ASCII, which SES reads it as unless Charset is set",
            "Body holds neither Text nor Html",
            "attachments are not supported here",
            "header names and values hold printable ASCII, values at most 995 of it",
            raw,
            raw,
            "tags hold 1 to 256 ASCII letters, digits, '_' and '-'",
        ]
    );
}

#[test]
fn nothing_else_of_ses_is_here() {
    let mut request = request(&invitation());
    *request.uri_mut() = http::Uri::from_static("/v2/email/templates");

    let response = answer(&Mailbox::in_memory(), now(), &request);

    assert_eq!(response.status(), 404);
    assert_eq!(response.headers()["x-amzn-errortype"], "NotFoundException");
}
