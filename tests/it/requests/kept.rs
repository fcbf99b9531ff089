//! What is left of a request, and what is not written.

use super::{ids, path, world};
use e2e::id;
use portico_domain::{Actor as Author, Change, Origin, RequestDraft, ServiceRequest};
use portico_store::CommitError;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn the_history_outlives_the_archive_and_the_service_and_what_is_personal_goes_with_a_purge() {
    let world = world().await;
    let (app, admin) = (&world.app, world.app.admin());
    let open = world.ask().await;
    let done = world.ask().await;
    let note = json!({ "status": "done", "note": "Dear Ada, it is filed." });
    admin.patch(&path(&done), &note).await.expect(200);
    let client = format!("/v1/clients/{}", world.ada.id);
    let history = format!("{client}/requests");
    let all = [id(&done), id(&open)];

    admin.delete(&client).await.expect(200);
    let service = format!("/v1/services/{}", id(&world.service));
    admin.delete(&service).await.expect(200);
    let by_id = format!("/v1/requests?clientId={}", world.ada.id);
    assert_eq!(ids(&admin, &history).await, all);
    assert_eq!(ids(&admin, &by_id).await, all);
    let kept = admin.get(&path(&open)).await.expect(200);
    assert_eq!(
        (&kept["title"], &kept["serviceName"]),
        (&json!("The year 2025"), &json!("Tax return"))
    );

    admin
        .post(&format!("{client}/purge"), &json!({}))
        .await
        .expect(200);
    app.advance(Duration::from_mins(2)).await;
    assert_eq!(ids(&admin, &history).await, all);
    assert_eq!(ids(&admin, &by_id).await, all);
    let erased = admin.get(&path(&open)).await.expect(200);
    assert_eq!(
        (&erased["title"], &erased["details"], &erased["status"]),
        (&json!(""), &Value::Null, &json!("cancelled")),
        "what was open ends"
    );
    assert_eq!(erased["serviceName"], "Tax return");
    let erased = admin.get(&path(&done)).await.expect(200);
    assert_eq!(erased["status"], "done", "what was done was done");
    assert_eq!(erased["history"][1]["note"], Value::Null);
    for request in all {
        let events = format!("/v1/events?objectId={request}");
        let events = admin.get(&events).await.expect(200);
        assert_eq!(events["data"].as_array().map(Vec::len), Some(2));
        for personal in ["2025", "receipts", "Dear Ada"] {
            assert!(!events.to_string().contains(personal), "{events}");
        }
    }
}

#[tokio::test]
async fn merging_brings_the_history_along() {
    let world = world().await;
    let (app, admin) = (&world.app, world.app.admin());
    let twin = world.add("Augusta", &[&world.company]).await;
    let mut all = Vec::new();
    for number in 0..3 {
        let asked = if number == 1 {
            world.ask().await
        } else {
            world.ask_for(&twin).await
        };
        all.insert(0, id(&asked).to_owned());
    }

    let into = json!({ "into": world.ada.id });
    let merge = format!("/v1/clients/{twin}/merge");
    admin.post(&merge, &into).await.expect(200);

    for client in [&twin, &world.ada.id] {
        for path in [
            format!("/v1/clients/{client}/requests"),
            format!("/v1/requests?clientId={client}"),
        ] {
            for limit in [1, 2, 100] {
                let joint = if path.contains('?') { '&' } else { '?' };
                let path = format!("{path}{joint}limit={limit}");
                assert_eq!(ids(&admin, &path).await, all, "{path}");
            }
        }
    }
    let portal = &world.ada.actor;
    assert_eq!(ids(portal, "/portal/requests").await, all);
    let cancel = format!("/portal/requests/{}/cancel", all[0]);
    portal.post(&cancel, &json!({})).await.expect(200);
    // Whatever goes to the duplicate's client goes to the one who stays.
    let step = json!({ "status": "done" });
    let path = format!("/v1/requests/{}", all[2]);
    admin.patch(&path, &step).await.expect(200);
    app.settle().await;
    let mails = app.mails("ada@example.com").await;
    let subject = mails[0]["Subject"].as_str();
    assert_eq!(subject, Some("Your request is done: The year 2025"));
}

#[tokio::test]
async fn what_was_decided_on_an_older_company_or_service_is_not_written() {
    let world = world().await;
    let (core, w) = (world.app.server.app(), world.app.server.workspace_id);
    let store = core.store.workspace(w);
    let parse = |text: &str| text.parse().expect("an id");
    let client = store.client(world.ada.id.parse().expect("an id")).await;
    let client = client.expect("an answer").expect("a client");
    let company = store.company(parse(&world.company)).await;
    let company = company.expect("an answer").expect("a company");
    let service = store
        .service(id(&world.service).parse().expect("an id"))
        .await;
    let service = service.expect("an answer").expect("a service");
    let author = Author::Client { id: client.id };
    let late = async || {
        let origin = Origin {
            actor: author,
            ..Origin::system()
        };
        let mut change = Change::new(core.moment(), origin);
        let draft = RequestDraft::new("The year 2025", None).expect("a draft");
        let company = Some(&company);
        ServiceRequest::ask(&mut change, &client, company, &service, draft, author)
            .expect("it was offered then");
        store.commit(&change).await
    };
    let admin = world.app.admin();

    let path = format!("/v1/companies/{}", world.company);
    admin
        .patch(&path, &json!({ "serviceIds": [] }))
        .await
        .expect(200);
    assert!(matches!(late().await, Err(CommitError::Stale)));
    let path = format!("/v1/services/{}", id(&world.service));
    admin.delete(&path).await.expect(200);
    assert!(matches!(late().await, Err(CommitError::Stale)));
    assert_eq!(ids(&admin, "/v1/requests").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_client_asks_thirty_times_in_an_hour_and_no_more() {
    let world = world().await;
    let mut unknown = world.wanted();
    unknown["serviceId"] = json!(world.company);
    for _ in 0..30 {
        // What is refused is not made, and does not count.
        let refused = world.ada.actor.post("/portal/requests", &unknown).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        world.ask().await;
    }
    let more = world
        .ada
        .actor
        .post("/portal/requests", &world.wanted())
        .await;
    more.problem(429, "too_many_tries");
    assert!(!more.header("retry-after").is_empty());
    world.app.advance(Duration::from_hours(1)).await;
    // An access token is good for less than that.
    let tokens = json!({ "refreshToken": world.ada.tokens["refreshToken"] });
    let tokens = world.app.nobody().post("/sessions/refresh", &tokens).await;
    let ada = world.app.bearer(&tokens.expect(200));
    ada.post("/portal/requests", &world.wanted())
        .await
        .expect(201);
}
