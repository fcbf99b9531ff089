//! Slack.

use super::{
    all_delivered, all_went_to, change, client, company, golden, outcome, path_of, register,
};
use e2e::{
    TestApp, id,
    stand_in::{Told, slack::Slack},
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn what_happens_is_told_in_slack_one_message_a_second() {
    let app = TestApp::start().await;
    let slack = Slack::start().await;
    let settings = json!({ "webhookUrl": slack.webhook_url() });
    let endpoint = register(&app, json!({ "kind": "slack", "settings": settings })).await;
    assert_eq!(
        (&endpoint["rateLimit"], &endpoint["ordering"]),
        (&json!(1), &json!("none"))
    );
    for (given, expected) in [(json!(5), 5), (json!(null), 1)] {
        let limit = json!({ "rateLimit": given });
        let changed = app.admin().patch(&path_of(&endpoint), &limit).await;
        assert_eq!(changed.expect(200)["rateLimit"], expected);
    }
    let engines = company(&app, "<!channel> & Sons").await;
    let ada = client(&app, &[&engines]).await;
    change(&app, &ada, json!({ "position": "Analyst" })).await;
    let path = format!("/v1/clients/{}", id(&ada));
    app.admin().delete(&path).await.expect(200);
    app.settle().await;

    assert_eq!(slack.messages().len(), 1, "no more than one a second");
    for _ in 0..6 {
        app.advance(Duration::from_millis(1_100)).await;
    }

    all_delivered(&app, &endpoint).await;
    let shown = app.admin().get(&path_of(&endpoint)).await.expect(200);
    let place = shown["settings"]["webhookUrl"].as_str().expect("a place");
    assert!(place.ends_with("/…"), "the secret is not shown: {place}");
    all_went_to(&app, &endpoint, place).await;
    let mut messages = slack.messages();
    messages.sort();
    let expected = [
        "Ada Lovelace joined <!channel> & Sons",
        "Client archived: Ada Lovelace (Ada.L@example.com)",
        "Client changed: Ada Lovelace (Ada.L@example.com). position: — → Analyst",
        "New client: Ada Lovelace (Ada.L@example.com)",
        "New company: <!channel> & Sons",
    ];
    assert_eq!(messages, expected);
    insta::assert_snapshot!("requests", golden(&slack.stand_in, &[]));
    let test = format!("{}/test", path_of(&endpoint));
    app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(
        slack.messages()[5],
        "[Test] New client: John Doe (john.doe@example.com)"
    );
}

#[tokio::test]
async fn a_slack_webhook_that_is_no_more_disables_the_endpoint() {
    for (status, word) in [(404, "no_service"), (410, "channel_is_archived")] {
        let app = TestApp::start().await;
        let slack = Slack::start().await;
        let settings = json!({ "webhookUrl": slack.webhook_url() });
        let endpoint = register(
            &app,
            json!({ "kind": "slack", "settings": settings, "contactEmail": "ops@example.com" }),
        )
        .await;
        slack
            .stand_in
            .tell_next(&[Told::text(400, "invalid_payload"), Told::text(status, word)]);

        company(&app, "Engines").await;
        app.settle().await;
        let (state, attempt) = outcome(&app, &endpoint, "company.created").await;
        assert_eq!(
            (state.as_str(), &attempt["responseExcerpt"]),
            ("waiting", &json!("invalid_payload"))
        );
        app.advance(Duration::from_secs(10)).await;

        let (state, attempt) = outcome(&app, &endpoint, "company.created").await;
        assert_eq!(
            (state.as_str(), &attempt["responseExcerpt"]),
            ("held", &json!(word))
        );
        let shown = app.admin().get(&path_of(&endpoint)).await.expect(200);
        assert_eq!(shown["enabled"], false);
        assert_eq!(app.mails("ops@example.com").await.len(), 1);
    }
}
