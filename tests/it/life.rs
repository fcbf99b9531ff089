//! How clients come back, become one, and are erased.

use e2e::{Actor, Received, Receiver, TestApp, id};
use portico_domain::{CompanyAccess, Role};
use serde_json::{Value, json};
use std::time::Duration;

async fn create(app: &TestApp, body: Value) -> Value {
    app.admin().post("/v1/clients", &body).await.expect(200)
}

async fn company(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/companies", &body).await.expect(200)
}

fn path(client: &Value) -> String {
    format!("/v1/clients/{}", id(client))
}

async fn act(admin: &Actor, client: &Value, what: &str, body: Value) -> e2e::Answer {
    admin.post(&format!("{}/{what}", path(client)), &body).await
}

async fn merge(admin: &Actor, duplicate: &Value, into: &Value) -> Value {
    let body = json!({ "into": into["id"] });
    act(admin, duplicate, "merge", body).await.expect(200)
}

fn person(name: &str) -> Value {
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

#[tokio::test]
async fn merged_clients_are_one_under_both_ids() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let mut body = person("Ada");
    body["companyIds"] = json!([engines["id"]]);
    body["position"] = json!("Analyst");
    body["tags"] = json!(["VIP"]);
    let survivor = create(&app, body).await;
    let mut body = person("Augusta");
    body["companyIds"] = json!([looms["id"], engines["id"]]);
    body["position"] = json!("Countess");
    body["phone"] = json!("+12125550123");
    body["tags"] = json!(["vip", "Oslo"]);
    let duplicate = create(&app, body).await;
    app.settle().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;

    let merged = merge(&admin, &duplicate, &survivor).await;
    app.settle().await;

    assert_eq!(merged["id"], survivor["id"]);
    assert_eq!(merged["givenName"], "Ada");
    assert_eq!(merged["companyIds"], json!([engines["id"], looms["id"]]));
    assert_eq!(merged["position"], "Analyst");
    assert_eq!(merged["phone"], "+12125550123");
    assert_eq!(merged["tags"], json!(["VIP", "Oslo"]));
    assert_eq!(merged["mergedIds"], json!([duplicate["id"]]));
    assert_eq!(admin.get(&path(&duplicate)).await.expect(200), merged);
    let list = admin.get("/v1/clients").await.expect(200);
    assert_eq!(list["data"], json!([merged]));
    let of_looms = format!("/v1/clients?companyId={}", id(&looms));
    assert_eq!(
        admin.get(&of_looms).await.expect(200)["data"],
        json!([merged])
    );
    // One event tells of the merge; whoever knows the duplicate alone learns that
    // it is gone.
    let mut told = receiver.event_types();
    told.sort();
    assert_eq!(told, ["client.deleted", "client.merged"]);
    let gone = format!(
        "/v1/events?objectId={}&eventType=client.deleted",
        id(&duplicate)
    );
    let gone = admin.get(&gone).await.expect(200)["data"][0].clone();
    assert_eq!(gone["data"]["id"], duplicate["id"]);
    assert_eq!(gone["data"]["mergedInto"], survivor["id"]);
    let webhooks = receiver.received();
    let mut told = webhooks.iter().map(e2e::Received::event);
    let event = told.find(|event| event["eventType"] == "client.merged");
    let event = event.expect("it was told");
    assert_eq!(event["objectId"], survivor["id"]);
    assert_eq!(
        event["previousAttributes"]["companyIds"],
        survivor["companyIds"]
    );
    // A change under the old id reaches the one client there is; a deletion
    // means the duplicate, which is gone.
    let change = json!({ "position": "Mathematician" });
    let changed = admin.patch(&path(&duplicate), &change).await.expect(200);
    assert_eq!(changed["id"], survivor["id"]);
    admin
        .delete(&path(&duplicate))
        .await
        .problem(409, "client_merged");
    act(&admin, &duplicate, "restore", json!({}))
        .await
        .problem(409, "client_merged");
    create(&app, person("Augusta")).await;
}

#[tokio::test]
async fn an_old_id_joins_is_invited_and_is_told_of_as_the_survivor() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let duplicate = create(&app, person("Ada")).await;
    let survivor = create(&app, person("Augusta")).await;
    merge(&admin, &duplicate, &survivor).await;

    let path_of_members = format!("/v1/companies/{}/clients", id(&engines));
    let joining = json!({ "clientIds": [duplicate["id"], duplicate["id"]] });
    let joined = admin.post(&path_of_members, &joining).await.expect(200);
    assert_eq!(joined["addedClientIds"], json!([duplicate["id"]]));
    let now = admin.get(&path(&survivor)).await.expect(200);
    assert_eq!(now["companyIds"], json!([engines["id"]]));

    let invited = json!({ "clientId": duplicate["id"], "send": false });
    let invited = admin.post("/v1/invitations", &invited).await.expect(201);
    assert_eq!(invited["clientId"], survivor["id"]);

    // Archiving means what the id is of, and says what became of it.
    let refused = admin.delete(&path(&duplicate)).await;
    refused.problem(409, "client_merged");
    assert_eq!(refused.body["mergedInto"], survivor["id"]);

    let log = format!("/v1/audit-log?objectId={}", id(&duplicate));
    let log = admin.get(&log).await.expect(200);
    assert_eq!(log["data"][0]["eventType"], "client.merged");
}

#[tokio::test]
async fn a_chain_of_merges_resolves_in_one_step() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mut clients = Vec::new();
    for name in ["Ann", "Bob", "Cid", "Dee"] {
        clients.push(create(&app, person(name)).await);
    }
    for pair in clients.windows(2) {
        merge(&admin, &pair[0], &pair[1]).await;
    }

    app.server.aws().record_calls();
    for client in &clients {
        let found = admin.get(&path(client)).await.expect(200);
        assert_eq!(found["id"], clients[3]["id"]);
    }
    let reads = app.server.aws().calls().len();
    // The caller's key and the client each time, and Dee for each other.
    assert_eq!(reads, 4 + 3);
}

#[tokio::test]
async fn a_merge_into_thirty_companies_fits_into_one_transaction() {
    let app = TestApp::start().await;
    let admin = app.admin().with("idempotency-key", "once");
    let mut companies = Vec::new();
    for number in 0..30 {
        companies.push(company(&app, &format!("Company {number}")).await["id"].clone());
    }
    let mut body = person("Ann");
    body["companyIds"] = json!(companies[..1]);
    let ann = create(&app, body).await;
    let mut body = person("Bob");
    body["companyIds"] = json!(companies[1..]);
    let sent = app.admin().post("/v1/clients?sendInvite=true", &body).await;
    let bob = sent.expect(200);
    app.settle().await;
    app.server.aws().record_calls();

    let merged = merge(&admin, &bob, &ann).await;

    assert_eq!(merged["companyIds"], json!(companies));
    let calls = app.server.aws().calls();
    let transaction = calls
        .iter()
        .find(|call| call.operation == "TransactWriteItems");
    let actions = transaction.and_then(|call| call.body["TransactItems"].as_array());
    let actions = actions.map_or(0, Vec::len);
    assert!((90..=100).contains(&actions), "{actions}");
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ann = create(&app, person("Ann")).await;
    let mut tagged = person("Bob");
    tagged["tags"] = (0..20).map(|number| format!("tag {number}")).collect();
    let bob = create(&app, tagged).await;
    let mut tagged = person("Cid");
    tagged["tags"] = json!(["one more"]);
    let cid = create(&app, tagged).await;

    let itself = act(&admin, &ann, "merge", json!({ "into": ann["id"] })).await;
    assert_eq!(itself.problem(400, "client_same"), Some("into"));
    let unknown = act(&admin, &ann, "merge", json!({ "into": "nobody" })).await;
    assert_eq!(unknown.problem(400, "client_unknown"), Some("into"));
    let many = act(&admin, &cid, "merge", json!({ "into": bob["id"] })).await;
    assert_eq!(many.problem(400, "too_many_together"), Some("tags"));
    // A client who was merged into another is no client to be merged.
    merge(&admin, &ann, &cid).await;
    act(&admin, &ann, "merge", json!({ "into": cid["id"] }))
        .await
        .problem(409, "client_merged");
}

#[tokio::test]
async fn two_merges_into_each_other_leave_one_client() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (ann, bob) = (
        create(&app, person("Ann")).await,
        create(&app, person("Bob")).await,
    );

    let (there, back) = tokio::join!(
        act(&admin, &ann, "merge", json!({ "into": bob["id"] })),
        act(&admin, &bob, "merge", json!({ "into": ann["id"] })),
    );

    let won = [&there, &back]
        .into_iter()
        .filter(|answer| answer.status == 200);
    assert_eq!(won.count(), 1, "{} {}", there.text, back.text);
    let list = admin.get("/v1/clients").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    for client in [&ann, &bob] {
        let found = admin.get(&path(client)).await.expect(200);
        assert_eq!(found, list["data"][0]);
    }
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

#[tokio::test]
async fn the_only_account_of_two_ends_only_if_that_is_meant() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = app.client("Ada Doe", "ada@example.com", None).await;
    let other = create(&app, person("Augusta")).await;
    let duplicate = json!({ "id": ada.id });
    let into = json!({ "into": other["id"] });

    let refused = act(&admin, &duplicate, "merge", into).await;
    assert_eq!(refused.problem(409, "account_ends"), Some("endAccount"));
    ada.actor.get("/portal/me").await.expect(200);

    let meant = json!({ "into": other["id"], "endAccount": true });
    let merged = act(&admin, &duplicate, "merge", meant).await.expect(200);
    assert_eq!(merged["id"], other["id"]);
}

#[tokio::test]
async fn merging_needs_the_permission_to_change_the_one_who_stays() {
    let app = TestApp::start().await;
    let ada = create(&app, person("Ada")).await;
    let other = create(&app, person("Augusta")).await;
    let key = json!({ "name": "Tidy", "permissions": ["view_clients", "delete_clients"] });
    let key = app.admin().post("/v1/api-keys", &key).await.expect(201);
    let tidy = app.actor(key["key"].as_str());

    let into = json!({ "into": other["id"] });
    let refused = act(&tidy, &ada, "merge", into).await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "edit_clients");
}
