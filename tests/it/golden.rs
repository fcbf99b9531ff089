//! The golden events: one for each function, in the exact shape that AWS
//! sends, decoded and accepted by its handler.
//!
//! The files hold example ids, an example key and an example token, which
//! stand for those of a workspace that each test fills anew.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use e2e::TestApp;
use portico_app::Trigger;
use portico_bootstrap::functions;
use portico_domain::{LaneId, Time};
use portico_web::{Function, serve};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

const KEY: &str =
    "pk_live_01890000000070008000000000000001_ZXhhbXBsZS1zZWNyZXQtb2YtYW4tYXBpLWtleS4uLi4";
const ACCESS: &str = "eyJhbGciOiJFZERTQSJ9.ZXhhbXBsZQ.c2lnbmF0dXJl";
const REFRESH: &str = "ps_ZXhhbXBsZS1yZWZyZXNoLXRva2Vu";
const RESET: &str = "ZXhhbXBsZS1yZXNldC10b2tlbg";
const MAGIC: &str = "ZXhhbXBsZS1tYWdpYy10b2tlbg";
const VERIFY: &str = "ZXhhbXBsZS12ZXJpZnktdG9rZW4";
const SESSION: &str = "01890000-0000-7000-8000-0000000000a1";
const TOKEN: &str = "ZXhhbXBsZS10b2tlbi1vZi1hbi1pbnZpdGF0aW9uLWxpbms";
const WORKSPACE: &str = "01890000-0000-7000-8000-00000000000a";
const CLIENT: &str = "01890000-0000-7000-8000-00000000000b";
const COMPANY: &str = "01890000-0000-7000-8000-00000000000c";
const OTHER_CLIENT: &str = "01890000-0000-7000-8000-0000000000b0";
const FIELD: &str = "01890000-0000-7000-8000-0000000000cf";
const SERVICE: &str = "01890000-0000-7000-8000-0000000000c5";
const REQUEST: &str = "01890000-0000-7000-8000-0000000000c6";
const INVOICE: &str = "01890000-0000-7000-8000-0000000000c7";
const PICTURE: &str = "0000000000000000000000000000000000000000.png";
const INVITATION: &str = "01890000-0000-7000-8000-00000000000d";
const ENDPOINT: &str = "01890000-0000-7000-8000-00000000000e";
const DELIVERY: &str = "01890000-0000-7000-8000-0000000000d0";
const LANE: &str = "01890000-0000-7000-8000-0000000000d2";
const RECOVERY: &str = "01890000-0000-7000-8000-0000000000f0";
const USER: &str = "01890000-0000-7000-8000-0000000000f1";
const ROLE: &str = "01890000-0000-7000-8000-0000000000f2";
const API_KEY: &str = "01890000-0000-7000-8000-0000000000f3";
const AUDIT_ENTRY: &str = "01890000-0000-7000-8000-0000000000f4";
const EVENT: &str = "01890000-0000-7000-8000-0000000000e1";

/// The file of a function.
pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../events")
        .join(format!("{name}.json"))
}

/// A server whose workspace has one of everything, and the event of a
/// function, about those.
#[expect(clippy::too_many_lines, reason = "a thing of every kind is made")]
async fn prepared(name: &str) -> (TestApp, Value) {
    let text = fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let app = TestApp::start().await;
    let (admin, nobody) = (app.admin(), app.nobody());
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let company = id(&admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200));
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [company] });
    let client = id(&admin
        .post("/v1/clients?sendInvite=true", &ada)
        .await
        .expect(200));
    let grace =
        json!({ "name": "Grace Hopper", "email": "grace@example.com", "companyIds": [company] });
    let other = id(&admin
        .post("/v1/clients?sendInvite=true", &grace)
        .await
        .expect(200));
    // Few functions need these, and every server is filled anew.
    let mut field = String::new();
    if name.starts_with("custom-fields-") && name != "custom-fields-create" {
        let body = json!({ "entityType": "client", "name": "Tier", "type": "text" });
        let fields = json!({ "customFields": [body] });
        let fields = admin.post("/v1/custom-fields", &fields).await.expect(200);
        field = id(&fields["customFields"][0]);
    }
    let mut picture = String::new();
    let pictured = match name {
        "media-get" | "clients-clear-avatar" => format!("/v1/clients/{client}/avatar"),
        "portal-clear-avatar" => format!("/v1/clients/{other}/avatar"),
        "companies-clear-icon" => format!("/v1/companies/{company}/icon"),
        _ => String::new(),
    };
    if !pictured.is_empty() {
        let bytes = crate::pictures::png(8, 8);
        let sent = admin.send_bytes("PUT", &pictured, Some(bytes)).await;
        let shown = sent.expect(200);
        let url = shown["avatarImageUrl"].as_str().unwrap_or_default();
        url.rsplit('/')
            .next()
            .unwrap_or_default()
            .clone_into(&mut picture);
    }
    let endpoint = id(&admin
        .post(
            "/v1/webhook-endpoints",
            &json!({ "url": format!("{}/_dev/hooks", app.server.url) }),
        )
        .await
        .expect(201));
    // Something that the endpoint is told.
    let position = json!({ "position": "Reader" });
    let path = format!("/v1/clients/{client}");
    admin.patch(&path, &position).await.expect(200);
    let made = async |placeholder: &str, path: &str, body: Value| {
        if text.contains(placeholder) {
            id(&admin.post(path, &body).await.expect(201))
        } else {
            String::new()
        }
    };
    let tax = json!({ "name": "Tax return" });
    let needs = if text.contains(REQUEST) {
        REQUEST
    } else {
        SERVICE
    };
    let service = made(needs, "/v1/services", tax).await;
    let ask = json!({ "clientId": other, "serviceId": service, "title": "The year 2025" });
    let request = made(REQUEST, "/v1/requests", ask).await;
    let mut invoice = String::new();
    if text.contains(INVOICE) {
        let bill = crate::invoices::bill(json!({ "clientId": other }));
        invoice = id(&admin.post("/v1/invoices", &bill).await.expect(200));
    }
    let mary = json!({ "name": "Mary Major", "email": "mary@example.com", "role": "staff" });
    // One who is invited, for what is done with an invitation.
    let add = match name {
        "internal-users-invite" | "internal-users-link" | "internal-users-withdraw" => {
            "/v1/internal-users?sendInvite=true"
        }
        _ => "/v1/internal-users",
    };
    let user = made(USER, add, mary).await;
    let role = json!({ "name": "Auditor", "permissions": ["create_clients", "view_clients"] });
    let role = made(ROLE, "/v1/roles", role).await;
    let key = json!({ "name": "Zapier", "permissions": ["view_clients"] });
    let api_key = made(API_KEY, "/v1/api-keys", key).await;
    let log = admin.get("/v1/audit-log").await.expect(200);
    let audit_entry = id(&log["data"][0]);
    app.settle().await;
    // Nobody signs in to the API, and hashing a password takes long.
    let mut session = Value::Null;
    if !text.contains(r#""rawPath": "/v1/"#) {
        let accept = format!("{}/accept", app.link("grace@example.com").await);
        let password = json!({ "password": "correct horse battery" });
        session = nobody.post(&accept, &password).await.expect(200)["session"].clone();
    }
    let part = |name: &str| session[name].as_str().unwrap_or_default().to_owned();
    let links = links(&app, name).await;
    let invitation = id(&admin
        .get("/v1/invitations?email=ada@example.com")
        .await
        .expect(200)["data"][0]);
    let token = app
        .link("ada@example.com")
        .await
        .trim_start_matches("/i/")
        .to_owned();
    let deliveries = format!("/v1/webhook-endpoints/{endpoint}/deliveries");
    let delivered = admin.get(&deliveries).await.expect(200)["data"][0].clone();
    let delivery = id(&delivered);
    let event = delivered["eventId"].as_str().expect("an event").to_owned();
    let recover = format!("/v1/webhook-endpoints/{endpoint}/recover");
    let since = json!({ "since": app.now() + std::time::Duration::ZERO });
    let recovery = match name {
        "webhook-recoveries-get" | "webhook-recoveries-cancel" | "recoverer" => {
            app.advance(std::time::Duration::from_secs(1)).await;
            id(&admin.post(&recover, &since).await.expect(201))
        }
        _ => String::new(),
    };
    let lane = LaneId::of(
        endpoint.parse().expect("an id"),
        client.parse().expect("an id"),
    );
    if name == "invitations-create" {
        admin
            .post(&format!("/v1/invitations/{invitation}/cancel"), &json!({}))
            .await
            .expect(200);
    }
    if name == "clients-restore" {
        let path = format!("/v1/clients/{client}");
        admin.delete(&path).await.expect(200);
    }
    // An invitation is sent again no sooner than after a minute.
    app.advance(std::time::Duration::from_mins(1)).await;

    let hour_ago = Time::from_unix_millis(app.now().unix_millis() - 3_600_000);
    let text = text
        .replace(KEY, &app.server.api_key)
        .replace(VERIFY, &links[0])
        .replace(RESET, &links[1])
        .replace(MAGIC, &links[2])
        .replace(ACCESS, &part("accessToken"))
        .replace(REFRESH, &part("refreshToken"))
        .replace(SESSION, &part("sessionId"))
        .replace(TOKEN, &token)
        .replace(WORKSPACE, &app.server.workspace_id.to_string())
        .replace(CLIENT, &client)
        .replace(COMPANY, &company)
        .replace(OTHER_CLIENT, &other)
        .replace(FIELD, &field)
        .replace(SERVICE, &service)
        .replace(REQUEST, &request)
        .replace(INVOICE, &invoice)
        .replace(PICTURE, &picture)
        .replace(INVITATION, &invitation)
        .replace(ENDPOINT, &endpoint)
        .replace(DELIVERY, &delivery)
        .replace(LANE, &lane.to_string())
        .replace(RECOVERY, &recovery)
        .replace(EVENT, &event)
        .replace(USER, &user)
        .replace(ROLE, &role)
        .replace(API_KEY, &api_key)
        .replace(AUDIT_ENTRY, &audit_entry)
        // A recovery reaches back 30 days at most.
        .replace("2026-11-20T00:00:00.000Z", &hour_ago.to_string());
    let event = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    (app, event)
}

/// The tokens of the links that a function may be about, mailed to somebody who
/// signs up and to Grace; the settings are such that it may be.
async fn links(app: &TestApp, name: &str) -> [String; 3] {
    let (mut links, nobody) = (<[String; 3]>::default(), app.nobody());
    let (resource, _) = name.rsplit_once('-').unwrap_or_default();
    if matches!(resource, "sign-up" | "verify") || name == "portal-invite" {
        let settings =
            json!({ "isClientDirectSignUpEnabled": true, "isClientInviteEnabled": true });
        app.admin()
            .patch("/v1/workspaces", &settings)
            .await
            .expect(200);
    }
    let mary = json!({ "givenName": "Mary", "familyName": "S", "email": "mary@example.com" });
    let grace = json!({ "email": "grace@example.com" });
    for (place, (wanted, path, page, body)) in [
        ("verify", "sign-up", "/verify/", &mary),
        ("reset", "forgotten", "/reset/", &grace),
        ("magic", "sign-in/link", "/magic/", &grace),
    ]
    .into_iter()
    .enumerate()
    {
        if resource == wanted {
            let path = format!("/w/{}/{path}", app.server.workspace_id);
            nobody.post(&path, body).await.expect(200);
            app.settle().await;
            let to = body["email"].as_str().expect("an address");
            let link = app.link_to(to, page).await;
            link.trim_start_matches(page).clone_into(&mut links[place]);
        }
    }
    links
}

/// A server on which this route has accepted its golden event, with the calls
/// that it made.
pub(crate) async fn accepted_by_route(function: &Function) -> TestApp {
    let name = function.route.name;
    let (app, event) = prepared(name).await;
    let event: ApiGatewayV2httpRequest =
        serde_json::from_value(event).expect("API Gateway's shape");
    app.server.aws().record_calls();

    let answer = serve(app.server.app(), function, event).await;

    let expected = match name {
        "invitations-create"
        | "webhook-endpoints-create"
        | "webhook-endpoints-recover"
        | "internal-users-create"
        | "api-keys-create"
        | "audit-log-create"
        | "services-create"
        | "requests-create"
        | "invoices-pay"
        | "portal-ask"
        | "events-send"
        | "roles-create" => 201,
        "site-fallback" | "google-start" | "google-invited" | "google-callback" => 404,
        _ => 200,
    };
    assert_eq!(answer.status_code, expected, "{name}: {:?}", answer.body);
    app
}

/// The same of a worker.
pub(crate) async fn accepted_by_trigger(trigger: &Trigger) -> TestApp {
    let (app, event) = prepared(trigger.name).await;
    app.server.aws().record_calls();

    let answer = (trigger.handle)(app.server.app(), event).await;

    let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", trigger.name));
    let failures = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    assert_eq!(failures, 0, "{}: {answer}", trigger.name);
    app
}

#[tokio::test]
async fn every_function_refuses_the_golden_events_of_all_others() {
    let app = TestApp::start().await;
    for function in functions() {
        for other in functions()
            .iter()
            .filter(|other| other.route != function.route)
        {
            let text = fs::read_to_string(file(other.route.name)).expect("a golden event");
            let event: ApiGatewayV2httpRequest =
                serde_json::from_str(&text).expect("API Gateway's shape");

            let answer = serve(app.server.app(), &function, event).await;

            assert_eq!(
                answer.status_code, 404,
                "{} took an event of {}",
                function.route, other.route
            );
        }
    }
}
