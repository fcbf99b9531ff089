//! Requests: clients ask for services, and the team sees to it.

use e2e::{Actor, Received, Receiver, TestApp, TestClient, id};
use portico_domain::{
    Actor as Author, Change, CompanyAccess, Origin, RequestDraft, Role, ServiceRequest,
};
use portico_store::CommitError;
use serde_json::{Value, json};
use std::time::Duration;

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

#[tokio::test]
async fn requests_are_listed_newest_first_and_by_each_filter() {
    let world = world().await;
    let admin = world.app.admin();
    let looms = company(&world.app, json!({ "name": "Looms" })).await;
    let joe = world.add("Joe", &[&looms]).await;
    let first = world.ask().await;
    let second = world.ask_for(&joe).await;
    let books = service(&world.app, "Bookkeeping").await;
    let mut wanted = world.wanted();
    wanted["serviceId"] = books["id"].clone();
    let third = world
        .ada
        .actor
        .post("/portal/requests", &wanted)
        .await
        .expect(201);
    let done = json!({ "status": "done" });
    admin.patch(&path(&first), &done).await.expect(200);
    let (first, second, third) = (id(&first), id(&second), id(&third));
    let ada = &world.ada.id;
    let (books, tax) = (id(&books), id(&world.service));

    for (query, wanted) in [
        (String::new(), vec![third, second, first]),
        (format!("clientId={ada}"), vec![third, first]),
        (format!("companyId={looms}"), vec![second]),
        ("status=open".to_owned(), vec![third, second]),
        ("status=declined".to_owned(), vec![]),
        (format!("serviceId={books}"), vec![third]),
        (format!("clientId={ada}&status=done"), vec![first]),
        (format!("clientId={ada}&companyId={looms}"), vec![]),
        (
            format!("companyId={}&serviceId={tax}", world.company),
            vec![first],
        ),
        (format!("status=open&serviceId={tax}"), vec![second]),
    ] {
        for limit in ["", "&limit=1"] {
            let path = format!("/v1/requests?{query}{limit}");
            assert_eq!(ids(&admin, &path).await, wanted, "{path}");
        }
    }
    let history = format!("/v1/clients/{ada}/requests");
    assert_eq!(ids(&admin, &history).await, [third, first]);
    for query in ["status=x", "clientId=x", "companyId=x", "serviceId=x"] {
        let refused = admin.get(&format!("/v1/requests?{query}")).await;
        refused.problem(400, "parameter_invalid");
    }
}

#[tokio::test]
async fn who_is_limited_to_companies_sees_the_requests_made_for_them() {
    let world = world().await;
    let (app, admin) = (&world.app, world.app.admin());
    let looms = company(app, json!({ "name": "Looms" })).await;
    let joe = world.add("Joe", &[&looms]).await;
    let both = world.add("Both", &[&looms, &world.company]).await;
    let none = world.add("None", &[]).await;
    let inside = world.ask().await;
    let outside = world.ask_for(&joe).await;
    let shared = world.ask_for(&both).await;
    let of_nobody = world.ask_for(&none).await;
    assert_eq!(shared["companyId"], json!(looms));
    let access = |ids: &[&str]| {
        let ids = ids.iter().map(|id| id.parse().expect("an id"));
        CompanyAccess::only(ids).expect("not too many")
    };
    let limited = app
        .member(Role::Staff, access(&[&world.company]))
        .await
        .actor;

    assert_eq!(ids(&limited, "/v1/requests").await, [id(&inside)]);
    for request in [&outside, &shared, &of_nobody] {
        limited.get(&path(request)).await.problem(404, "not_found");
        let moved = limited
            .patch(&path(request), &json!({ "status": "done" }))
            .await;
        moved.problem(404, "not_found");
    }
    limited
        .patch(&path(&inside), &json!({ "status": "done" }))
        .await
        .expect(200);
    // The client is seen, what it asked for another company is not.
    let history = format!("/v1/clients/{both}/requests");
    assert_eq!(ids(&limited, &history).await, Vec::<String>::new());
    for query in [
        format!("companyId={looms}"),
        format!("clientId={joe}"),
        format!("clientId={both}"),
    ] {
        let path = format!("/v1/requests?{query}");
        assert_eq!(ids(&limited, &path).await, Vec::<String>::new(), "{path}");
    }
    let hidden = format!("/v1/clients/{joe}/requests");
    limited.get(&hidden).await.problem(404, "not_found");
    // On behalf of a client: for the company that is seen.
    let mut wanted = world.wanted();
    wanted["clientId"] = json!(both);
    let made = limited.post("/v1/requests", &wanted).await.expect(201);
    assert_eq!(made["companyId"], json!(world.company));
    wanted["companyId"] = json!(looms);
    let refused = limited.post("/v1/requests", &wanted).await;
    refused.problem(400, "company_unknown");

    let several = app
        .member(Role::Staff, access(&[&world.company, &looms]))
        .await
        .actor;
    let all = [id(&made), id(&shared), id(&outside), id(&inside)];
    for limit in [1, 2, 100] {
        let path = format!("/v1/requests?limit={limit}");
        assert_eq!(ids(&several, &path).await, all, "{path}");
    }
    assert_eq!(
        ids(&several, "/v1/requests?status=done").await,
        [id(&inside)]
    );
    let nothing = app.member(Role::Staff, access(&[])).await.actor;
    assert_eq!(ids(&nothing, "/v1/requests").await, Vec::<String>::new());
    assert_eq!(ids(&admin, "/v1/requests").await.len(), 5);
}

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
    for _ in 0..30 {
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
