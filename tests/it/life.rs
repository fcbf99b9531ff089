//! How clients come back, and are erased.

use e2e::{Actor, Received, Receiver, TestApp, id};
use portico_domain::{CompanyAccess, Role};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn create(app: &TestApp, body: Value) -> Value {
    app.admin().post("/v1/clients", &body).await.expect(200)
}

pub(crate) async fn company(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/companies", &body).await.expect(200)
}

pub(crate) fn path(client: &Value) -> String {
    format!("/v1/clients/{}", id(client))
}

pub(crate) async fn act(admin: &Actor, client: &Value, what: &str, body: Value) -> e2e::Answer {
    admin.post(&format!("{}/{what}", path(client)), &body).await
}

pub(crate) async fn merge(admin: &Actor, duplicate: &Value, into: &Value) -> Value {
    let body = json!({ "into": into["id"] });
    act(admin, duplicate, "merge", body).await.expect(200)
}

pub(crate) fn person(name: &str) -> Value {
    let email = format!("{}@example.com", name.to_lowercase());
    json!({ "givenName": name, "familyName": "Doe", "email": email })
}

#[tokio::test]
async fn a_restored_client_is_as_it_was_without_what_is_gone() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let mut body = person("Ada");
    body["companyIds"] = json!([engines["id"], looms["id"]]);
    body["tags"] = json!(["VIP"]);
    let client = create(&app, body).await;
    act(&admin, &client, "restore", json!({}))
        .await
        .problem(409, "client_not_archived");
    admin.delete(&path(&client)).await.expect(200);
    let engines = format!("/v1/companies/{}", id(&engines));
    admin.delete(&engines).await.expect(200);
    app.settle().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;

    let back = act(&admin, &client, "restore", json!({})).await.expect(200);
    app.settle().await;

    assert_eq!(back["companyIds"], json!([looms["id"]]));
    assert_eq!(
        (&back["tags"], &back["email"]),
        (&client["tags"], &client["email"])
    );
    assert_eq!(admin.get(&path(&client)).await.expect(200), back);
    let of_looms = format!("/v1/clients?companyId={}", id(&looms));
    assert_eq!(
        admin.get(&of_looms).await.expect(200)["data"],
        json!([back])
    );
    assert_eq!(receiver.event_types(), ["client.restored"]);
    let again = admin.post("/v1/clients", &person("ADA")).await;
    assert_eq!(again.problem(409, "email_taken"), Some("email"));
}

#[tokio::test]
async fn a_client_without_a_company_comes_back_with_a_placeholder() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let client = create(&app, person("Ada")).await;
    admin.delete(&path(&client)).await.expect(200);

    let back = act(&admin, &client, "restore", json!({})).await.expect(200);

    let placeholder = back["companyId"].as_str().expect("always a text");
    let placeholder = format!("/v1/companies/{placeholder}");
    let placeholder = admin.get(&placeholder).await.expect(200);
    assert_eq!(placeholder["isPlaceholder"], true);
}

#[tokio::test]
async fn restoring_says_why_it_cannot() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let mut body = person("Ada");
    body["companyIds"] = json!([engines["id"]]);
    let client = create(&app, body).await;
    admin.delete(&path(&client)).await.expect(200);

    let engines = format!("/v1/companies/{}", id(&engines));
    let inactive = json!({ "isActive": false });
    admin.patch(&engines, &inactive).await.expect(200);
    let refused = act(&admin, &client, "restore", json!({})).await;
    assert_eq!(refused.problem(409, "company_inactive"), Some("companyIds"));
    let active = json!({ "isActive": true });
    admin.patch(&engines, &active).await.expect(200);

    create(&app, person("ADA")).await;
    let refused = act(&admin, &client, "restore", json!({})).await;
    assert_eq!(refused.problem(409, "email_taken"), Some("email"));
}

/// Everything that the table holds, as one text.
pub(crate) fn everything(app: &TestApp) -> String {
    let all = app.server.aws().everything("portico");
    all.expect("the table answers")
}

#[tokio::test]
async fn nothing_personal_is_left_of_a_purged_client() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let mut body = person("Zebulon");
    body["companyName"] = json!("Engines");
    let twin = create(
        &app,
        json!({ "name": "Zebulonius Pike", "email": "zebulon.pike@example.com" }),
    )
    .await;
    let client = app
        .admin()
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    app.settle().await;
    merge(&admin, &twin, &client).await;
    let accept = format!("{}/accept", app.link("zebulon@example.com").await);
    let password = json!({ "password": "correct horse battery" });
    let accepted = app.nobody().post(&accept, &password).await.expect(200);
    app.settle().await;
    assert!(everything(&app).to_lowercase().contains("zebulon"));

    let gone = act(&admin, &client, "purge", json!({})).await.expect(200);
    app.bearer(&accepted["session"])
        .get("/portal/me")
        .await
        .problem(401, "session_over");
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    app.settle().await;

    assert_eq!(
        gone,
        json!({ "id": client["id"], "object": "client", "deleted": true })
    );
    let left = everything(&app).to_lowercase();
    let place = left
        .find("zebulon")
        .map(|place| &left[place.saturating_sub(300)..(place + 100).min(left.len())]);
    assert_eq!(place, None);
    for old in [&client, &twin] {
        admin.get(&path(old)).await.problem(404, "not_found");
        act(&admin, old, "purge", json!({})).await;
    }
    act(&admin, &client, "restore", json!({}))
        .await
        .problem(409, "client_purged");
    // The events are still there, in order, and say nothing.
    let of_client = format!("/v1/events?objectId={}", id(&client));
    let events = admin.get(&of_client).await.expect(200);
    let events = events["data"].as_array().expect("a list");
    let sequences: Vec<u64> = events
        .iter()
        .filter_map(|event| event["sequence"].as_u64())
        .collect();
    assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(
        events.iter().all(|event| event["data"]["erased"] == true),
        "{events:#?}"
    );
    let all: Vec<Value> = receiver.received().iter().map(Received::event).collect();
    let is_deletion = |event: &&Value| {
        event["eventType"] == "client.deleted" && event["objectId"] == client["id"]
    };
    let told: Vec<&Value> = all.iter().filter(is_deletion).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["email"], "");
    let deliveries = format!("/v1/webhook-endpoints/{}/deliveries", id(&endpoint));
    admin.get(&deliveries).await.expect(200);
    create(&app, person("Zebulon")).await;
}

#[tokio::test]
async fn whoever_was_archived_while_invited_is_invited_anew_after_the_restore() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let client = admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200);
    app.settle().await;
    let old = format!("{}/accept", app.link("ada@example.com").await);
    let password = json!({ "password": e2e::PASSWORD });
    admin.delete(&path(&client)).await.expect(200);
    let dead = app.nobody().post(&old, &password).await;
    dead.problem(410, "invitation_cancelled");

    let restored = act(&admin, &client, "restore", json!({})).await.expect(200);
    assert_eq!(restored["status"], "notInvited");
    let dead = app.nobody().post(&old, &password).await;
    dead.problem(410, "invitation_cancelled");
    let again = json!({ "clientId": client["id"] });
    admin.post("/v1/invitations", &again).await.expect(201);
    app.settle().await;

    let new = format!("{}/accept", app.link("ada@example.com").await);
    assert_ne!(new, old);
    app.nobody().post(&new, &password).await.expect(200);
    let found = admin.get(&path(&client)).await.expect(200);
    assert_eq!(found["status"], "active");
}

#[tokio::test]
async fn archived_clients_are_found_by_those_who_may_restore_them() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let [ada, bob, cid, dan] = ["Ada", "Bob", "Cid", "Dan"].map(person);
    let ada = create(&app, ada).await;
    let bob = create(&app, bob).await;
    let cid = create(&app, cid).await;
    let dan = create(&app, dan).await;
    for gone in [&cid, &bob, &ada] {
        admin.delete(&path(gone)).await.expect(200);
        app.advance(Duration::from_secs(1)).await;
    }
    act(&admin, &cid, "purge", json!({})).await.expect(200);
    let eve = create(&app, person("Eve")).await;
    merge(&admin, &eve, &dan).await;
    let found = async |query: &str| -> Vec<String> {
        let list = format!("/v1/clients?archived=true{query}");
        let list = admin.get(&list).await.expect(200);
        let found = list["data"].as_array().expect("a list").iter();
        found.map(|one| id(one).to_owned()).collect()
    };

    // Neither who was erased nor who is another one by now.
    assert_eq!(found("").await, [id(&bob), id(&ada)]);
    assert_eq!(found("&sort=-archivedAt").await, [id(&ada), id(&bob)]);
    assert_eq!(found("&email=BOB@example.com").await, [id(&bob)]);
    assert_eq!(found("&givenName=Ada").await, [id(&ada)]);
    let list = admin.get("/v1/clients?archived=true").await.expect(200);
    assert!(list["data"][0]["archivedAt"].is_string());
    for (query, code, field) in [
        ("archived=true&search=ada", "filter_unsupported", "search"),
        (
            "archived=true&status=active",
            "filter_unsupported",
            "status",
        ),
        ("archived=true&sort=name", "sort_unsupported", "sort"),
        ("sort=archivedAt", "sort_unsupported", "sort"),
    ] {
        let refused = admin.get(&format!("/v1/clients?{query}")).await;
        assert_eq!(refused.problem(400, code), Some(field), "{query}");
    }
    let staff = app.member(Role::Staff, CompanyAccess::ALL).await.actor;
    staff
        .get("/v1/clients?archived=true")
        .await
        .problem(403, "permission_missing");

    // Whose the address is by now, is told to those who see that client.
    let other = create(&app, person("ADA")).await;
    let refused = act(&admin, &ada, "restore", json!({})).await;
    assert_eq!(refused.problem(409, "email_taken"), Some("email"));
    assert_eq!(refused.body["clientId"], other["id"]);
    let again = admin.post("/v1/clients", &person("ada")).await;
    again.problem(409, "email_taken");
    assert_eq!(again.body["clientId"], other["id"]);
    let rehearsed = admin.post("/v1/clients?dryRun=true", &person("ada")).await;
    assert_eq!(rehearsed.body["clientId"], other["id"]);

    act(&admin, &bob, "restore", json!({})).await.expect(200);
    assert_eq!(found("").await, [id(&ada)]);
}
