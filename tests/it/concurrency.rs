//! Exactly one wins, and the others are told why.

use e2e::{Answer, TestApp, id};
use futures_util::future::join_all;
use serde_json::json;

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_creates_with_one_address_one_wins() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });

    let answers = join_all((0..2).map(|_| admin.post("/v1/clients", &body))).await;

    assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 1));
    let loser = answers
        .iter()
        .find(|answer| answer.status == 409)
        .expect("one lost");
    assert_eq!(loser.problem(409, "email_taken"), Some("email"));
    let list = admin.get("/v1/clients").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    let events = admin.get("/v1/events").await.expect(200);
    assert_eq!(
        events["data"].as_array().map(Vec::len),
        Some(1),
        "the loser told nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_accepts_exactly_one_succeeds() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("ada@example.com").await);
    let nobody = app.nobody();
    let password = json!({ "password": "correct horse battery" });

    let answers = join_all((0..50).map(|_| nobody.post(&accept, &password))).await;

    assert_eq!((count(&answers, 200), count(&answers, 410)), (1, 49));
    for loser in answers.iter().filter(|answer| answer.status == 410) {
        loser.problem(410, "invitation_accepted");
    }
    let accepted = app
        .admin()
        .get("/v1/events?eventType=invitation.accepted")
        .await
        .expect(200);
    let activated = app
        .admin()
        .get("/v1/events?eventType=client.activated")
        .await
        .expect(200);
    assert_eq!(accepted["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(activated["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_accepting_and_cancelling_exactly_one_happens() {
    for _ in 0..10 {
        let app = TestApp::start().await;
        let admin = app.admin();
        let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
        let client = admin
            .post("/v1/clients?sendInvite=true", &body)
            .await
            .expect(200);
        app.settle().await;
        let accept = format!("{}/accept", app.link("ada@example.com").await);
        let invitation = admin.get("/v1/invitations").await.expect(200)["data"][0]["id"].clone();
        let cancel = format!(
            "/v1/invitations/{}/cancel",
            invitation.as_str().expect("an id")
        );
        let password = json!({ "password": "correct horse battery" });
        let (nobody, nothing) = (app.nobody(), json!({}));

        let (accepted, cancelled) = futures_util::join!(
            nobody.post(&accept, &password),
            admin.post(&cancel, &nothing)
        );

        let path = format!("/v1/clients/{}", id(&client));
        let status = admin.get(&path).await.expect(200)["status"].clone();
        match (accepted.status, cancelled.status) {
            (200, 409) => assert_eq!(status, "active"),
            (410, 200) => assert_eq!(status, "notInvited"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_the_same_time_all_happen_and_leave_no_gap() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = admin.post("/v1/clients", &body).await.expect(200);
    let id = id(&client);
    let path = format!("/v1/clients/{id}");

    let bodies: Vec<_> = (0..6)
        .map(|number| json!({ "position": format!("Analyst {number}") }))
        .collect();
    let answers = join_all(bodies.iter().map(|body| admin.patch(&path, body))).await;

    assert_eq!(count(&answers, 200), 6);
    let events = admin
        .get(&format!("/v1/events?objectId={id}"))
        .await
        .expect(200);
    let mut sequences: Vec<u64> = events["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["sequence"].as_u64())
        .collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_who_join_a_company_while_it_is_deleted_end_up_outside() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let id = id(&company);
    let bodies: Vec<_> = (0..20)
        .map(|number| json!({ "name": format!("Ada {number}"), "email": format!("ada{number}@example.com"), "companyId": id }))
        .collect();
    let path = format!("/v1/companies/{id}");

    let (answers, deleted) = futures_util::join!(
        join_all(bodies.iter().map(|body| admin.post("/v1/clients", body))),
        admin.delete(&path)
    );
    app.settle().await;
    app.advance(std::time::Duration::from_mins(1)).await;

    deleted.expect(200);
    assert_eq!(count(&answers, 200) + count(&answers, 400), 20);
    let members = admin
        .get(&format!("/v1/clients?companyId={id}"))
        .await
        .expect(200);
    assert_eq!(members["data"], json!([]));
}
