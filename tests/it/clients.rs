//! Clients through the public door.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};

async fn create(app: &TestApp, body: Value) -> Value {
    app.admin().post("/v1/clients", &body).await.expect(200)
}

fn person(given: &str, family: &str) -> Value {
    let email = format!("{given}.{family}@example.com").to_lowercase();
    json!({ "givenName": given, "familyName": family, "email": email })
}

fn path(client: &Value) -> String {
    format!("/v1/clients/{}", id(client))
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let list = app
        .admin()
        .get(&format!("/v1/clients?{query}"))
        .await
        .expect(200);
    let items = list["data"].as_array().expect("a list").clone();
    items
        .iter()
        .map(|client| client["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_client_without_a_company_has_a_placeholder() {
    let app = TestApp::start().await;
    let admin = app.admin();

    let client = create(&app, person("Ada", "Lovelace")).await;

    let id = client["companyId"].as_str().expect("always a text");
    assert_eq!(client["companyIds"], json!([id]));
    let placeholder = admin.get(&format!("/v1/companies/{id}")).await.expect(200);
    assert_eq!(
        (&placeholder["isPlaceholder"], &placeholder["name"]),
        (&json!(true), &json!(""))
    );
    let rename = admin
        .patch(
            &format!("/v1/companies/{id}"),
            &json!({ "name": "Ada Ltd" }),
        )
        .await;
    rename.problem(409, "company_is_placeholder");
    let join =
        json!({ "givenName": "B", "familyName": "C", "email": "b@example.com", "companyId": id });
    let refused = admin.post("/v1/clients", &join).await;
    assert_eq!(
        refused.problem(409, "company_is_placeholder"),
        Some("companyIds")
    );
}

#[tokio::test]
async fn a_placeholder_can_be_written_back_as_it_was_read() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = create(&app, person("Ada", "Lovelace")).await;
    let bob = json!({ "name": "Bob Babbage", "email": "bob@example.com" });
    let bob = create(&app, bob).await;

    for own in [
        json!({ "companyId": ada["companyId"] }),
        json!({ "companyIds": ada["companyIds"] }),
    ] {
        let patched = admin.patch(&path(&ada), &own).await.expect(200);
        assert_eq!(patched["companyIds"], ada["companyIds"]);
    }
    let whole =
        json!({ "givenName": "Augusta", "familyName": "Lovelace", "companyId": ada["companyId"] });
    let put = admin
        .send("PUT", &path(&ada), Some(whole.to_string()))
        .await
        .expect(200);
    assert_eq!(
        (&put["companyId"], &put["givenName"]),
        (&ada["companyId"], &json!("Augusta"))
    );
    let other = json!({ "companyIds": bob["companyIds"] });
    let refused = admin.patch(&path(&ada), &other).await;
    assert_eq!(
        refused.problem(409, "company_is_placeholder"),
        Some("companyIds")
    );
    let of_bob = bob["companyId"].as_str().expect("an id");
    let path = format!("/v1/companies/{of_bob}/clients");
    let joining = json!({ "clientIds": [ada["id"]] });
    let refused = admin.post(&path, &joining).await;
    refused.problem(409, "company_is_placeholder");
}

#[tokio::test]
async fn leaving_all_companies_makes_a_new_placeholder_and_joining_one_ends_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let client = create(&app, person("Ada", "Lovelace")).await;
    let first = client["companyId"].as_str().expect("an id").to_owned();

    let joined = admin
        .patch(&path(&client), &json!({ "companyIds": [company["id"]] }))
        .await
        .expect(200);
    assert_eq!(joined["companyId"], company["id"]);
    admin
        .get(&format!("/v1/companies/{first}"))
        .await
        .problem(404, "not_found");

    let left = admin
        .patch(&path(&client), &json!({ "companyId": "" }))
        .await
        .expect(200);
    assert_ne!(left["companyId"], company["id"]);
    assert_ne!(left["companyId"], first.as_str());
}

#[tokio::test]
async fn a_change_tells_what_was_before_and_an_empty_one_tells_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    let client = create(&app, person("Ada", "Byron")).await;
    app.settle().await;
    app.register(&receiver, &["client.*", "company.*"]).await;
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);

    admin
        .patch(&path(&client), &json!({ "familyName": "Byron" }))
        .await
        .expect(200);
    let changed =
        json!({ "familyName": "Lovelace", "companyIds": [company["id"]], "position": "Analyst" });
    let after = admin.patch(&path(&client), &changed).await.expect(200);
    app.settle().await;

    assert_eq!(after["name"], "Ada Lovelace");
    assert_eq!(
        receiver.event_types(),
        ["company.created", "client.updated", "company.clientAdded"]
    );
    let event = receiver.received()[1].event();
    let previous = json!({
        "familyName": "Byron", "name": "Ada Byron", "position": null,
        "companyId": client["companyId"], "companyIds": client["companyIds"],
    });
    assert_eq!(event["previousAttributes"], previous);
    assert_eq!(event["data"]["previousAttributes"], previous);
    assert_eq!(event["sequence"], 2);
    let joined = receiver.received()[2].event();
    assert_eq!(
        (&joined["data"]["companyId"], &joined["sequence"]),
        (&company["id"], &json!(3))
    );
}

#[tokio::test]
async fn an_archived_client_is_gone_and_its_address_free() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let receiver = Receiver::start().await;
    let body = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com" });
    let client = admin
        .post("/v1/clients?sendInvite=true", &body)
        .await
        .expect(200);
    app.settle().await;
    let link = app.link("ada@example.com").await;
    app.register(&receiver, &["*"]).await;

    let gone = admin.delete(&path(&client)).await.expect(200);
    app.settle().await;

    assert_eq!(
        gone,
        json!({ "id": client["id"], "object": "client", "deleted": true })
    );
    admin.get(&path(&client)).await.problem(404, "not_found");
    admin.delete(&path(&client)).await.problem(404, "not_found");
    admin
        .patch(&path(&client), &json!({}))
        .await
        .problem(404, "not_found");
    assert_eq!(names(&app, "").await, Vec::<String>::new());
    app.nobody()
        .get(&link)
        .await
        .problem(410, "invitation_cancelled");
    assert_eq!(
        receiver.event_types(),
        [
            "invitation.cancelled",
            "client.statusChanged",
            "client.archived",
            "client.deleted"
        ]
    );
    let again = admin.post("/v1/clients", &body).await.expect(200);
    assert_ne!(again["id"], client["id"]);
}

#[tokio::test]
async fn clients_are_listed_by_exact_fields() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let mut grace = person("Grace", "Hopper");
    grace["companyIds"] = json!([company["id"]]);
    create(&app, person("Ada", "Lovelace")).await;
    create(&app, grace).await;
    create(&app, person("Ada", "Hopper")).await;
    let of_company = format!("companyId={}", id(&company));

    assert_eq!(
        names(&app, "companyId=").await,
        ["Ada Lovelace", "Grace Hopper", "Ada Hopper"]
    );
    assert_eq!(
        names(&app, "email=grace.hopper%40example.com").await,
        ["Grace Hopper"]
    );
    assert_eq!(
        names(&app, "email=GRACE.hopper%40example.com").await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(&app, "givenName=Ada").await,
        ["Ada Lovelace", "Ada Hopper"]
    );
    assert_eq!(
        names(&app, "familyName=Hopper").await,
        ["Grace Hopper", "Ada Hopper"]
    );
    assert_eq!(
        names(&app, "familyName=Hopper&givenName=Ada").await,
        ["Ada Hopper"]
    );
    assert_eq!(names(&app, &of_company).await, ["Grace Hopper"]);
    assert_eq!(
        names(&app, &format!("{of_company}&givenName=Ada")).await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(
            &app,
            &format!("{of_company}&email=grace.hopper@example.com")
        )
        .await,
        ["Grace Hopper"]
    );
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let app = TestApp::start().await;
    for number in 0..7 {
        create(&app, person("Ada", &format!("Number{number}"))).await;
    }

    let (mut seen, mut query) = (Vec::new(), "limit=3".to_owned());
    loop {
        let page = app
            .admin()
            .get(&format!("/v1/clients?{query}"))
            .await
            .expect(200);
        let items = page["data"].as_array().expect("a list");
        assert!(items.len() <= 3);
        seen.extend(
            items
                .iter()
                .map(|client| client["familyName"].as_str().unwrap_or_default().to_owned()),
        );
        match page["nextToken"].as_str() {
            Some(token) => query = format!("limit=3&nextToken={token}"),
            None => break,
        }
    }

    let expected: Vec<String> = (0..7).map(|number| format!("Number{number}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_limit_is_clamped_and_never_an_error_for_being_large() {
    let app = TestApp::start().await;
    create(&app, person("Ada", "Lovelace")).await;

    for limit in ["1", "2000", "10000", "99999999999"] {
        assert_eq!(
            names(&app, &format!("limit={limit}")).await.len(),
            1,
            "{limit}"
        );
    }
    for limit in ["0", "-1", "many"] {
        let refused = app.admin().get(&format!("/v1/clients?limit={limit}")).await;
        assert_eq!(refused.problem(400, "parameter_invalid"), Some("limit"));
    }
}

#[tokio::test]
async fn a_person_with_a_single_name_is_written_as_it_is_read() {
    let app = TestApp::start().await;
    let cher = json!({ "name": "Cher", "email": "cher@example.com" });
    let cher = create(&app, cher).await;
    assert_eq!(cher["familyName"], "");

    let same = json!({ "givenName": "Cher", "familyName": "" });
    let (admin, path) = (app.admin(), path(&cher));
    let put = admin.send("PUT", &path, Some(same.to_string())).await;
    assert_eq!(put.expect(200)["name"], "Cher");
    let mut another = same.clone();
    another["email"] = json!("other@example.com");
    create(&app, another).await;
    let patched = admin.patch(&path, &json!({ "familyName": "" })).await;
    assert_eq!(patched.expect(200)["familyName"], "");
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_by_name() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = create(&app, person("Ada", "Lovelace")).await;
    let company = async |name: &str| {
        let made = admin.post("/v1/companies", &json!({ "name": name })).await;
        id(&made.expect(200)).to_owned()
    };
    let (engines, looms) = (company("Engines").await, company("Looms").await);

    for (fields, code, field) in [
        (
            json!({ "name": "X Y", "givenName": "Z" }),
            "name_ambiguous",
            "name",
        ),
        (
            json!({ "companyId": engines, "companyIds": [looms, engines] }),
            "company_ambiguous",
            "companyId",
        ),
    ] {
        let refused = admin.patch(&path(&ada), &fields).await;
        assert_eq!(refused.problem(400, code), Some(field), "{fields}");
    }
    // What `GET` shows of both is one thing said twice.
    let both = json!({ "companyId": looms, "companyIds": [looms, engines] });
    let both = admin.patch(&path(&ada), &both).await.expect(200);
    assert_eq!(both["companyIds"], json!([looms, engines]));
}

#[tokio::test]
async fn null_clears_all_values_of_custom_fields() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let field = |entity: &str| json!({ "entityType": entity, "name": "Tier", "type": "text" });
    let fields = json!({ "customFields": [field("client"), field("company")] });
    admin.post("/v1/custom-fields", &fields).await.expect(200);
    let values = json!({ "tier": "gold" });
    let mut ada = person("Ada", "Lovelace");
    ada["customFields"] = values.clone();
    let ada = path(&create(&app, ada).await);
    let engines = json!({ "name": "Engines", "customFields": values });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    let engines = format!("/v1/companies/{}", id(&engines));

    for path in [ada, engines] {
        let kept = admin.patch(&path, &json!({})).await.expect(200);
        assert_eq!(kept["customFields"], values);
        let cleared = json!({ "customFields": null });
        let cleared = admin.patch(&path, &cleared).await.expect(200);
        assert_eq!(cleared["customFields"], Value::Null);
    }
}
