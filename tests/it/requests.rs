//! Requests: clients ask for services, and the team sees to it.

mod kept;
mod lists;
mod mail;

use e2e::{Actor, Received, Receiver, TestApp, TestClient, id};
use serde_json::{Value, json};

struct World {
    app: TestApp,
    company: String,
    service: Value,
    ada: TestClient,
}

async fn world() -> World {
    let app = TestApp::start().await;
    let company = company(&app, json!({ "name": "Engines" })).await;
    let service = service(&app, "Tax return").await;
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(&company))
        .await;
    World {
        app,
        company,
        service,
        ada,
    }
}

async fn company(app: &TestApp, body: Value) -> String {
    id(&app.admin().post("/v1/companies", &body).await.expect(200)).to_owned()
}

async fn service(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/services", &body).await.expect(201)
}

impl World {
    fn wanted(&self) -> Value {
        json!({
            "serviceId": self.service["id"], "title": "The year 2025",
            "details": "All receipts\nare in the folder.",
        })
    }

    /// Ada asks in the portal.
    async fn ask(&self) -> Value {
        let wanted = self.wanted();
        let asked = self.ada.actor.post("/portal/requests", &wanted).await;
        asked.expect(201)
    }

    /// Somebody asks for this client.
    async fn ask_for(&self, client: &str) -> Value {
        let mut wanted = self.wanted();
        wanted["clientId"] = json!(client);
        let asked = self.app.admin().post("/v1/requests", &wanted).await;
        asked.expect(201)
    }

    /// A client of this name in these companies.
    async fn add(&self, name: &str, companies: &[&str]) -> String {
        let email = format!("{}@example.com", name.to_lowercase());
        let body =
            json!({ "name": format!("{name} Doe"), "email": email, "companyIds": companies });
        let added = self.app.admin().post("/v1/clients", &body).await;
        id(&added.expect(200)).to_owned()
    }
}

fn path(request: &Value) -> String {
    format!("/v1/requests/{}", id(request))
}

async fn ids(actor: &Actor, path: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = actor.get(&next).await.expect(200);
        let items = page["data"].as_array().expect("a list");
        found.extend(items.iter().map(|one| id(one).to_owned()));
        let Some(token) = page["nextToken"].as_str() else {
            return found;
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        next = format!("{path}{joint}nextToken={token}");
    }
}

#[tokio::test]
async fn a_client_asks_and_the_team_sees_to_it() {
    let world = world().await;
    let (app, admin) = (&world.app, world.app.admin());
    let receiver = Receiver::start().await;
    app.register(&receiver, &["request.*"]).await;

    let asked = world.ask().await;
    let note = json!({ "status": "inProgress", "note": "We have begun." });
    admin.patch(&path(&asked), &note).await.expect(200);
    let done = json!({ "status": "done" });
    let done = admin.patch(&path(&asked), &done).await.expect(200);
    app.settle().await;

    let own = format!("/portal/requests/{}", id(&asked));
    let own = world.ada.actor.get(&own).await.expect(200);
    insta::assert_json_snapshot!("as_the_client_sees_it", own, {
        ".id" => "[id]", ".companyId" => "[id]", ".serviceId" => "[id]",
        ".createdAt" => "[time]", ".updatedAt" => "[time]", ".history[].at" => "[time]",
    });
    insta::assert_json_snapshot!("as_the_team_sees_it", done, {
        ".id" => "[id]", ".clientId" => "[id]", ".companyId" => "[id]", ".serviceId" => "[id]",
        ".createdAt" => "[time]", ".updatedAt" => "[time]", ".history[].at" => "[time]",
        ".history[].by.id" => "[id]",
    });
    assert_eq!(admin.get(&path(&asked)).await.expect(200), done);
    let events: Vec<Value> = receiver.received().iter().map(Received::event).collect();
    let told: Vec<(&str, &Value, &Value)> = events
        .iter()
        .map(|one| {
            let kind = one["eventType"].as_str().expect("a type");
            let previous = &one["previousAttributes"]["status"];
            (kind, &one["sequence"], previous)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("request.created", &json!(1), &Value::Null),
            ("request.statusChanged", &json!(2), &json!("open")),
            ("request.statusChanged", &json!(3), &json!("inProgress")),
        ]
    );
    assert_eq!(events[2]["data"], {
        let mut data = done.clone();
        data["previousAttributes"] = events[2]["previousAttributes"].clone();
        data
    });
    let log = "/v1/audit-log?eventType=request.created,request.statusChanged";
    let log = admin.get(log).await.expect(200);
    let who = log["data"].as_array().expect("a list").iter();
    let who: Vec<&str> = who.filter_map(|one| one["actorType"].as_str()).collect();
    assert_eq!(who, ["internalUser", "internalUser", "clientUser"]);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_and_not_shown() {
    let world = world().await;
    let (app, admin, ada) = (&world.app, world.app.admin(), &world.ada.actor);
    let company = format!("/v1/companies/{}", world.company);
    let other = service(app, "Bookkeeping").await;
    let refused = async |code: &str, field: &str| {
        let asked = ada.post("/portal/requests", &world.wanted()).await;
        assert_eq!(asked.problem(409, code), Some(field));
        let mut wanted = world.wanted();
        wanted["clientId"] = json!(world.ada.id);
        let asked = admin.post("/v1/requests", &wanted).await;
        assert_eq!(asked.problem(409, code), Some(field));
    };
    assert_eq!(ids(ada, "/portal/services").await.len(), 2);

    let only = json!({ "serviceIds": [other["id"]] });
    admin.patch(&company, &only).await.expect(200);
    refused("service_not_allowed", "serviceId").await;
    assert_eq!(ids(ada, "/portal/services").await, [id(&other)]);

    let all = json!({ "serviceIds": null });
    admin.patch(&company, &all).await.expect(200);
    let off = json!({ "isActive": false });
    let service = format!("/v1/services/{}", id(&world.service));
    admin.patch(&service, &off).await.expect(200);
    refused("service_inactive", "serviceId").await;
    assert_eq!(ids(ada, "/portal/services?limit=1").await, [id(&other)]);

    admin
        .patch(&service, &json!({ "isActive": true }))
        .await
        .expect(200);
    admin.patch(&company, &off).await.expect(200);
    refused("company_inactive", "companyId").await;
    assert_eq!(ids(ada, "/portal/services").await, Vec::<String>::new());

    admin.delete(&service).await.expect(200);
    let asked = ada.post("/portal/requests", &world.wanted()).await;
    assert_eq!(asked.problem(400, "service_unknown"), Some("serviceId"));
    for (body, field) in [
        (
            json!({ "serviceId": world.service["id"], "title": " " }),
            "title",
        ),
        (
            json!({ "serviceId": other["id"], "title": "x".repeat(201) }),
            "title",
        ),
        (
            json!({ "serviceId": other["id"], "title": "x", "details": "x".repeat(5_001) }),
            "details",
        ),
        (json!({ "serviceId": "x", "title": "x" }), "serviceId"),
    ] {
        let asked = ada.post("/portal/requests", &body).await;
        assert_eq!(asked.status, 400, "{}", asked.text);
        assert_eq!(asked.body["field"], field);
    }
    assert_eq!(ids(&admin, "/v1/requests").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_client_of_several_companies_names_the_one_that_it_is_for() {
    let world = world().await;
    let (admin, ada) = (world.app.admin(), &world.ada.actor);
    let looms = company(&world.app, json!({ "name": "Looms" })).await;
    let foreign = company(&world.app, json!({ "name": "Mills" })).await;
    let both = json!({ "companyIds": [world.company, looms] });
    let client = format!("/v1/clients/{}", world.ada.id);
    admin.patch(&client, &both).await.expect(200);
    let mut wanted = world.wanted();

    assert_eq!(world.ask().await["companyId"], json!(world.company));
    wanted["companyId"] = json!(looms);
    let asked = ada.post("/portal/requests", &wanted).await.expect(201);
    assert_eq!(asked["companyId"], json!(looms));
    wanted["companyId"] = json!(foreign);
    let asked = ada.post("/portal/requests", &wanted).await;
    assert_eq!(asked.problem(400, "company_unknown"), Some("companyId"));
    let services = format!("/portal/services?companyId={foreign}");
    ada.get(&services).await.problem(400, "company_unknown");
    wanted["clientId"] = json!(world.ada.id);
    let asked = admin.post("/v1/requests", &wanted).await;
    assert_eq!(asked.problem(400, "company_unknown"), Some("companyId"));

    // Whoever has no company asks for itself; its placeholder says the same.
    let alone = json!({ "companyIds": [] });
    let alone = admin.patch(&client, &alone).await.expect(200);
    assert_eq!(world.ask().await["companyId"], Value::Null);
    let mut wanted = world.wanted();
    wanted["companyId"] = alone["companyId"].clone();
    let asked = ada.post("/portal/requests", &wanted).await.expect(201);
    assert_eq!(asked["companyId"], Value::Null);
}

#[tokio::test]
async fn a_request_is_its_clients_alone_and_can_be_cancelled_until_it_ends() {
    let world = world().await;
    let (app, admin, ada) = (&world.app, world.app.admin(), &world.ada.actor);
    let asked = world.ask().await;
    let own = format!("/portal/requests/{}", id(&asked));
    let charles = app
        .client(
            "Charles Babbage",
            "charles@example.com",
            Some(&world.company),
        )
        .await;

    // A colleague of the same company sees nothing of it.
    charles.actor.get(&own).await.problem(404, "not_found");
    let cancel = format!("{own}/cancel");
    let foreign = charles.actor.post(&cancel, &json!({})).await;
    foreign.problem(404, "not_found");
    assert_eq!(
        ids(&charles.actor, "/portal/requests").await,
        Vec::<String>::new()
    );
    let other = app.other_tenant().await.actor;
    other.get(&path(&asked)).await.problem(404, "not_found");
    let foreign = other
        .patch(&path(&asked), &json!({ "status": "done" }))
        .await;
    foreign.problem(404, "not_found");

    let cancelled = ada.post(&cancel, &json!({})).await.expect(200);
    let again = ada.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled),
        (&json!("cancelled"), &again)
    );
    let late = admin
        .patch(&path(&asked), &json!({ "status": "done" }))
        .await;
    assert_eq!(late.problem(409, "request_ended"), Some("status"));
    let second = world.ask().await;
    admin
        .patch(&path(&second), &json!({ "status": "declined" }))
        .await
        .expect(200);
    let cancel = format!("/portal/requests/{}/cancel", id(&second));
    ada.post(&cancel, &json!({}))
        .await
        .problem(409, "request_ended");
    assert_eq!(
        ids(ada, "/portal/requests?limit=1").await,
        [id(&second), id(&asked)]
    );
}

#[tokio::test]
async fn a_request_goes_forward_on_what_was_seen() {
    let world = world().await;
    let admin = world.app.admin();
    let asked = world.ask().await;
    let seen = admin.get(&path(&asked)).await;
    let seen = admin.with("if-match", seen.header("etag"));
    let step = |status: &str| json!({ "status": status });

    let back = admin.patch(&path(&asked), &step("nowhere")).await;
    assert_eq!(back.status, 400, "{}", back.text);
    let begun = seen
        .patch(&path(&asked), &step("inProgress"))
        .await
        .expect(200);
    let stale = seen.patch(&path(&asked), &step("done")).await;
    stale.problem(412, "precondition_failed");
    let same = admin
        .patch(&path(&asked), &step("inProgress"))
        .await
        .expect(200);
    assert_eq!(same, begun);
    let note = json!({ "status": "inProgress", "note": "Still at it." });
    let note = admin.patch(&path(&asked), &note).await;
    assert_eq!(note.problem(409, "request_status_unchanged"), Some("note"));
    let back = admin.patch(&path(&asked), &step("open")).await;
    assert_eq!(back.problem(409, "request_status_refused"), Some("status"));
    // On behalf of a client: rehearsed, done once, and refused for nobody.
    let mut wanted = world.wanted();
    wanted["clientId"] = json!(world.ada.id);
    let dry = admin
        .post("/v1/requests?dryRun=true", &wanted)
        .await
        .expect(201);
    admin.get(&path(&dry)).await.problem(404, "not_found");
    let keyed = admin.with("idempotency-key", "one");
    let first = keyed.post("/v1/requests", &wanted).await.expect(201);
    let second = keyed.post("/v1/requests", &wanted).await.expect(201);
    assert_eq!(first, second);
    wanted["clientId"] = json!(world.company);
    let nobody = admin.post("/v1/requests", &wanted).await;
    assert_eq!(nobody.problem(400, "client_unknown"), Some("clientId"));
}
