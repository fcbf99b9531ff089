//! Plans: limits that hold exactly, and features that are switched off.

use e2e::{Actor, Answer, Receiver, TestApp, id};
use futures_util::future::join_all;
use portico_domain::{Feature, IdSource, Moment, Permission, Plan, RateLimit};
use portico_local::{
    Call, Fault,
    admin::{count_page, set_plan_in},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) async fn plan(app: &TestApp, plan: Plan) {
    let ids = IdSource::new();
    let (store, workspace) = (&app.server.app().store, app.server.workspace_id);
    let moment = Moment::new(app.now(), &ids);
    set_plan_in(store, moment, workspace, plan)
        .await
        .expect("the table answers");
    let mut place = None;
    loop {
        place = count_page(store, moment, workspace, place)
            .await
            .expect("the table answers");
        if place.is_none() {
            return;
        }
    }
}

pub(crate) fn at_most(clients: u32) -> Plan {
    Plan {
        client_limit: Some(clients),
        ..Plan::default()
    }
}

async fn add(actor: &Actor, number: usize) -> Answer {
    let body = json!({ "name": "A Client", "email": format!("{number}@example.com") });
    actor.post("/v1/clients", &body).await
}

async fn used(app: &TestApp) -> Value {
    app.admin().get("/v1/limits").await.expect(200)["clients"]["used"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_creates_at_once_exactly_as_many_succeed_as_there_is_room_for() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for number in 0..95 {
        add(&admin, number).await.expect(200);
    }
    plan(&app, at_most(100)).await;
    assert_eq!(used(&app).await, 95);

    let answers = join_all((95..295).map(|number| add(&admin, number))).await;

    let added: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert_eq!(added.len(), 5);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.problem(403, "limit_reached");
        assert_eq!(
            (&refused.body["limit"], &refused.body["resource"]),
            (&json!(100), &json!("clients"))
        );
    }
    assert_eq!(used(&app).await, 100);
    let list = admin.get("/v1/clients?limit=1000").await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(100));
}

/// Has each transaction that adds a client collide eight times.
fn with_collisions(app: &TestApp) {
    let mut collided: BTreeMap<String, usize> = BTreeMap::new();
    app.server.aws().inject(move |call: &Call| {
        let actions = call.body["TransactItems"].as_array()?;
        let mut keys = actions
            .iter()
            .filter_map(|action| action["Put"]["Item"]["pk"]["S"].as_str());
        let client = keys.find(|key| key.contains("#EMAIL#"))?;
        let times = collided.entry(client.to_owned()).or_default();
        *times += 1;
        (*times <= 8).then_some(Fault::Cancel("TransactionConflict"))
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_creates_that_collide_at_the_count_all_get_their_turn() {
    let app = TestApp::start().await;
    let admin = app.admin();
    plan(&app, at_most(195)).await;
    with_collisions(&app);

    let answers = join_all((0..200).map(|number| add(&admin, number))).await;

    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.problem(403, "limit_reached");
    }
    let added = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(added.count(), 195);
    assert_eq!(used(&app).await, 195);
}

#[tokio::test]
async fn whoever_leaves_makes_room_and_whoever_comes_back_takes_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    plan(&app, at_most(2)).await;
    let first = add(&admin, 1).await.expect(200);
    let second = add(&admin, 2).await.expect(200);
    add(&admin, 3).await.problem(403, "limit_reached");
    let first = format!("/v1/clients/{}", id(&first));

    admin.delete(&first).await.expect(200);
    assert_eq!(used(&app).await, 1);
    let third = add(&admin, 3).await.expect(200);
    let restore = format!("{first}/restore");
    admin
        .post(&restore, &json!({}))
        .await
        .problem(403, "limit_reached");
    let into = json!({ "into": id(&second) });
    let merge = format!("/v1/clients/{}/merge", id(&third));
    admin.post(&merge, &into).await.expect(200);
    admin.post(&restore, &json!({})).await.expect(200);
    assert_eq!(used(&app).await, 2);
    admin
        .post(&format!("{first}/purge"), &json!({}))
        .await
        .expect(200);
    assert_eq!(used(&app).await, 1);
    let dry = json!({ "name": "A Client", "email": "9@example.com" });
    admin
        .post("/v1/clients?dryRun=true", &dry)
        .await
        .expect(200);
    assert_eq!(used(&app).await, 1, "a rehearsal takes no room");
    add(&admin, 4).await.expect(200);
    admin
        .post("/v1/clients?dryRun=true", &dry)
        .await
        .problem(403, "limit_reached");
    let both = json!({ "clients": [dry, { "name": "B Client", "email": "10@example.com" }] });
    let batch = admin.post("/v1/clients/batch", &both).await.expect(200);
    assert_eq!(batch["failed"], 2, "{batch}");
}

#[tokio::test]
async fn reaching_the_limit_is_told_once_until_there_is_room_again() {
    let app = TestApp::start().await;
    let (admin, receiver) = (app.admin(), Receiver::start().await);
    app.register(&receiver, &["limit.reached"]).await;
    plan(&app, at_most(1)).await;
    let only = add(&admin, 1).await.expect(200);
    app.settle().await;
    assert_eq!(receiver.received().len(), 0, "nobody was refused yet");

    for _ in 0..3 {
        add(&admin, 2).await.problem(403, "limit_reached");
    }
    app.settle().await;
    assert_eq!(receiver.received().len(), 1);
    admin
        .delete(&format!("/v1/clients/{}", id(&only)))
        .await
        .expect(200);
    add(&admin, 3).await.expect(200);
    add(&admin, 4).await.problem(403, "limit_reached");
    app.settle().await;
    assert_eq!(receiver.received().len(), 2);
    let events = admin
        .get("/v1/events?eventType=limit.reached")
        .await
        .expect(200);
    let event = &events["data"][0];
    assert_eq!(
        (&event["data"]["name"], &event["data"]["limit"]),
        (&json!("clients"), &json!(1))
    );
    let sequences: Vec<&Value> = events["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| &event["sequence"])
        .collect();
    assert_eq!(sequences, [1, 2]);
}

#[tokio::test]
async fn clients_from_before_a_limit_are_counted_once_however_often_it_is_set() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for number in 0..3 {
        add(&admin, number).await.expect(200);
    }
    for limit in [5, 4, 3] {
        plan(&app, at_most(limit)).await;
        assert_eq!(used(&app).await, 3);
    }
    add(&admin, 3).await.problem(403, "limit_reached");
    plan(&app, Plan::default()).await;
    let limits = admin.get("/v1/limits").await.expect(200);
    assert_eq!(limits["clients"], json!({ "limit": null, "used": null }));
    add(&admin, 3).await.expect(200);
    plan(&app, at_most(4)).await;
    assert_eq!(used(&app).await, 4);
}

#[tokio::test]
async fn a_workspace_without_a_limit_pays_nothing_for_limits() {
    let app = TestApp::start().await;
    let admin = app.admin();
    // It sees nothing that could be counted, so what is counted is the plan's.
    let program = app.key(&[]).await.actor;
    for actor in [&admin, &program] {
        actor.get("/v1/me").await.expect(200);
    }
    app.server.aws().record_calls();
    let client = add(&admin, 1).await.expect(200);
    program.get("/v1/limits").await.expect(200);
    admin
        .delete(&format!("/v1/clients/{}", id(&client)))
        .await
        .expect(200);

    let calls = app.server.aws().calls();
    let of = |name: &str| -> Vec<&str> {
        let own = calls.iter().filter(|call| call.function == Some(name));
        own.map(|call| &*call.operation).collect()
    };
    assert_eq!(of("limits-get"), ["BatchGetItem"]);
    let writes = calls
        .iter()
        .filter(|call| call.operation == "TransactWriteItems");
    let updates: Vec<&Value> = writes
        .flat_map(|call| call.body["TransactItems"].as_array().into_iter().flatten())
        .filter(|action| action.get("Update").is_some())
        .collect();
    assert_eq!(updates, Vec::<&Value>::new(), "nothing is counted");
}

#[tokio::test]
async fn a_feature_that_the_plan_lacks_is_refused_by_name_and_what_there_is_stays() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let field = |name: &str| json!({ "customFields": [{ "entityType": "client", "name": name, "type": "text" }] });
    admin
        .post("/v1/custom-fields", &field("Tier"))
        .await
        .expect(200);
    let role = json!({ "name": "Viewer", "permissions": ["view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let staff = |email: &str, role: &Value| json!({ "name": "A B", "email": email, "role": "staff", "roleId": role });
    let viewer = staff("viewer@example.com", &role["id"]);
    let viewer = admin.post("/v1/internal-users", &viewer).await.expect(201);
    let member = staff("staff@example.com", &Value::Null);
    let member = admin.post("/v1/internal-users", &member).await.expect(201);
    let without = Plan {
        name: Some("Starter".to_owned()),
        without: Feature::ALL.iter().copied().collect(),
        ..Plan::default()
    };
    plan(&app, without).await;

    for (path, body, feature) in [
        ("/v1/custom-fields", field("Size"), "custom_fields"),
        (
            "/v1/webhook-endpoints",
            json!({ "url": "https://example.com/" }),
            "webhooks",
        ),
        (
            "/v1/roles",
            json!({ "name": "Nobody", "permissions": [] }),
            "custom_roles",
        ),
    ] {
        let refused = admin.post(path, &body).await;
        refused.problem(403, "feature_missing");
        assert_eq!(refused.body["feature"], feature);
    }
    admin
        .get("/v1/audit-log")
        .await
        .problem(403, "feature_missing");
    let entry = json!({
        "eventType": "invoicePaid", "actorType": "internalUser", "actorId": id(&member),
        "eventDescription": "paid",
    });
    for path in ["/v1/audit-log", "/v1/events"] {
        let refused = admin.post(path, &entry).await;
        refused.problem(403, "feature_missing");
        assert_eq!(refused.body["feature"], "audit_log");
    }
    // Whoever has a role keeps it; nobody else gets one.
    let path = |user: &Value| format!("/v1/internal-users/{}", id(user));
    let kept = json!({ "givenName": "V", "roleId": role["id"] });
    admin.patch(&path(&viewer), &kept).await.expect(200);
    let given = json!({ "roleId": role["id"] });
    let refused = admin.patch(&path(&member), &given).await;
    refused.problem(403, "feature_missing");
    assert_eq!(refused.body["feature"], "custom_roles");
    let added = staff("another@example.com", &role["id"]);
    let refused = admin.post("/v1/internal-users", &added).await;
    refused.problem(403, "feature_missing");
    let fields = admin.get("/v1/custom-fields").await.expect(200);
    assert_eq!(fields["data"].as_array().map(Vec::len), Some(1));
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "customFields": { "tier": "gold" } });
    admin.post("/v1/clients", &body).await.expect(200);
    let limits = admin.get("/v1/limits").await.expect(200);
    insta::assert_json_snapshot!(limits, { ".id" => "[id]" });
    plan(&app, Plan::default()).await;
    admin
        .post("/v1/custom-fields", &field("Size"))
        .await
        .expect(200);
}

#[tokio::test]
async fn every_limit_is_shown_with_what_is_used_to_whoever_may_see_that() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let fields = json!({ "customFields": [
        { "entityType": "client", "name": "Tier", "type": "multiSelect",
          "options": [{ "label": "Gold" }, { "label": "Silver" }] },
        { "entityType": "company", "name": "Size", "type": "number" },
        { "entityType": "company", "name": "Site", "type": "url" },
    ] });
    admin.post("/v1/custom-fields", &fields).await.expect(200);
    let role = json!({ "name": "Viewer", "permissions": [] });
    admin.post("/v1/roles", &role).await.expect(201);
    let endpoint = json!({ "url": "https://example.com/" });
    let endpoint = admin.post("/v1/webhook-endpoints", &endpoint).await;
    endpoint.expect(201);
    plan(
        &app,
        Plan {
            key_rate: Some(RateLimit {
                requests: 600,
                seconds: 60,
            }),
            ..Plan::default()
        },
    )
    .await;

    let limits = admin.get("/v1/limits").await.expect(200);

    insta::assert_json_snapshot!(limits, { ".id" => "[id]" });
    let viewer = app.key(&[Permission::ViewClients]).await.actor;
    let shown = viewer.get("/v1/limits").await.expect(200);
    assert_eq!(shown["clientCustomFields"]["used"], 1);
    for hidden in ["customRoles", "webhookEndpoints"] {
        assert_eq!(shown[hidden]["used"], json!(null));
        assert_eq!(shown[hidden]["limit"], 100);
    }
}
