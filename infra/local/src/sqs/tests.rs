use super::*;
use bytes::Bytes;
use http::Request;

const QUEUE: &str = "http://sqs.local/000000000000/mail";

fn queues() -> Queues {
    Queues::new(&[QueueSpec {
        name: "mail".to_owned(),
        visibility: Duration::from_secs(30),
        max_receives: 2,
    }])
}

fn at(seconds: i64) -> Time {
    Time::from_unix_millis(1_795_300_000_123 + seconds * 1_000)
}

/// The answer's error code, empty if there is none, and its body.
fn call(queues: &Queues, now: Time, action: &str, body: &Value) -> (String, Value) {
    let request = Request::post("http://sqs.local/")
        .header("x-amz-target", format!("AmazonSQS.{action}"))
        .body(Bytes::from(body.to_string()));
    let response = queues.answer(now, &request.unwrap_or_default());
    let code = response.headers().get("x-amzn-query-error");
    let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
    assert_eq!(response.status().is_success(), code.is_empty());
    let body = serde_json::from_slice(response.body()).unwrap_or_default();
    (code.to_owned(), body)
}

fn send(queues: &Queues, now: Time, body: &str, delay: i64) -> (String, Value) {
    let request = json!({ "QueueUrl": QUEUE, "MessageBody": body, "DelaySeconds": delay });
    call(queues, now, "SendMessage", &request)
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body.as_str())
        .collect()
}

#[test]
fn a_sent_message_is_taken_once() {
    let queues = queues();

    let (_, answer) = send(&queues, at(0), "hello", 0);
    let taken = queues.take("mail", 10, at(0));

    assert_eq!(
        answer["MD5OfMessageBody"],
        "5d41402abc4b2a76b9719d911017c592"
    );
    assert_eq!(answer["MessageId"], taken[0].message_id.as_str());
    assert_eq!(bodies(&taken), ["hello"]);
    assert!(queues.take("mail", 10, at(29)).is_empty());
    assert!(queues.delete("mail", &taken[0].receipt));
    assert_eq!(queues.next_visible_at("mail"), None);
}

#[test]
fn messages_come_oldest_first_and_as_many_as_wanted() {
    let queues = queues();
    for body in ["a", "b", "c"] {
        send(&queues, at(0), body, 0);
    }

    assert_eq!(bodies(&queues.take("mail", 2, at(0))), ["a", "b"]);
    assert_eq!(bodies(&queues.take("mail", 2, at(0))), ["c"]);
}

#[test]
fn a_delayed_message_is_visible_when_its_delay_is_over() {
    let queues = queues();
    send(&queues, at(0), "later", 60);

    assert_eq!(queues.visible("mail", at(59)), 0);
    assert!(queues.take("mail", 10, at(59)).is_empty());
    assert_eq!(queues.next_visible_at("mail"), Some(at(60)));
    assert_eq!(bodies(&queues.take("mail", 10, at(60))), ["later"]);
}

#[test]
fn a_message_that_is_not_deleted_comes_back_with_a_new_receipt() {
    let queues = queues();
    send(&queues, at(0), "slow", 0);
    let first = queues.take("mail", 1, at(0));
    let second = queues.take("mail", 1, at(30));

    assert_eq!(second[0].receives, 2);
    assert_eq!(second[0].first_received_at, Some(at(0)));
    assert!(!queues.delete("mail", &first[0].receipt));
    assert!(!queues.release("mail", &first[0].receipt, at(31)));
    assert!(queues.delete("mail", &second[0].receipt));
}

#[test]
fn a_message_that_nobody_took_has_no_receipt_to_delete_it_by() {
    let queues = queues();
    send(&queues, at(0), "fresh", 0);

    assert!(!queues.delete("mail", ""));
    assert_eq!(queues.visible("mail", at(0)), 1);
}

#[test]
fn a_released_message_is_visible_when_it_was_said_to_be() {
    let queues = queues();
    send(&queues, at(0), "again", 0);
    let taken = queues.take("mail", 1, at(0));

    assert!(queues.release("mail", &taken[0].receipt, at(5)));

    assert_eq!(queues.next_visible_at("mail"), Some(at(5)));
    assert_eq!(queues.visible("mail", at(5)), 1);
}

#[test]
fn a_message_taken_too_often_is_a_dead_letter() {
    let queues = queues();
    send(&queues, at(0), "poison", 0);
    queues.take("mail", 1, at(0));
    queues.take("mail", 1, at(30));
    assert!(queues.dead("mail").is_empty());

    assert!(queues.take("mail", 1, at(60)).is_empty());

    assert_eq!(bodies(&queues.dead("mail")), ["poison"]);
    assert_eq!(queues.next_visible_at("mail"), None);
}

#[test]
fn one_bad_entry_does_not_keep_the_others_of_its_batch() {
    let queues = queues();
    let request = json!({ "QueueUrl": QUEUE, "Entries": [
        { "Id": "1", "MessageBody": "good" },
        { "Id": "2", "MessageBody": "late", "DelaySeconds": 901 },
    ] });

    let (_, answer) = call(&queues, at(0), "SendMessageBatch", &request);

    assert_eq!(answer["Successful"][0]["Id"], "1");
    assert_eq!(
        answer["Failed"],
        json!([{
            "Id": "2",
            "SenderFault": true,
            "Code": "InvalidParameterValue",
            "Message": "DelaySeconds must be >= 0 and <= 900",
        }])
    );
    assert_eq!(bodies(&queues.take("mail", 10, at(0))), ["good"]);
}

#[test]
fn what_sqs_refuses_is_refused() {
    let queues = queues();
    let code = |action: &str, body: &Value| call(&queues, at(0), action, body).0;
    let batch = |entries: Vec<Value>| json!({ "QueueUrl": QUEUE, "Entries": entries });
    let entry =
        |id: usize, bytes: usize| json!({ "Id": id.to_string(), "MessageBody": "x".repeat(bytes) });
    let other = json!({ "QueueUrl": "http://sqs.local/000000000000/other", "MessageBody": "x" });

    let codes = [
        code("SendMessage", &other),
        code("GetQueueUrl", &json!({ "QueueName": "other" })),
        send(&queues, at(0), "", 0).0,
        send(&queues, at(0), "\u{0}", 0).0,
        send(&queues, at(0), "x", 901).0,
        send(&queues, at(0), &"x".repeat(1024 * 1024 + 1), 0).0,
        code("SendMessageBatch", &batch(vec![])),
        code(
            "SendMessageBatch",
            &batch((0..11).map(|id| entry(id, 1)).collect()),
        ),
        code("SendMessageBatch", &batch(vec![entry(1, 1), entry(1, 1)])),
        code(
            "SendMessageBatch",
            &batch(vec![entry(1, 600_000), entry(2, 600_000)]),
        ),
        code(
            "SendMessageBatch",
            &batch(vec![json!({ "Id": "a b", "MessageBody": "x" })]),
        ),
        code("PurgeQueue", &json!({ "QueueUrl": QUEUE })),
    ];

    assert_eq!(
        codes,
        [
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
            "InvalidParameterValue;Sender",
            "InvalidMessageContents;Sender",
            "InvalidParameterValue;Sender",
            "InvalidParameterValue;Sender",
            "AWS.SimpleQueueService.EmptyBatchRequest;Sender",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender",
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender",
            "AWS.SimpleQueueService.BatchRequestTooLong;Sender",
            "AWS.SimpleQueueService.InvalidBatchEntryId;Sender",
            "AWS.SimpleQueueService.UnsupportedOperation;Sender",
        ]
    );
    assert_eq!(queues.next_visible_at("mail"), None);
}

#[test]
fn an_error_names_its_type_in_the_body_too() {
    let (_, body) = call(
        &queues(),
        at(0),
        "GetQueueUrl",
        &json!({ "QueueName": "x" }),
    );

    assert_eq!(body["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
    assert_eq!(body["message"], "The specified queue does not exist.");
}

#[test]
fn a_queue_tells_its_url_and_how_much_it_holds() {
    let queues = queues();
    send(&queues, at(0), "taken", 0);
    queues.take("mail", 1, at(0));
    send(&queues, at(0), "visible", 0);
    send(&queues, at(0), "delayed", 5);

    let (_, url) = call(
        &queues,
        at(0),
        "GetQueueUrl",
        &json!({ "QueueName": "mail" }),
    );
    let request = json!({ "QueueUrl": QUEUE, "AttributeNames": ["All"] });
    let (_, answer) = call(&queues, at(0), "GetQueueAttributes", &request);

    assert_eq!(url, json!({ "QueueUrl": QUEUE }));
    assert_eq!(
        answer["Attributes"],
        json!({
            "ApproximateNumberOfMessages": "1",
            "ApproximateNumberOfMessagesDelayed": "1",
            "ApproximateNumberOfMessagesNotVisible": "1",
            "MaximumMessageSize": "1048576",
            "QueueArn": "arn:aws:sqs:us-east-1:000000000000:mail",
            "VisibilityTimeout": "30",
        })
    );
}

#[test]
fn a_function_gets_the_event_that_lambda_makes() {
    let queues = queues();
    let request = json!({
        "QueueUrl": QUEUE,
        "MessageBody": "hello",
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "mail" } },
    });
    let (_, answer) = call(&queues, at(0), "SendMessage", &request);
    let taken = queues.take("mail", 1, at(1));

    let event = event("arn:aws:sqs:eu-central-1:000000000000:mail", &taken);

    assert_eq!(
        answer["MD5OfMessageAttributes"],
        "8a498d5960ddca4ee63cbfe423c57ceb"
    );
    assert_eq!(
        event,
        json!({ "Records": [{
            "messageId": taken[0].message_id,
            "receiptHandle": taken[0].receipt,
            "body": "hello",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795300000123",
                "SenderId": "000000000000",
                "ApproximateFirstReceiveTimestamp": "1795300001123",
            },
            "messageAttributes": { "kind": {
                "stringValue": "mail",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            } },
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:mail",
            "awsRegion": "eu-central-1",
        }] })
    );
}

#[tokio::test]
async fn a_waiter_hears_of_a_message_sent_before_it_waits() {
    let queues = queues();
    let changed = queues.changed();
    send(&queues, at(0), "hello", 0);

    changed.notified().await;

    assert_eq!(queues.visible("mail", at(0)), 1);
}
