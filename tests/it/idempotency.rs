//! A request that is sent again with its idempotency key is answered again and
//! not done again.

use e2e::{Actor, Answer, Receiver, TestApp, id};
use futures_util::future::join_all;
use portico_local::{Call, Fault};
use portico_web::{Access, Method};
use serde_json::{Value, json};
use std::time::Duration;

fn ada() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com" })
}

/// Whoever sends this key with every request.
fn with_key(actor: &Actor, key: &str) -> Actor {
    actor.with("idempotency-key", key)
}

async fn events(app: &TestApp) -> usize {
    let events = app.admin().get("/v1/events").await.expect(200);
    events["data"].as_array().map_or(0, Vec::len)
}

fn same(first: &Answer, again: &Answer) {
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.header("content-type"), again.header("content-type"));
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
}

/// Every route that changes something by `POST` takes a key.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it goes through every such route")]
async fn every_post_that_needs_a_key_is_done_once() {
    let app = TestApp::start().await;
    let (admin, receiver) = (app.admin(), Receiver::start().await);
    let endpoint = app.register(&receiver, &["*"]).await;
    let endpoint = format!("/v1/webhook-endpoints/{}", id(&endpoint));
    let client = admin.post("/v1/clients", &ada()).await.expect(200);
    let invite = json!({ "clientId": id(&client) });
    app.settle().await;
    let delivery = admin
        .get(&format!("{endpoint}/deliveries"))
        .await
        .expect(200)["data"][0]
        .clone();
    let event = delivery["eventId"].as_str().expect("an event").to_owned();
    let since = portico_domain::Time::from_unix_millis(app.now().unix_millis() - 60_000);

    let mut done = Vec::new();
    let mut twice = async |route: &'static str, path: &str, body: Value| -> Value {
        let caller = with_key(&admin, &format!("{route} once"));
        let first = caller.post(path, &body).await;
        assert!(first.status < 300, "{path}: {}", first.text);
        let before = events(&app).await;
        let again = caller.post(path, &body).await;
        same(&first, &again);
        assert_eq!(events(&app).await, before, "{path}");
        done.push(route);
        first.body
    };
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let grace = twice("clients-create", "/v1/clients", grace).await;
    let mary = json!({ "name": "Mary Somerville", "email": "mary@example.com" });
    let mary = admin.post("/v1/clients", &mary).await.expect(200);
    let path = format!("/v1/clients/{}", id(&mary));
    admin.delete(&path).await.expect(200);
    twice("clients-restore", &format!("{path}/restore"), json!({})).await;
    let into = json!({ "into": id(&grace) });
    twice("clients-merge", &format!("{path}/merge"), into).await;
    let purge = format!("/v1/clients/{}/purge", id(&grace));
    twice("clients-purge", &purge, json!({})).await;
    let field = json!({ "entityType": "client", "name": "Tier", "type": "text" });
    let fields = json!({ "customFields": [field] });
    twice("custom-fields-create", "/v1/custom-fields", fields).await;
    twice(
        "companies-create",
        "/v1/companies",
        json!({ "name": "Engines" }),
    )
    .await;
    let newcomers = json!({ "clients": [{ "name": "Alan Turing", "email": "alan@example.com" }] });
    let added = twice("clients-batch", "/v1/clients/batch", newcomers).await;
    let bulk = json!({ "clientIds": [id(&added["data"][0]["resource"])] });
    twice("invitations-bulk", "/v1/invitations/bulk", bulk).await;
    let firms = json!({ "companies": [{ "name": "Mills" }, {}] });
    let mills = twice("companies-batch", "/v1/companies/batch", firms).await;
    let mills = id(&mills["data"][0]["resource"]).to_owned();
    let join = json!({ "clientIds": [id(&client), "nobody"] });
    let path = format!("/v1/companies/{mills}/clients");
    twice("companies-join", &path, join).await;
    let plans = json!({ "name": "Plans" });
    let plans = twice("services-create", "/v1/services", plans).await;
    let asked = json!({ "clientId": id(&client), "serviceId": id(&plans), "title": "A plan" });
    twice("requests-create", "/v1/requests", asked).await;
    let bill = crate::invoices::bill(json!({ "clientId": id(&client) }));
    let invoice = twice("invoices-create", "/v1/invoices", bill).await;
    let invoice = format!("/v1/invoices/{}", id(&invoice));
    twice("invoices-void", &format!("{invoice}/void"), json!({})).await;
    let bill = crate::invoices::bill(json!({ "clientId": id(&client) }));
    let open = admin.post("/v1/invoices", &bill).await.expect(200);
    let payments = format!("/v1/invoices/{}/payments", id(&open));
    let paid = json!({ "amount": 1, "paymentMethod": "other" });
    twice("invoices-pay", &payments, paid).await;
    let invitation = twice("invitations-create", "/v1/invitations", invite).await;
    let invitation = format!("/v1/invitations/{}", id(&invitation));
    twice("invitations-link", &format!("{invitation}/link"), json!({})).await;
    app.advance(Duration::from_secs(61)).await;
    twice(
        "invitations-resend",
        &format!("{invitation}/resend"),
        json!({}),
    )
    .await;
    twice(
        "invitations-cancel",
        &format!("{invitation}/cancel"),
        json!({}),
    )
    .await;
    let mary = json!({ "name": "Mary Major", "email": "mary@example.com", "role": "staff" });
    let mary = twice("internal-users-create", "/v1/internal-users", mary).await;
    let path = format!("/v1/internal-users/{}/invitation", id(&mary));
    twice("internal-users-invite", &path, json!({})).await;
    twice("internal-users-link", &format!("{path}/link"), json!({})).await;
    let entry = json!({
        "eventType": "reportSent", "actorType": "internalUser", "actorId": app.server.admin_id,
        "eventDescription": "The monthly report was sent",
    });
    twice("audit-log-create", "/v1/audit-log", entry).await;
    let task = json!({ "title": "Send the report" });
    twice("events-send", "/v1/webhooks/task.created", task).await;
    let key = json!({ "name": "CRM", "permissions": [] });
    twice("api-keys-create", "/v1/api-keys", key).await;
    let role = json!({ "name": "Auditor", "permissions": [] });
    twice("roles-create", "/v1/roles", role).await;
    let url = json!({ "url": receiver.url });
    let made = twice("webhook-endpoints-create", "/v1/webhook-endpoints", url).await;
    assert!(
        made["secret"].as_str().is_some(),
        "the secret is shown again"
    );
    for (route, action, body) in [
        (
            "webhook-endpoints-rotate-secret",
            "rotate-secret",
            json!({}),
        ),
        ("webhook-endpoints-test", "test", json!({})),
        (
            "webhook-endpoints-recover",
            "recover",
            json!({ "since": since }),
        ),
    ] {
        let made = twice(route, &format!("{endpoint}/{action}"), body).await;
        if route == "webhook-endpoints-recover" {
            let cancel = format!("/v1/webhook-recoveries/{}/cancel", id(&made));
            twice("webhook-recoveries-cancel", &cancel, json!({})).await;
        }
    }
    let resend = format!("/v1/webhook-deliveries/{}/resend", id(&delivery));
    twice("webhook-deliveries-resend", &resend, json!({})).await;
    twice(
        "events-resend",
        &format!("/v1/events/{event}/resend"),
        json!({}),
    )
    .await;

    done.sort_unstable();
    let is_ours = |access: Access| matches!(access, Access::AnyKey | Access::Permission(_));
    assert_eq!(done, posts(is_ours));
}

/// The names of the `POST` routes with this access, in order.
fn posts(has_access: impl Fn(Access) -> bool) -> Vec<&'static str> {
    let functions = portico_bootstrap::functions();
    let routes = functions.iter().map(|function| function.route);
    let mut names: Vec<&str> = routes
        .filter(|route| route.method == Method::Post && has_access(route.access))
        .map(|route| route.name)
        .collect();
    names.sort_unstable();
    names
}

/// So does every one with which a client changes something in the portal.
#[tokio::test]
async fn what_a_client_asks_for_is_done_once() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let settings = json!({ "isClientInviteEnabled": true });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let engines = json!({ "name": "Engines" });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    let plans = json!({ "name": "Plans" });
    let plans = admin.post("/v1/services", &plans).await.expect(201);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&engines)))
        .await
        .actor;

    let mut done = Vec::new();
    let mut twice = async |route: &'static str, path: &str, body: Value| -> Value {
        let caller = with_key(&ada, &format!("{route} once"));
        let first = caller.post(path, &body).await;
        assert!(first.status < 300, "{path}: {}", first.text);
        let before = events(&app).await;
        same(&first, &caller.post(path, &body).await);
        assert_eq!(events(&app).await, before, "{path}");
        done.push(route);
        first.body
    };
    let asked = json!({ "serviceId": id(&plans), "title": "A plan" });
    let asked = twice("portal-ask", "/portal/requests", asked).await;
    let cancel = format!("/portal/requests/{}/cancel", id(&asked));
    twice("portal-cancel", &cancel, json!({})).await;
    let grace =
        json!({ "givenName": "Grace", "familyName": "Hopper", "email": "grace@example.com" });
    twice("portal-invite", "/portal/invitations", grace.clone()).await;

    done.sort_unstable();
    assert_eq!(done, posts(|access| access == Access::Client));
    let other = with_key(&ada, "portal-invite once");
    let asked = json!({ "serviceId": id(&plans), "title": "Another plan" });
    let reused = other.post("/portal/requests", &asked).await;
    reused.problem(422, "idempotency_key_reused");
    let theirs = with_key(&admin, "portal-ask once");
    theirs
        .post("/v1/clients", &grace)
        .await
        .problem(409, "email_taken");
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_caller() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");
    admin.post("/v1/clients", &ada()).await.expect(200);

    for (path, body) in [
        (
            "/v1/clients",
            json!({ "name": "Ada King", "email": "ada@example.com" }),
        ),
        ("/v1/clients?sendInvite=true", ada()),
        ("/v1/companies", json!({ "name": "Engines" })),
    ] {
        let other = admin.post(path, &body).await;
        assert_eq!(
            other.problem(422, "idempotency_key_reused"),
            Some("Idempotency-Key")
        );
    }
    let colleague = app.key(portico_domain::Permission::ALL).await.actor;
    with_key(&colleague, "k1")
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let tenant = app.other_tenant().await.actor;
    let theirs = with_key(&tenant, "k1").post("/v1/clients", &ada()).await;
    assert_eq!(theirs.header("idempotent-replayed"), "");
    theirs.expect(200);
}

#[tokio::test]
async fn a_key_has_1_to_255_characters() {
    let app = TestApp::start().await;
    for key in [String::new(), "x".repeat(256)] {
        let refused = with_key(&app.admin(), &key)
            .post("/v1/clients", &ada())
            .await;
        assert_eq!(
            refused.problem(400, "idempotency_key_invalid"),
            Some("Idempotency-Key")
        );
    }
    let longest = with_key(&app.admin(), &"x".repeat(255));
    longest.post("/v1/clients", &ada()).await.expect(200);
}

#[tokio::test]
async fn a_key_is_forgotten_after_24_hours() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");
    let engines = json!({ "name": "Engines" });
    admin.post("/v1/companies", &engines).await.expect(200);

    app.advance(Duration::from_secs(24 * 3600 - 1)).await;
    let replayed = admin.post("/v1/companies", &engines).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    app.advance(Duration::from_secs(1)).await;

    let done = admin.post("/v1/companies", &engines).await;
    done.problem(409, "company_name_taken");
    admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn what_was_refused_can_be_mended_under_the_same_key() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");
    let wrong = json!({ "name": "Ada Lovelace", "email": "nonsense" });
    admin
        .post("/v1/clients", &wrong)
        .await
        .problem(400, "email_invalid");

    admin.post("/v1/clients", &ada()).await.expect(200);
}

/// The answer to the first is lost after everything was written.
#[tokio::test]
async fn an_answer_that_never_arrived_is_given_again() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");
    app.server
        .aws()
        .inject(|call: &Call| (call.operation == "TransactWriteItems").then_some(Fault::LostAfter));
    let lost = admin.post("/v1/clients", &ada()).await;
    lost.problem(503, "unavailable");
    app.server.aws().heal();

    let again = admin.post("/v1/clients", &ada()).await;

    assert_eq!(again.header("idempotent-replayed"), "true");
    let client = again.expect(200);
    let stored = app.admin().get("/v1/clients").await.expect(200);
    assert_eq!(stored["data"], json!([client]));
    assert_eq!(events(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_at_once_one_is_done_and_nobody_is_told_something_else() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");

    let body = ada();
    let answers = join_all((0..20).map(|_| admin.post("/v1/clients", &body))).await;

    let first = answers
        .iter()
        .find(|answer| answer.status == 200 && answer.header("idempotent-replayed").is_empty())
        .expect("one is done");
    for answer in &answers {
        if answer.status == 200 {
            assert_eq!(answer.text, first.text);
        } else {
            answer.problem(409, "idempotency_key_in_use");
            assert_eq!(answer.header("retry-after"), "1");
        }
    }
    assert_eq!(events(&app).await, 1);
    let again = admin.post("/v1/clients", &body).await;
    same(first, &again);
}

/// The condition of the key is told before any other that fails with it.
#[tokio::test]
async fn a_repeat_that_is_a_moment_behind_learns_of_its_key_and_not_of_the_address() {
    let app = TestApp::start().await;
    let admin = with_key(&app.admin(), "k1");
    let first = admin.post("/v1/clients", &ada()).await;
    // It does not see the answer when it looks, as if it had looked before.
    app.server.aws().inject(|call: &Call| {
        let asks = call.operation == "BatchGetItem" && call.body.to_string().contains("#IK#");
        asks.then_some(Fault::Miss)
    });
    admin
        .post("/v1/clients", &ada())
        .await
        .problem(409, "idempotency_key_in_use");
    app.server.aws().heal();

    let again = admin.post("/v1/clients", &ada()).await;
    same(&first, &again);
}

#[tokio::test]
async fn a_kept_answer_cannot_be_read_from_the_table() {
    let app = TestApp::start().await;
    app.server.aws().record_calls();
    let admin = with_key(&app.admin(), "k1");
    let body = json!({ "url": "https://example.com/hooks" });
    let made = admin.post("/v1/webhook-endpoints", &body).await.expect(201);

    let secret = made["secret"].as_str().expect("a secret");
    let written: Vec<Call> = app.server.aws().calls();
    let commits = written
        .iter()
        .filter(|call| call.operation == "TransactWriteItems");
    let text: String = commits.map(|call| call.body.to_string()).collect();
    assert!(text.contains("#IK#"), "the answer is kept with the change");
    for hidden in [secret, "k1\""] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

/// Neither does the header of a repeat, nor what another request with its key
/// is told.
#[tokio::test]
async fn a_repeated_invitation_tells_no_client_who_is_known() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let settings = json!({ "isClientInviteEnabled": true });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let engines = json!({ "name": "Engines" });
    let engines = admin.post("/v1/companies", &engines).await.expect(200);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&engines)))
        .await
        .actor;
    app.client("Known Else", "known@example.com", None).await;

    let mut seen = Vec::new();
    for email in ["known@example.com", "nobody@example.com"] {
        let caller = with_key(&ada, email);
        let mut body = json!({ "givenName": "Some", "familyName": "Body", "email": email });
        let first = caller.post("/portal/invitations", &body).await;
        let again = caller.post("/portal/invitations", &body).await;
        same(&first, &again);
        body["givenName"] = json!("Other");
        let other = caller.post("/portal/invitations", &body).await;
        seen.push((first.text.clone(), other.status));
    }
    assert_eq!(seen[0], seen[1]);
}
