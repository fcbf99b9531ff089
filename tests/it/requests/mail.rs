//! Who is mailed about a request: account managers about a new one, the client
//! about each step.

use e2e::{TestApp, id};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::time::Duration;

/// A new team member with this role, limited to these companies if it is.
async fn member(app: &TestApp, name: &str, role: &str, companies: Option<&[&str]>) -> String {
    let email = format!("{name}@rocket.example");
    let mut body = json!({ "name": format!("{name} Major"), "email": email, "role": role });
    if let Some(companies) = companies {
        body["isClientAccessLimited"] = json!(true);
        body["companyAccessList"] = json!(companies);
    }
    let added = app.admin().post("/v1/internal-users", &body).await;
    id(&added.expect(201)).to_owned()
}

async fn subjects(app: &TestApp, name: &str) -> Vec<String> {
    let mails = app.mails(&format!("{name}@rocket.example")).await;
    let subjects = mails.iter().filter_map(|mail| mail["Subject"].as_str());
    subjects.map(ToOwned::to_owned).collect()
}

async fn service(app: &TestApp) -> Value {
    let body = json!({ "name": "Tax return" });
    app.admin().post("/v1/services", &body).await.expect(201)
}

#[tokio::test]
async fn account_managers_who_may_see_it_are_mailed_about_a_new_request() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = |name: &str| json!({ "name": name });
    let engines = admin
        .post("/v1/companies", &company("Engines"))
        .await
        .expect(200);
    let looms = admin
        .post("/v1/companies", &company("Looms"))
        .await
        .expect(200);
    let role = json!({ "name": "Blind", "permissions": ["view_clients"] });
    let blind = admin.post("/v1/roles", &role).await.expect(201);
    let role = json!({ "name": "Desk", "permissions": ["view_requests"] });
    let desk = admin.post("/v1/roles", &role).await.expect(201);
    let managers = [
        member(&app, "mary", "staff", None).await,
        member(&app, "desk", id(&desk), None).await,
        member(&app, "inside", "staff", Some(&[id(&engines)])).await,
        member(&app, "outside", "staff", Some(&[id(&looms)])).await,
        member(&app, "blind", id(&blind), None).await,
        member(&app, "gone", "staff", None).await,
    ];
    let of_client = member(&app, "paul", "staff", None).await;
    member(&app, "nobody", "staff", None).await;
    let path = format!("/v1/companies/{}", id(&engines));
    let change = json!({ "accountManagerIds": managers });
    admin.patch(&path, &change).await.expect(200);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&engines)))
        .await;
    let both = json!({ "accountManagerIds": [of_client, managers[0]] });
    let path = format!("/v1/clients/{}", ada.id);
    admin.patch(&path, &both).await.expect(200);
    let path = format!("/v1/internal-users/{}", managers[5]);
    admin.delete(&path).await.expect(200);
    let service = service(&app).await;

    let wanted = json!({
        "serviceId": service["id"], "title": "The year 2025", "details": "By June, please.",
    });
    let asked = ada
        .actor
        .post("/portal/requests", &wanted)
        .await
        .expect(201);
    app.settle().await;

    for name in ["mary", "desk", "inside", "paul"] {
        let told = subjects(&app, name).await;
        assert_eq!(told, ["New request: The year 2025"], "{name}");
    }
    for name in ["outside", "blind", "gone", "nobody"] {
        assert_eq!(subjects(&app, name).await, Vec::<String>::new(), "{name}");
    }
    let mails = app.mails("mary@rocket.example").await;
    let text = mails[0]["Text"].as_str().expect("a text");
    for part in [
        "Ada Lovelace of Engines asks for Tax return:",
        "“The year 2025”",
        "By June, please.",
        id(&asked),
    ] {
        assert!(text.contains(part), "{text}");
    }
    let cancel = format!("/portal/requests/{}/cancel", id(&asked));
    for _ in 0..2 {
        ada.actor.post(&cancel, &json!({})).await.expect(200);
    }
    app.settle().await;
    for (name, told) in [("inside", 2), ("paul", 2), ("outside", 0), ("nobody", 0)] {
        assert_eq!(subjects(&app, name).await.len(), told, "{name}");
    }
    let cancelled = subjects(&app, "mary").await;
    assert!(cancelled.contains(&"Request cancelled: The year 2025".to_owned()));
    // Who asks on behalf of a client knows.
    let mut wanted = wanted;
    wanted["clientId"] = json!(ada.id);
    wanted["title"] = json!("The year 2026");
    let paul = json!({
        "name": "Paul's", "ownerId": of_client, "permissions": ["manage_requests"],
    });
    let paul = admin.post("/v1/api-keys", &paul).await.expect(201);
    let key = paul["key"].as_str().or(paul["apiKey"].as_str());
    let paul = app.actor(Some(key.expect("a key")));
    paul.post("/v1/requests", &wanted).await.expect(201);
    app.settle().await;
    assert_eq!(subjects(&app, "mary").await.len(), 3);
    assert_eq!(subjects(&app, "paul").await.len(), 2);
}

#[tokio::test]
async fn a_client_is_mailed_about_each_step_that_the_team_takes() {
    let app = TestApp::start().await;
    let (admin, service) = (app.admin(), service(&app).await);
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let wanted = json!({ "serviceId": service["id"], "title": "The year 2025" });
    let asked = ada
        .actor
        .post("/portal/requests", &wanted)
        .await
        .expect(201);
    app.settle().await;
    let before = app.mails("ada@example.com").await.len();
    let path = format!("/v1/requests/{}", id(&asked));

    let step = json!({ "status": "inProgress", "note": "We have begun." });
    admin.patch(&path, &step).await.expect(200);
    let step = json!({ "status": "declined", "note": "The year is closed." });
    admin.patch(&path, &step).await.expect(200);
    app.settle().await;

    let mut mails = app.mails("ada@example.com").await;
    mails.truncate(mails.len() - before);
    let mut texts: Vec<&str> = mails
        .iter()
        .filter_map(|mail| mail["Text"].as_str())
        .collect();
    texts.sort_by_key(|text| text.contains("declined"));
    assert_eq!(texts.len(), 2);
    assert!(
        texts[0].contains("is in progress") && texts[0].contains("We have begun."),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("was declined") && texts[1].contains("The year is closed."),
        "{texts:?}"
    );

    // What a client does itself it knows.
    let asked = ada
        .actor
        .post("/portal/requests", &wanted)
        .await
        .expect(201);
    let cancel = format!("/portal/requests/{}/cancel", id(&asked));
    ada.actor.post(&cancel, &json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.mails("ada@example.com").await.len(), before + 2);
}

#[tokio::test]
async fn who_is_not_invited_is_mailed_only_if_the_workspace_wants_that() {
    let app = TestApp::start().await;
    let (admin, service) = (app.admin(), service(&app).await);
    let step = async |name: &str| {
        let email = format!("{name}@example.com");
        let client = json!({ "name": name, "email": email });
        let client = admin.post("/v1/clients", &client).await.expect(200);
        let wanted = json!({
            "clientId": client["id"], "serviceId": service["id"], "title": "The year 2025",
        });
        let made = admin.post("/v1/requests", &wanted).await.expect(201);
        let path = format!("/v1/requests/{}", id(&made));
        let done = json!({ "status": "done" });
        admin.patch(&path, &done).await.expect(200);
        app.settle().await;
        app.mails(&email).await.len()
    };

    assert_eq!(step("ada").await, 1);
    let quiet = json!({ "isUninvitedNotificationEnabled": false });
    admin.patch("/v1/workspaces", &quiet).await.expect(200);
    assert_eq!(step("grace").await, 0);
}

#[tokio::test]
async fn a_mail_that_is_not_taken_comes_later_and_one_to_who_was_erased_never() {
    let app = TestApp::start().await;
    let (admin, service) = (app.admin(), service(&app).await);
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let grace = app.client("Grace Hopper", "grace@example.com", None).await;
    let is_mail = |call: &Call| call.service == "ses";
    app.server.aws().inject(move |call: &Call| {
        is_mail(call).then_some(Fault::Refuse("TooManyRequestsException"))
    });
    let mut before = Vec::new();
    for client in [&ada, &grace] {
        before.push(app.mails(&client.email).await.len());
        let wanted = json!({ "serviceId": service["id"], "title": "The year 2025" });
        let asked = client
            .actor
            .post("/portal/requests", &wanted)
            .await
            .expect(201);
        let path = format!("/v1/requests/{}", id(&asked));
        let done = json!({ "status": "done" });
        admin.patch(&path, &done).await.expect(200);
    }
    app.settle().await;
    let purge = format!("/v1/clients/{}/purge", grace.id);
    admin.post(&purge, &json!({})).await.expect(200);
    app.server.aws().heal();

    app.advance(Duration::from_mins(5)).await;

    assert_eq!(app.mails("ada@example.com").await.len(), before[0] + 1);
    assert_eq!(app.mails("grace@example.com").await.len(), before[1]);
}
