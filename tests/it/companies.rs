//! Companies through the public door.

use e2e::{Receiver, TestApp, id};
use portico_domain::Permission;
use serde_json::{Value, json};
use std::time::Duration;

fn path(company: &Value) -> String {
    format!("/v1/companies/{}", id(company))
}

#[tokio::test]
async fn company_changes_emit_theirs() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.*"]).await;

    let company = admin
        .post(
            "/v1/companies",
            &json!({ "name": "Engines", "fallbackColor": "#9BBFFF" }),
        )
        .await
        .expect(200);
    let renamed = admin
        .patch(&path(&company), &json!({ "name": "Analytical Engines" }))
        .await
        .expect(200);
    let deleted = admin.delete(&path(&company)).await.expect(200);
    app.settle().await;

    assert_eq!(company["fallbackColor"], "#9BBFFF");
    assert_eq!(renamed["name"], "Analytical Engines");
    assert_eq!(
        deleted,
        json!({ "id": company["id"], "object": "company", "deleted": true })
    );
    admin.get(&path(&company)).await.problem(404, "not_found");
    assert_eq!(
        receiver.event_types(),
        ["company.created", "company.updated", "company.deleted"]
    );
    let sequences: Vec<Value> = receiver
        .received()
        .iter()
        .map(|webhook| webhook.event()["sequence"].clone())
        .collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert_eq!(
        receiver.received()[1].event()["previousAttributes"],
        json!({ "name": "Engines" })
    );
}

#[tokio::test]
async fn a_company_name_is_unique_whatever_its_case_and_free_again_after_deletion() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let other = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);

    let taken = admin
        .post("/v1/companies", &json!({ "name": "ENGINES" }))
        .await;
    assert_eq!(taken.problem(409, "company_name_taken"), Some("name"));
    admin
        .patch(&path(&other), &json!({ "name": "engines" }))
        .await
        .problem(409, "company_name_taken");
    admin
        .patch(&path(&engines), &json!({ "name": "ENGINES" }))
        .await
        .expect(200);

    admin.delete(&path(&engines)).await.expect(200);
    admin
        .patch(&path(&other), &json!({ "name": "Engines" }))
        .await
        .expect(200);
    admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_clients_of_a_deleted_company_stay_and_leave_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let looms = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
    let mut clients = Vec::new();
    for number in 0..120 {
        let body = json!({
            "givenName": "Ada", "familyName": format!("Number{number}"), "email": format!("ada{number}@example.com"),
            "companyIds": if number == 0 { json!([engines["id"], looms["id"]]) } else { json!([engines["id"]]) },
        });
        clients.push(admin.post("/v1/clients", &body).await.expect(200));
    }
    app.settle().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.clientRemoved"]).await;

    admin.delete(&path(&engines)).await.expect(200);
    app.settle().await;

    let first = admin
        .get(&format!("/v1/clients/{}", id(&clients[0])))
        .await
        .expect(200);
    assert_eq!(first["companyIds"], json!([looms["id"]]));
    let last = admin
        .get(&format!("/v1/clients/{}", id(&clients[119])))
        .await
        .expect(200);
    assert_ne!(last["companyId"], engines["id"]);
    assert_eq!(receiver.received().len(), 120);
    let join = admin
        .patch(
            &format!("/v1/clients/{}", id(&clients[0])),
            &json!({ "companyIds": [engines["id"]] }),
        )
        .await;
    assert_eq!(join.problem(400, "company_unknown"), Some("companyIds"));

    // Once the indexes have surely caught up, nothing is due any more.
    app.advance(Duration::from_mins(1)).await;
    let due = app
        .server
        .app()
        .store
        .due::<portico_domain::kind::Company>(portico_store::DueKind::Company, app.now(), 10)
        .await;
    assert!(due.expect("the table answers").is_empty());
}

#[tokio::test]
async fn companies_are_listed_with_and_without_placeholders() {
    let app = TestApp::start().await;
    let admin = app.admin();
    admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    admin
        .post(
            "/v1/clients",
            &json!({ "name": "Ada Lovelace", "email": "ada@example.com" }),
        )
        .await
        .expect(200);

    let names = async |query: &str| -> Vec<Value> {
        let list = admin
            .get(&format!("/v1/companies?{query}"))
            .await
            .expect(200);
        let items = list["data"].as_array().expect("a list").clone();
        items
            .iter()
            .map(|company| company["name"].clone())
            .collect()
    };
    assert_eq!(names("").await, ["Engines", ""]);
    assert_eq!(names("isPlaceholder=false").await, ["Engines"]);
    assert_eq!(names("isPlaceholder=true").await, [""]);
    assert_eq!(names("name=Engines").await, ["Engines"]);
    assert_eq!(names("name=engines").await, Vec::<Value>::new());
    assert_eq!(
        names("name=Engines&isPlaceholder=true").await,
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn a_company_is_found_or_created_by_its_name() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let path = "/v1/companies?findOrCreate=true";
    let first = json!({ "name": "Engines", "description": "Makes engines" });

    let created = admin.post(path, &first).await.expect(200);
    let found = admin
        .post(path, &json!({ "name": " engines " }))
        .await
        .expect(200);
    assert_eq!(found, created);

    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyName": "ENGINES" });
    let ada = admin.post("/v1/clients", &ada).await.expect(200);
    assert_eq!(ada["companyIds"], json!([created["id"]]));
    let to_looms = json!({ "companyName": "Looms" });
    let ada = format!("/v1/clients/{}", id(&ada));
    let moved = admin.patch(&ada, &to_looms).await.expect(200);
    let looms = admin.get("/v1/companies?name=Looms").await.expect(200);
    assert_eq!(moved["companyIds"], json!([looms["data"][0]["id"]]));

    let both = json!({ "companyName": "Looms", "companyIds": [created["id"]] });
    let refused = admin.patch(&ada, &both).await;
    assert_eq!(
        refused.problem(400, "company_ambiguous"),
        Some("companyName")
    );
    let short = admin.patch(&ada, &json!({ "companyName": "L" })).await;
    assert_eq!(short.problem(400, "text_too_short"), Some("companyName"));
}

#[tokio::test]
async fn adding_a_company_with_a_client_needs_the_permission_to() {
    let app = TestApp::start().await;
    let creator = app.key(&[Permission::CreateClients]).await.actor;
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyName": "Engines" });

    let refused = creator.post("/v1/clients", &ada).await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "manage_client_organizations");
    let engines = json!({ "name": "Engines" });
    app.admin()
        .post("/v1/companies", &engines)
        .await
        .expect(200);
    creator.post("/v1/clients", &ada).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clients_with_the_same_new_company_get_one_company() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let bodies: Vec<Value> = (0..4)
        .map(|number| json!({ "name": "Ada Lovelace", "email": format!("ada{number}@example.com"), "companyName": "Engines" }))
        .collect();

    let answers =
        futures_util::future::join_all(bodies.iter().map(|body| admin.post("/v1/clients", body)))
            .await;

    let companies = admin.get("/v1/companies").await.expect(200);
    let companies = companies["data"].as_array().expect("a list").clone();
    assert_eq!(companies.len(), 1);
    for answer in answers {
        assert_eq!(
            answer.expect(200)["companyIds"],
            json!([companies[0]["id"]])
        );
    }
}

#[tokio::test]
async fn nobody_is_assigned_invited_or_moved_into_an_inactive_company() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let person = |name: &str, companies: Value| json!({ "name": name, "email": format!("{name}@example.com"), "companyIds": companies });
    let ada = person("ada", json!([company["id"]]));
    let ada = admin.post("/v1/clients", &ada).await.expect(200);
    let bob = admin
        .post("/v1/clients", &person("bob", json!([])))
        .await
        .expect(200);
    let (ada, bob) = (id(&ada), format!("/v1/clients/{}", id(&bob)));
    let set = async |is_active: bool| {
        let body = json!({ "isActive": is_active });
        admin.patch(&path(&company), &body).await.expect(200);
    };
    let into = json!({ "companyIds": [company["id"]] });

    set(false).await;
    let refusals = [
        admin
            .post("/v1/clients", &person("cid", json!([company["id"]])))
            .await,
        admin.patch(&bob, &into).await,
        admin
            .post("/v1/invitations", &json!({ "clientId": ada }))
            .await,
        admin
            .patch(&format!("/v1/clients/{ada}?sendInvite=true"), &json!({}))
            .await,
    ];
    for refused in refusals {
        assert_eq!(refused.problem(409, "company_inactive"), Some("companyIds"));
        assert_eq!(refused.body["companyId"], company["id"]);
    }
    // Who is in it stays, and can be changed.
    let changed = json!({ "position": "Analyst" });
    let ada = format!("/v1/clients/{ada}");
    let ada = admin.patch(&ada, &changed).await.expect(200);
    assert_eq!(ada["companyIds"], json!([company["id"]]));

    set(true).await;
    admin.patch(&bob, &into).await.expect(200);
}

#[tokio::test]
async fn a_client_is_taken_out_of_one_company_and_stays_in_the_others() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = async |name: &str| {
        let made = admin.post("/v1/companies", &json!({ "name": name })).await;
        id(&made.expect(200)).to_owned()
    };
    let (engines, looms) = (company("Engines").await, company("Looms").await);
    let ada = json!({ "name": "Ada", "email": "ada@example.com", "companyIds": [engines, looms] });
    let ada = admin.post("/v1/clients", &ada).await.expect(200);
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.clientRemoved"]).await;
    let path = |company: &str| format!("/v1/companies/{company}/clients/{}", id(&ada));
    let client = format!("/v1/clients/{}", id(&ada));

    let left = admin.delete(&path(&engines)).await.expect(200);
    assert_eq!(
        left,
        json!({ "id": ada["id"], "object": "companyMembership", "deleted": true })
    );
    let after = admin.get(&client).await.expect(200);
    assert_eq!(after["companyIds"], json!([looms]));
    admin
        .delete(&path(&engines))
        .await
        .problem(404, "not_found");
    app.settle().await;
    assert_eq!(receiver.event_types(), ["company.clientRemoved"]);

    let required = json!({ "companies": "required" });
    admin.patch("/v1/workspaces", &required).await.expect(200);
    let refused = admin.delete(&path(&looms)).await;
    assert_eq!(refused.problem(400, "company_required"), Some("clientId"));
    let optional = json!({ "companies": "optional" });
    admin.patch("/v1/workspaces", &optional).await.expect(200);
    admin.delete(&path(&looms)).await.expect(200);
    let after = admin.get(&client).await.expect(200);
    let of_ada = after["companyId"].as_str().expect("an id");
    let of_ada = format!("/v1/companies/{of_ada}");
    assert_eq!(admin.get(&of_ada).await.expect(200)["isPlaceholder"], true);
}

#[tokio::test]
async fn names_that_look_alike_are_one_company() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (name, other) in [
        ("Straße AG", "STRASSE AG"),
        ("Caf\u{e9} X", "Cafe\u{0301}  X"),
    ] {
        let made = json!({ "name": name });
        let made = admin.post("/v1/companies", &made).await.expect(200);
        let other = json!({ "name": other });
        let refused = admin.post("/v1/companies", &other).await;
        assert_eq!(refused.problem(409, "company_name_taken"), Some("name"));
        let found = admin
            .post("/v1/companies?findOrCreate=true", &other)
            .await
            .expect(200);
        assert_eq!(found["id"], made["id"]);
    }
    let nothing = json!({ "name": "\u{200b}\u{200b}" });
    let refused = admin.post("/v1/companies", &nothing).await;
    assert_eq!(refused.problem(400, "text_invalid"), Some("name"));
}

#[tokio::test]
async fn a_company_shows_how_many_clients_it_has_wherever_it_is_shown() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    app.register(&receiver, &["company.created", "company.updated"])
        .await;
    let engines = json!({ "name": "Engines", "tags": ["VIP"] });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    assert_eq!(engines["clientCount"], 0);
    let mut clients = Vec::new();
    for name in ["Ada", "Bob", "Eve"] {
        let body = json!({ "name": name, "email": format!("{name}@example.com"),
            "companyIds": [engines["id"]] });
        clients.push(admin.post("/v1/clients", &body).await.expect(200));
    }
    app.settle().await;
    let shown = async || {
        let mut shown = vec![admin.get(&path(&engines)).await.expect(200)["clientCount"].clone()];
        for list in [
            "isPlaceholder=false",
            "name=Engines",
            "sort=name",
            "sort=-clientCount",
            "tag=vip",
            "isActive=true",
            "search=eng",
        ] {
            let list = admin.get(&format!("/v1/companies?{list}")).await;
            shown.push(list.expect(200)["data"][0]["clientCount"].clone());
        }
        shown
    };

    assert_eq!(shown().await, vec![json!(3); 8]);
    let alone = format!("/v1/clients/{}", id(&clients[0]));
    let nowhere = json!({ "companyIds": [] });
    let left = admin.patch(&alone, &nowhere).await.expect(200);
    let archived = format!("/v1/clients/{}", id(&clients[1]));
    admin.delete(&archived).await.expect(200);
    app.settle().await;
    assert_eq!(shown().await, vec![json!(1); 8]);
    let placeholder = left["companyId"].as_str().expect("an id");
    let placeholder = admin.get(&format!("/v1/companies/{placeholder}")).await;
    assert_eq!(placeholder.expect(200)["clientCount"], 1);

    // A change keeps it, whoever came meanwhile, and events do not tell it.
    let renamed = json!({ "name": "Looms" });
    let renamed = admin.patch(&path(&engines), &renamed).await.expect(200);
    assert_eq!(renamed["clientCount"], 1);
    app.settle().await;
    assert_eq!(
        admin.get(&path(&engines)).await.expect(200)["clientCount"],
        1
    );
    for webhook in receiver.received() {
        assert_eq!(webhook.event()["data"].get("clientCount"), None);
    }
}
