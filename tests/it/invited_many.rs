//! Many who are invited at once.

use crate::invitation_links::{ADA, accept, client, client_in_company, invite, set_active};
use e2e::TestApp;
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn many_are_invited_at_once_each_with_a_verdict() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mut ids = Vec::new();
    for name in ["new", "open", "early", "active"] {
        let client = client(&app, &format!("{name}@example.com")).await;
        ids.push(client["id"].clone());
    }
    invite(&app, &json!({ "clientId": ids[1] })).await;
    invite(&app, &json!({ "clientId": ids[3] })).await;
    let link = app.link("active@example.com").await;
    assert_eq!(accept(&app, &link).await, 200);
    app.advance(Duration::from_mins(1)).await;
    invite(&app, &json!({ "clientId": ids[2] })).await;
    let unknown = json!("01890000-0000-7000-8000-000000000001");
    ids.extend([unknown, json!("no id"), ids[0].clone()]);
    let body = json!({ "clientIds": ids, "expiresInDays": 3 });

    let answer = admin.post("/v1/invitations/bulk", &body).await.expect(200);
    app.settle().await;

    let verdicts = |answer: &Value| -> Vec<(Value, Value)> {
        let data = answer["data"].as_array().expect("a list").clone();
        data.iter()
            .map(|one| (one["clientId"].clone(), one["verdict"].clone()))
            .collect()
    };
    let expected = |verdicts: [&str; 6]| -> Vec<(Value, Value)> {
        ids.iter()
            .cloned()
            .zip(verdicts.map(|verdict| json!(verdict)))
            .collect()
    };
    assert_eq!(
        verdicts(&answer),
        expected([
            "created",
            "resent",
            "resend_too_soon",
            "client_active",
            "client_unknown",
            "client_unknown"
        ])
    );
    assert_eq!(answer["data"][0]["invitation"]["status"], "pending");
    assert!(answer["data"][2]["message"].is_string());
    assert_eq!(app.mails("new@example.com").await.len(), 1);
    assert_eq!(app.mails("open@example.com").await.len(), 2);

    let again = admin.post("/v1/invitations/bulk", &body).await.expect(200);
    assert_eq!(
        verdicts(&again),
        expected([
            "resend_too_soon",
            "resend_too_soon",
            "resend_too_soon",
            "client_active",
            "client_unknown",
            "client_unknown"
        ])
    );
}

#[tokio::test]
async fn one_request_invites_up_to_a_hundred() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(client(&app, &format!("ada{number}@example.com")).await["id"].clone());
    }
    for wrong in [json!([]), json!(vec!["x"; 101])] {
        let body = json!({ "clientIds": wrong });
        let refused = admin.post("/v1/invitations/bulk", &body).await;
        assert_eq!(refused.problem(400, "field_invalid"), Some("clientIds"));
    }

    let body = json!({ "clientIds": ids });
    let answer = admin.post("/v1/invitations/bulk", &body).await.expect(200);

    let data = answer["data"].as_array().expect("a list").clone();
    assert!(data.iter().all(|one| one["verdict"] == "created"));
    assert_eq!(data.len(), 100);
}

#[tokio::test]
async fn whoever_is_in_a_company_is_invited_with_others_while_it_is_active() {
    let app = TestApp::start().await;
    let client = client_in_company(&app, ADA).await;
    let body = json!({ "clientIds": [client["id"]] });
    let admin = app.admin();
    let verdict = async || {
        let answer = admin.post("/v1/invitations/bulk", &body).await.expect(200);
        answer["data"][0]["verdict"].clone()
    };

    set_active(&app, &client, false).await;
    assert_eq!(verdict().await, "company_inactive");
    set_active(&app, &client, true).await;
    assert_eq!(verdict().await, "created");

    app.settle().await;
    assert_eq!(accept(&app, &app.link(ADA).await).await, 200);
}

#[tokio::test]
async fn a_table_that_does_not_answer_is_no_verdict() {
    let app = TestApp::start().await;
    let client = client(&app, ADA).await;
    let body = json!({ "clientIds": [client["id"]] });
    let admin = app.admin().with("idempotency-key", "once");
    app.server.aws().inject(|call: &Call| {
        (call.operation == "TransactWriteItems").then_some(Fault::Refuse("InternalServerError"))
    });

    let failed = admin.post("/v1/invitations/bulk", &body).await;
    failed.problem(503, "unavailable");

    app.server.aws().heal();
    let answer = admin.post("/v1/invitations/bulk", &body).await.expect(200);
    assert_eq!(answer["data"][0]["verdict"], "created");
}
