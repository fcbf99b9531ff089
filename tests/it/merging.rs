//! Two clients become one.

use crate::life::{act, company, create, merge, path, person};
use e2e::{Receiver, TestApp, id};
use serde_json::json;

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
