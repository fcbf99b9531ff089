//! Endpoints that are no webhooks, against stand-ins that check what the
//! vendors' documentation demands.

use e2e::{
    TestApp, id,
    stand_in::{
        Asked, StandIn, Told,
        hubspot::{self, HubSpot},
        salesforce::{self, Salesforce},
        slack::Slack,
    },
};
use serde_json::{Value, json};
use std::time::Duration;

async fn register(app: &TestApp, body: Value) -> Value {
    let answer = app.admin().post("/v1/webhook-endpoints", &body).await;
    answer.expect(201)
}

async fn hubspot_endpoint(app: &TestApp, hubspot: &HubSpot) -> Value {
    register(
        app,
        json!({ "kind": "hubspot", "settings": hubspot_settings(hubspot) }),
    )
    .await
}

fn hubspot_settings(hubspot: &HubSpot) -> Value {
    json!({ "accessToken": hubspot::TOKEN, "apiBase": hubspot.stand_in.base })
}

fn salesforce_settings(salesforce: &Salesforce) -> Value {
    json!({
        "instanceUrl": salesforce.stand_in.base,
        "clientId": salesforce::CLIENT_ID,
        "clientSecret": salesforce::CLIENT_SECRET,
    })
}

async fn company(app: &TestApp, name: &str) -> Value {
    let body = json!({ "name": name });
    app.admin().post("/v1/companies", &body).await.expect(200)
}

async fn client(app: &TestApp, companies: &[&Value]) -> Value {
    let companies: Vec<&str> = companies.iter().map(|company| id(company)).collect();
    let body = json!({
        "givenName": "Ada", "familyName": "Lovelace", "email": "Ada.L@example.com",
        "companyIds": companies, "phone": "+441234567890",
    });
    app.admin().post("/v1/clients", &body).await.expect(200)
}

async fn change(app: &TestApp, thing: &Value, body: Value) {
    let path = match thing["object"].as_str() {
        Some("client") => format!("/v1/clients/{}", id(thing)),
        _ => format!("/v1/companies/{}", id(thing)),
    };
    app.admin().patch(&path, &body).await.expect(200);
    app.settle().await;
}

fn path_of(endpoint: &Value) -> String {
    format!("/v1/webhook-endpoints/{}", id(endpoint))
}

/// What became of the deliveries of a type: status and latest attempt.
async fn outcome(app: &TestApp, endpoint: &Value, kind: &str) -> (String, Value) {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let deliveries = list["data"].as_array().expect("a list");
    let found = deliveries
        .iter()
        .find(|delivery| delivery["eventType"] == kind);
    let found = found.unwrap_or_else(|| panic!("no {kind} in {list}"));
    let latest = found["attempts"].as_array().and_then(|all| all.last());
    let status = found["status"].as_str().unwrap_or_default();
    (status.to_owned(), latest.cloned().unwrap_or_default())
}

async fn all_delivered(app: &TestApp, endpoint: &Value) {
    let path = format!("{}/deliveries?limit=100", path_of(endpoint));
    let list = app.admin().get(&path).await.expect(200);
    let late: Vec<&Value> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|delivery| delivery["status"] != "delivered")
        .collect();
    assert!(late.is_empty(), "{late:#?}");
}

/// The requests with what differs between runs blanked, in an order of their
/// own: events of different objects go out side by side.
fn golden(stand_in: &StandIn, blanks: &[(&str, &str)]) -> String {
    let blank = |asked: &Asked| {
        blanks.iter().fold(asked.golden(), |text, (value, name)| {
            text.replace(value, name)
        })
    };
    let mut requests: Vec<String> = stand_in.asked().iter().map(blank).collect();
    requests.sort();
    requests.dedup();
    requests.join("\n\n")
}

#[tokio::test]
async fn clients_and_companies_are_kept_up_to_date_in_hubspot() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let engines = company(&app, "Engines & Co").await;

    let ada = client(&app, &[&engines]).await;
    app.settle().await;

    all_delivered(&app, &endpoint).await;
    let blanks = [(id(&engines), "<company>"), (id(&ada), "<client>")];
    insta::assert_snapshot!("hubspot_requests", golden(&hubspot.stand_in, &blanks));
    {
        let account = hubspot.account();
        let (number, contact) = &account.contacts["Ada.L@example.com"];
        assert_eq!(
            (&contact["firstname"], &contact["phone"]),
            (&json!("Ada"), &json!("+441234567890"))
        );
        let (company, properties) = &account.companies[id(&engines)];
        assert_eq!(properties["name"], "Engines & Co");
        assert!(
            account
                .associations
                .contains(&(number.clone(), company.clone()))
        );
    }
    change(&app, &ada, json!({ "position": "Analyst", "phone": "" })).await;
    change(&app, &engines, json!({ "name": "Looms" })).await;
    {
        let account = hubspot.account();
        let (_, contact) = &account.contacts["Ada.L@example.com"];
        assert_eq!(
            (&contact["jobtitle"], &contact["phone"]),
            (&json!("Analyst"), &json!(""))
        );
        assert_eq!(account.companies[id(&engines)].1["name"], "Looms");
    }
    change(&app, &ada, json!({ "companyIds": [] })).await;
    assert!(hubspot.account().associations.is_empty());
    all_delivered(&app, &endpoint).await;
}

#[tokio::test]
async fn what_is_removed_here_stays_in_hubspot_and_counts_as_delivered() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let ada = client(&app, &[]).await;
    app.settle().await;
    hubspot.stand_in.forget();

    let path = format!("/v1/clients/{}", id(&ada));
    app.admin().delete(&path).await.expect(200);
    app.settle().await;

    assert_eq!(hubspot.stand_in.asked().len(), 0);
    let (status, attempt) = outcome(&app, &endpoint, "client.deleted").await;
    assert_eq!(status, "delivered");
    assert_eq!(
        attempt["note"],
        "what is removed in Portico stays in HubSpot"
    );
    assert_eq!(attempt["responseStatus"], Value::Null);
    let health = app
        .admin()
        .get(&format!("{}/health", path_of(&endpoint)))
        .await
        .expect(200);
    assert_eq!(health["successRate"], 1.0);
}

#[tokio::test]
async fn a_mapping_replaces_adds_and_takes_away_properties() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let mut settings = hubspot_settings(&hubspot);
    settings["companies"] = json!(false);
    settings["mapping"] = json!({ "contact": {
        "phone": null, "jobtitle": "status", "lifecyclestage": { "value": "customer" },
    } });
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": settings })).await;
    let engines = company(&app, "Engines").await;

    client(&app, &[&engines]).await;
    app.settle().await;

    {
        let account = hubspot.account();
        let (_, contact) = &account.contacts["Ada.L@example.com"];
        let expected = json!({
            "firstname": "Ada", "jobtitle": "notInvited", "lastname": "Lovelace", "lifecyclestage": "customer",
        });
        assert_eq!(&json!(contact), &expected);
        assert!(account.companies.is_empty());
    }
    let (status, attempt) = outcome(&app, &endpoint, "company.created").await;
    assert_eq!(status, "delivered");
    assert_eq!(
        attempt["note"],
        "companies are switched off in the settings"
    );
}

#[tokio::test]
async fn what_hubspot_refuses_is_tried_again() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let mut settings = hubspot_settings(&hubspot);
    settings["accessToken"] = json!("pat-na1-old");
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": settings })).await;

    let ada = client(&app, &[]).await;
    app.settle().await;

    let (status, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(
        (status.as_str(), &attempt["responseStatus"]),
        ("waiting", &json!(401))
    );
    let settings = json!({ "settings": hubspot_settings(&hubspot) });
    app.admin()
        .patch(&path_of(&endpoint), &settings)
        .await
        .expect(200);
    hubspot.stand_in.tell_next(&[
        hubspot::error(429, "RATE_LIMITS", "You have reached your secondly limit.").after(60),
        Told::json(
            207,
            &json!({ "status": "COMPLETE", "results": [], "numErrors": 1, "errors": [] }),
        ),
    ]);
    app.advance(Duration::from_secs(10)).await;
    let (_, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(attempt["responseStatus"], 429);
    app.advance(Duration::from_secs(45)).await;
    assert_eq!(hubspot.stand_in.asked().len(), 2, "it asked for a minute");
    app.advance(Duration::from_secs(20)).await;
    let (_, attempt) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(
        (&attempt["responseStatus"], &attempt["error"]),
        (&json!(207), &json!("partial_failure"))
    );
    app.advance(Duration::from_mins(7)).await;
    let (status, _) = outcome(&app, &endpoint, "client.created").await;
    assert_eq!(status, "delivered");
    assert_eq!(hubspot.account().contacts.len(), 1);
    // Until it was taken, what happened next had to wait.
    hubspot
        .stand_in
        .tell_next(&[hubspot::error(500, "INTERNAL_ERROR", "internal error")]);
    change(&app, &ada, json!({ "position": "Analyst" })).await;
    hubspot.stand_in.forget();
    change(&app, &ada, json!({ "position": "Countess" })).await;
    assert_eq!(hubspot.stand_in.asked().len(), 0);
    app.advance(Duration::from_secs(30)).await;
    app.advance(Duration::from_secs(30)).await;
    assert_eq!(
        hubspot.account().contacts["Ada.L@example.com"].1["jobtitle"],
        "Countess"
    );
}

#[tokio::test]
async fn a_test_of_hubspot_makes_no_contact_and_finds_what_is_missing() {
    let app = TestApp::start().await;
    let hubspot = HubSpot::start().await;
    let endpoint = hubspot_endpoint(&app, &hubspot).await;
    let path = format!("{}/test", path_of(&endpoint));

    for (property, error) in [
        (Some(true), Value::Null),
        (Some(false), json!("company_property_not_unique")),
        (None, json!("company_property_missing")),
    ] {
        hubspot.account().company_property = property;
        let tested = app.admin().post(&path, &json!({})).await.expect(200);
        assert_eq!(
            (&tested["success"], &tested["attempt"]["error"]),
            (&json!(error.is_null()), &error)
        );
    }
    assert!(hubspot.account().contacts.is_empty());
}

#[tokio::test]
async fn clients_and_companies_are_kept_up_to_date_in_salesforce() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let settings = salesforce_settings(&salesforce);
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    let engines = company(&app, "Engines").await;
    let looms = company(&app, "Looms").await;

    let ada = client(&app, &[&engines]).await;
    app.settle().await;

    all_delivered(&app, &endpoint).await;
    let blanks = [
        (id(&engines), "<engines>"),
        (id(&looms), "<looms>"),
        (id(&ada), "<client>"),
    ];
    insta::assert_snapshot!("salesforce_requests", golden(&salesforce.stand_in, &blanks));
    {
        let org = salesforce.org();
        assert_eq!(org.contacts[id(&ada)]["LastName"], "Lovelace");
        assert_eq!(
            org.contacts[id(&ada)]["Account"]["Portico_Id__c"],
            id(&engines)
        );
        assert_eq!(org.accounts[id(&looms)]["Name"], "Looms");
    }
    change(
        &app,
        &ada,
        json!({ "companyIds": [id(&looms)], "phone": "" }),
    )
    .await;
    assert_eq!(
        salesforce.org().contacts[id(&ada)]["Account"]["Portico_Id__c"],
        id(&looms)
    );
    assert_eq!(salesforce.org().contacts[id(&ada)]["Phone"], Value::Null);
    change(&app, &ada, json!({ "companyIds": [] })).await;
    assert_eq!(
        salesforce.org().contacts[id(&ada)]["AccountId"],
        Value::Null
    );
    all_delivered(&app, &endpoint).await;
    assert_eq!(salesforce.org().tokens_given(), 1, "it was used again");
}

#[tokio::test]
async fn a_salesforce_token_is_renewed_when_it_is_old_or_the_session_is_over() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let settings = salesforce_settings(&salesforce);
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    company(&app, "Engines").await;
    app.settle().await;
    assert_eq!(salesforce.org().tokens_given(), 1);

    salesforce.org().end_sessions();
    company(&app, "Looms").await;
    app.settle().await;
    assert_eq!(salesforce.org().tokens_given(), 2);
    app.advance(Duration::from_mins(11)).await;
    company(&app, "Mills").await;
    app.settle().await;

    assert_eq!(salesforce.org().tokens_given(), 3);
    assert_eq!(salesforce.org().accounts.len(), 3);
    all_delivered(&app, &endpoint).await;
}

#[tokio::test]
async fn what_salesforce_refuses_is_told_and_tried_again() {
    let app = TestApp::start().await;
    let salesforce = Salesforce::start().await;
    let mut settings = salesforce_settings(&salesforce);
    settings["clientSecret"] = json!("wrong");
    let endpoint = register(&app, json!({ "kind": "salesforce", "settings": settings })).await;
    company(&app, "Engines").await;
    app.settle().await;

    let (status, attempt) = outcome(&app, &endpoint, "company.created").await;
    assert_eq!(
        (
            status.as_str(),
            &attempt["responseStatus"],
            &attempt["error"]
        ),
        ("waiting", &json!(400), &json!("token_refused"))
    );
    let test = format!("{}/test", path_of(&endpoint));
    let tested = app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(
        (&tested["success"], &tested["attempt"]["error"]),
        (&json!(false), &json!("token_refused"))
    );
    let settings = json!({ "settings": salesforce_settings(&salesforce) });
    app.admin()
        .patch(&path_of(&endpoint), &settings)
        .await
        .expect(200);
    let tested = app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(tested["success"], true, "{tested}");
    assert!(
        salesforce.org().accounts.is_empty(),
        "a test writes nothing"
    );
    app.advance(Duration::from_secs(10)).await;
    all_delivered(&app, &endpoint).await;
    assert_eq!(salesforce.org().accounts.len(), 1);
}

#[tokio::test]
async fn what_happens_is_told_in_slack_one_message_a_second() {
    let app = TestApp::start().await;
    let slack = Slack::start().await;
    let settings = json!({ "webhookUrl": slack.webhook_url() });
    let endpoint = register(&app, json!({ "kind": "slack", "settings": settings })).await;
    assert_eq!(
        (&endpoint["rateLimit"], &endpoint["ordering"]),
        (&json!(1), &json!("none"))
    );
    let engines = company(&app, "<!channel> & Sons").await;
    let ada = client(&app, &[&engines]).await;
    change(&app, &ada, json!({ "position": "Analyst" })).await;
    let path = format!("/v1/clients/{}", id(&ada));
    app.admin().delete(&path).await.expect(200);
    app.settle().await;

    assert_eq!(slack.messages().len(), 1, "no more than one a second");
    for _ in 0..6 {
        app.advance(Duration::from_secs(1)).await;
    }

    all_delivered(&app, &endpoint).await;
    let mut messages = slack.messages();
    messages.sort();
    let expected = [
        "Ada Lovelace joined <!channel> & Sons",
        "Client archived: Ada Lovelace (Ada.L@example.com)",
        "Client changed: Ada Lovelace (Ada.L@example.com). position: — → Analyst",
        "New client: Ada Lovelace (Ada.L@example.com)",
        "New company: <!channel> & Sons",
    ];
    assert_eq!(messages, expected);
    insta::assert_snapshot!("slack_requests", golden(&slack.stand_in, &[]));
    let test = format!("{}/test", path_of(&endpoint));
    app.admin().post(&test, &json!({})).await.expect(200);
    assert_eq!(
        slack.messages()[5],
        "[Test] New client: John Doe (john.doe@example.com)"
    );
}

#[tokio::test]
async fn a_slack_webhook_that_is_no_more_disables_the_endpoint() {
    for (status, word) in [(404, "no_service"), (410, "channel_is_archived")] {
        let app = TestApp::start().await;
        let slack = Slack::start().await;
        let settings = json!({ "webhookUrl": slack.webhook_url() });
        let endpoint = register(
            &app,
            json!({ "kind": "slack", "settings": settings, "contactEmail": "ops@example.com" }),
        )
        .await;
        slack
            .stand_in
            .tell_next(&[Told::text(400, "invalid_payload"), Told::text(status, word)]);

        company(&app, "Engines").await;
        app.settle().await;
        let (state, attempt) = outcome(&app, &endpoint, "company.created").await;
        assert_eq!(
            (state.as_str(), &attempt["responseExcerpt"]),
            ("waiting", &json!("invalid_payload"))
        );
        app.advance(Duration::from_secs(10)).await;

        let (state, attempt) = outcome(&app, &endpoint, "company.created").await;
        assert_eq!(
            (state.as_str(), &attempt["responseExcerpt"]),
            ("held", &json!(word))
        );
        let shown = app.admin().get(&path_of(&endpoint)).await.expect(200);
        assert_eq!(shown["enabled"], false);
        assert_eq!(app.mails("ops@example.com").await.len(), 1);
    }
}

#[tokio::test]
async fn settings_are_sealed_and_shown_without_what_is_secret() {
    let app = TestApp::start().await;
    let (hubspot, salesforce, slack) = (
        HubSpot::start().await,
        Salesforce::start().await,
        Slack::start().await,
    );
    let kinds = [
        (
            "hubspot",
            hubspot_settings(&hubspot),
            hubspot::TOKEN,
            "strict",
        ),
        (
            "salesforce",
            salesforce_settings(&salesforce),
            salesforce::CLIENT_SECRET,
            "strict",
        ),
        (
            "slack",
            json!({ "webhookUrl": slack.webhook_url() }),
            "XXXXXXXX",
            "none",
        ),
    ];
    for (kind, settings, secret, ordering) in kinds {
        app.server.aws().record_calls();
        let endpoint = app
            .admin()
            .post(
                "/v1/webhook-endpoints",
                &json!({ "kind": kind, "settings": settings }),
            )
            .await;
        let shown = app.admin().get(&path_of(&endpoint.body)).await;

        assert_eq!((endpoint.status, shown.status), (201, 200));
        assert!(
            !endpoint.text.contains(secret) && !shown.text.contains(secret),
            "{}",
            endpoint.text
        );
        let calls = app.server.aws().calls();
        assert!(
            calls
                .iter()
                .all(|call| !call.body.to_string().contains(secret)),
            "{kind}"
        );
        let shown = shown.body;
        assert_eq!(
            (&shown["kind"], &shown["ordering"]),
            (&json!(kind), &json!(ordering))
        );
        assert_eq!(
            (&shown["url"], &endpoint.body["secret"]),
            (&Value::Null, &Value::Null)
        );
        assert!(shown["settings"].is_object());
        let rotate = format!("{}/rotate-secret", path_of(&shown));
        let refused = app.admin().post(&rotate, &json!({})).await;
        refused.problem(409, "endpoint_has_no_secret");
    }
    let list = app.admin().get("/v1/webhook-endpoints").await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(3));
    assert!(!list.text.contains(hubspot::TOKEN));
}

#[tokio::test]
async fn what_an_endpoint_of_a_kind_cannot_be_is_refused_by_name() {
    let app = TestApp::start().await;
    let base = "http://127.0.0.1:9";
    let hubspot = json!({ "accessToken": "pat-1" });
    for (body, code, field) in [
        (
            json!({ "kind": "pipedrive", "settings": {} }),
            "field_invalid",
            "kind",
        ),
        (json!({ "kind": "hubspot" }), "field_required", "settings"),
        (
            json!({ "url": base, "settings": {} }),
            "field_not_for_kind",
            "settings",
        ),
        (
            json!({ "kind": "hubspot", "settings": hubspot, "url": base }),
            "field_not_for_kind",
            "url",
        ),
        (
            json!({ "kind": "hubspot", "settings": hubspot, "headers": { "x-a": "1" } }),
            "field_not_for_kind",
            "headers",
        ),
        (
            json!({ "kind": "hubspot", "settings": {} }),
            "field_required",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": 5 } }),
            "field_invalid",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a b" } }),
            "credential_invalid",
            "settings.accessToken",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "token": "b" } }),
            "field_unknown",
            "settings.token",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "apiBase": "https://evil.example" } }),
            "url_refused",
            "settings.apiBase",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "mapping": { "deal": {} } } }),
            "field_unknown",
            "settings.mapping.deal",
        ),
        (
            json!({ "kind": "hubspot", "settings": { "accessToken": "a", "mapping": { "contact": { "email": "name" } } } }),
            "mapping_invalid",
            "settings.mapping.contact.email",
        ),
        (
            json!({ "kind": "salesforce", "settings": { "instanceUrl": "https://acme.my.salesforce.com.evil.example", "clientId": "a", "clientSecret": "b" } }),
            "url_refused",
            "settings.instanceUrl",
        ),
        (
            json!({ "kind": "salesforce", "settings": { "instanceUrl": base, "clientId": "a", "clientSecret": "b", "apiVersion": "62/../../" } }),
            "version_invalid",
            "settings.apiVersion",
        ),
        (
            json!({ "kind": "slack", "settings": { "webhookUrl": "https://slack.example/services/T/B/X" } }),
            "url_refused",
            "settings.webhookUrl",
        ),
        (
            json!({ "kind": "slack", "settings": { "webhookUrl": "https://hooks.slack.com/workflows/T/B/X" } }),
            "url_refused",
            "settings.webhookUrl",
        ),
    ] {
        let refused = app.admin().post("/v1/webhook-endpoints", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    let endpoint = register(&app, json!({ "kind": "hubspot", "settings": hubspot })).await;
    for (body, code, field) in [
        (json!({ "kind": "slack" }), "field_fixed", "kind"),
        (json!({ "url": base }), "field_not_for_kind", "url"),
        (
            json!({ "settings": { "companies": false } }),
            "field_required",
            "settings.accessToken",
        ),
    ] {
        let refused = app.admin().patch(&path_of(&endpoint), &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    app.admin()
        .patch(
            &path_of(&endpoint),
            &json!({ "kind": "hubspot", "headers": null }),
        )
        .await
        .expect(200);
}

/// As Zapier's and Make's documentation and resthooks.org have it: an answer
/// with an `id`, by which the subscription ends.
#[tokio::test]
async fn subscriptions_begin_and_end_as_rest_hooks_do() {
    let app = TestApp::start().await;
    let receiver = e2e::Receiver::start().await;
    for (url, event) in [
        ("targetUrl", "event"),
        ("target_url", "event_type"),
        ("hookUrl", "eventType"),
        ("hook_url", "event"),
    ] {
        let body = json!({ url: receiver.url, event: "company.created" });
        let subscribed = app
            .admin()
            .post("/v1/webhook-endpoints", &body)
            .await
            .expect(201);
        assert_eq!(
            (&subscribed["url"], &subscribed["eventTypes"]),
            (&json!(receiver.url), &json!(["company.created"]))
        );
        let before = receiver.received().len();
        company(&app, &format!("Engines {url}")).await;
        app.settle().await;
        assert_eq!(receiver.received().len(), before + 1);
        app.admin().delete(&path_of(&subscribed)).await.expect(200);
        company(&app, &format!("Looms {url}")).await;
        app.settle().await;
        assert_eq!(receiver.received().len(), before + 1);
    }
    let both = json!({ "targetUrl": receiver.url, "event": "*", "eventTypes": ["*"] });
    let refused = app.admin().post("/v1/webhook-endpoints", &both).await;
    assert_eq!(
        refused.problem(400, "event_types_invalid"),
        Some("eventType")
    );
}
