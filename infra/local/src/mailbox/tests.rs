use super::*;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

fn mail(id: &str, to: &str, subject: &str) -> Mail {
    Mail {
        id: id.to_owned(),
        message_id: format!("{id}@ses.local"),
        created: Time::from_unix_millis(1_795_300_000_123),
        from: Address::parse("Acme <hello@acme.example>").unwrap(),
        to: vec![Address::parse(to).unwrap()],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: subject.to_owned(),
        text: "Hello,\n\nhere is  your link.".to_owned(),
        html: "<p title=\"x\">Hello & <a href=\"http://x/i/1\">open</a></p>".to_owned(),
        tags: vec!["letter=invitation".to_owned()],
        headers: vec![],
    }
}

/// Three mails, the third the newest.
fn mailbox() -> Mailbox {
    let mailbox = Mailbox::in_memory();
    for mail in [
        mail("m1", "Ada <ada@example.com>", "Your invitation"),
        mail("m2", "grace@example.com", "Your reminder"),
        mail("m3", "ada@example.com", "An invitation for <you>"),
    ] {
        mailbox.deliver(mail).unwrap();
    }
    mailbox
}

async fn call(mailbox: &Mailbox, method: &str, path: &str, body: &str) -> (StatusCode, String) {
    let app = router(mailbox.clone());
    let request = Request::builder()
        .method(method)
        .uri(format!("{BASE}{path}"))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn json_of(mailbox: &Mailbox, path: &str) -> Value {
    let (status, body) = call(mailbox, "GET", path, "").await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

async fn found(query: &str) -> Vec<String> {
    let encoded = query.replace('"', "%22").replace(' ', "%20");
    let list = json_of(&mailbox(), &format!("/api/v1/search?query={encoded}")).await;
    let messages = list["messages"].as_array().unwrap();
    let id = |message: &Value| message["ID"].as_str().unwrap().to_owned();
    messages.iter().map(id).collect()
}

#[tokio::test]
async fn the_list_has_mailpits_shape_newest_first() {
    let list = json_of(&mailbox(), "/api/v1/messages?start=1&limit=1").await;

    assert_eq!(
        list,
        json!({
            "total": 3,
            "unread": 3,
            "count": 1,
            "messages_count": 3,
            "messages_unread": 3,
            "start": 1,
            "tags": ["letter=invitation"],
            "messages": [{
                "ID": "m2",
                "MessageID": "m2@ses.local",
                "Read": false,
                "From": { "Name": "Acme", "Address": "hello@acme.example" },
                "To": [{ "Name": "", "Address": "grace@example.com" }],
                "Cc": [],
                "Bcc": [],
                "ReplyTo": [],
                "Subject": "Your reminder",
                "Created": "2026-11-21T22:26:40.123Z",
                "Tags": ["letter=invitation"],
                "Size": 96,
                "Attachments": 0,
                "Snippet": "Hello, here is your link.",
            }],
        })
    );
}

#[tokio::test]
async fn a_message_has_mailpits_shape() {
    let mut wanted = mail("m1", "ada@example.com", "Hi");
    let link = "<https://x/u>, <mailto:u@x>".to_owned();
    wanted.headers.push(("List-Unsubscribe".to_owned(), link));
    let mailbox = Mailbox::in_memory();
    mailbox.deliver(wanted.clone()).unwrap();

    let message = json_of(&mailbox, "/api/v1/message/m1").await;

    assert_eq!(
        message,
        json!({
            "ID": "m1",
            "MessageID": "m1@ses.local",
            "From": { "Name": "Acme", "Address": "hello@acme.example" },
            "To": [{ "Name": "", "Address": "ada@example.com" }],
            "Cc": [],
            "Bcc": [],
            "ReplyTo": [],
            "ReturnPath": "hello@acme.example",
            "Subject": "Hi",
            "ListUnsubscribe": {
                "Header": "<https://x/u>, <mailto:u@x>",
                "Links": ["https://x/u", "mailto:u@x"],
                "Errors": "",
                "HeaderPost": "",
            },
            "Date": "2026-11-21T22:26:40.123Z",
            "Tags": ["letter=invitation"],
            "Text": wanted.text,
            "HTML": wanted.html,
            "Size": 85,
            "Inline": [],
            "Attachments": [],
        })
    );
}

#[tokio::test]
async fn the_latest_message_has_a_name_and_unknown_ones_are_404() {
    let latest = json_of(&mailbox(), "/api/v1/message/latest").await;

    assert_eq!(latest["ID"], "m3");
    for path in ["/api/v1/message/nope", "/message/nope"] {
        assert_eq!(call(&mailbox(), "GET", path, "").await.0, 404);
    }
}

#[tokio::test]
async fn search_speaks_mailpits_syntax() {
    assert_eq!(found("to:ADA@example.com").await, ["m3", "m1"]);
    assert_eq!(found("to:ada subject:reminder").await, [""; 0]);
    assert_eq!(found("subject:\"your invitation\"").await, ["m1"]);
    assert_eq!(found("\"your invitation\"").await, ["m1"]);
    assert_eq!(found("invitation -to:ada@").await, [""; 0]);
    assert_eq!(found("!subject:invitation").await, ["m2"]);
    assert_eq!(found("\"here is your link\" from:acme").await.len(), 3);
    assert_eq!(found("tag:letter=invitation grace").await, ["m2"]);
    assert_eq!(found("tag:letter").await, [""; 0]);
}

#[tokio::test]
async fn a_search_counts_what_fits_and_wants_a_query() {
    let list = json_of(&mailbox(), "/api/v1/search?query=to:ada&limit=1").await;

    assert_eq!(list["total"], 3);
    assert_eq!(list["messages_count"], 2);
    assert_eq!(list["count"], 1);
    assert_eq!(call(&mailbox(), "GET", "/api/v1/search", "").await.0, 400);
}

#[tokio::test]
async fn some_or_all_messages_can_be_deleted() {
    let mailbox = mailbox();
    let path = "/api/v1/messages";

    let some = call(&mailbox, "DELETE", path, r#"{"IDs":["m1","m9"]}"#).await;
    assert_eq!(some, (StatusCode::OK, "ok".to_owned()));
    assert_eq!(mailbox.newest_first().len(), 2);

    let broken = call(&mailbox, "DELETE", path, "{").await;
    assert_eq!(broken.0, 400);
    assert_eq!(mailbox.newest_first().len(), 2);

    call(&mailbox, "DELETE", path, "").await;
    let info = json_of(&mailbox, "/api/v1/info").await;
    assert_eq!((&info["Messages"], &info["Unread"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_page_lists_mail_and_links_to_each() {
    for path in ["", "/", "?refresh=off", "?query=to:ada"] {
        let (status, page) = call(&mailbox(), "GET", path, "").await;

        assert_eq!(status, 200, "{path}");
        assert!(page.contains("href=\"/_dev/mail/message/m3\""));
        assert!(!page.contains("for <you>"));
        assert_eq!(
            page.contains("http-equiv=\"refresh\""),
            path != "?refresh=off"
        );
        assert_eq!(page.contains("message/m2"), path != "?query=to:ada");
    }
}

#[tokio::test]
async fn a_mails_html_stays_in_its_frame() {
    let (status, page) = call(&mailbox(), "GET", "/message/m1", "").await;

    assert_eq!(status, 200);
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    assert!(page.contains("srcdoc=\"&#60;base target=&#34;_blank&#34;&#62;&#60;p title=&#34;x"));
    assert!(!page.contains("<p title"));
    assert!(page.contains("here is  your link."));
}

#[test]
fn mail_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.jsonl");
    let sent = mail("m1", "Ada <ada@example.com>", "Hi");
    Mailbox::open(&path).unwrap().deliver(sent.clone()).unwrap();

    let mailbox = Mailbox::open(&path).unwrap();

    assert_eq!(*mailbox.find("m1").unwrap(), sent);
}
