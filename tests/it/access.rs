//! Who gets in where: every route, from the route table itself, against every
//! kind of caller.

mod rows;

use e2e::{Actor, Answer, Receiver, TestApp};
use portico_bootstrap::functions;
use portico_domain::{Permission, Time};
use portico_web::{Access, Function};
use rows::TABLE;
use serde_json::{Value, json};

/// One thing of each kind in a workspace.
pub(crate) struct Things {
    workspace: String,
    client: String,
    company: String,
    invitation: String,
    field: String,
    service: String,
    request: String,
    invoice: String,
    endpoint: String,
    delivery: String,
    recovery: String,
    event: String,
    user: String,
    role: String,
    api_key: String,
    audit_entry: String,
    since: Time,
}

impl Things {
    /// The ids of what requests do not use up, by the kind that paths name.
    pub(crate) fn ids(&self) -> Value {
        json!({
            "clients": self.client,
            "companies": self.company,
            "invitations": self.invitation,
            "custom-fields": self.field,
            "services": self.service,
            "requests": self.request,
            "invoices": self.invoice,
            "webhook-endpoints": self.endpoint,
            "webhook-deliveries": self.delivery,
            "webhook-recoveries": self.recovery,
            "events": self.event,
            "internal-users": self.user,
            "roles": self.role,
            "api-keys": self.api_key,
            "audit-log": self.audit_entry,
        })
    }

    /// Shortly before all that happened.
    pub(crate) const fn since(&self) -> Time {
        self.since
    }

    /// The client.
    pub(crate) fn client(&self) -> &str {
        &self.client
    }

    /// The company.
    pub(crate) fn company(&self) -> &str {
        &self.company
    }
}

pub(crate) async fn things(app: &TestApp, actor: &Actor, url: &str) -> Things {
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let endpoint = actor
        .post("/v1/webhook-endpoints", &json!({ "url": url }))
        .await
        .expect(201);
    let endpoint = id(&endpoint);
    let company = id(&actor
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200));
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [company] });
    let client = id(&actor.post("/v1/clients", &ada).await.expect(200));
    let fields = json!({ "customFields": [
        { "entityType": "client", "name": "Tier", "type": "multiSelect", "options": [{ "label": "Gold" }] },
    ] });
    let fields = actor.post("/v1/custom-fields", &fields).await.expect(200);
    let field = id(&fields["customFields"][0]);
    let service = json!({ "name": "Tax return" });
    let service = id(&actor.post("/v1/services", &service).await.expect(201));
    let ask = json!({ "clientId": client, "serviceId": service, "title": "The year 2025" });
    let request = id(&actor.post("/v1/requests", &ask).await.expect(201));
    let bill = crate::invoices::bill(json!({ "clientId": client }));
    let invoice = id(&actor.post("/v1/invoices", &bill).await.expect(200));
    let invite = json!({ "clientId": client });
    let invitation = id(&actor.post("/v1/invitations", &invite).await.expect(201));
    app.settle().await;
    let path = format!("/v1/webhook-endpoints/{endpoint}/deliveries");
    let delivered = actor.get(&path).await.expect(200)["data"][0].clone();
    let event = delivered["eventId"].as_str().expect("an event").to_owned();
    let since = Time::from_unix_millis(app.now().unix_millis() - 60_000);
    let recover = format!("/v1/webhook-endpoints/{endpoint}/recover");
    let recovery = actor.post(&recover, &json!({ "since": since })).await;
    let workspace = id(&actor.get("/v1/workspaces").await.expect(200));
    let role = json!({ "name": "Auditor", "permissions": [] });
    let role = id(&actor.post("/v1/roles", &role).await.expect(201));
    let user = json!({ "name": "Mary Major", "email": "mary@example.com", "role": role });
    let user = id(&actor.post("/v1/internal-users", &user).await.expect(201));
    let key = json!({ "name": "CRM", "permissions": [] });
    let api_key = id(&actor.post("/v1/api-keys", &key).await.expect(201));
    let log = actor.get("/v1/audit-log").await.expect(200);
    Things {
        audit_entry: id(&log["data"][0]),
        workspace,
        api_key,
        user,
        role,
        client,
        company,
        invitation,
        field,
        service,
        request,
        invoice,
        endpoint,
        delivery: id(&delivered),
        recovery: id(&recovery.expect(201)),
        event,
        since,
    }
}

/// Calls a route with a body that it would take, about these things.
pub(crate) async fn call(actor: &Actor, function: &Function, things: &Things) -> Answer {
    call_with(actor, function, things, "").await
}

/// The same with something behind the path.
pub(crate) async fn call_with(
    actor: &Actor,
    function: &Function,
    things: &Things,
    query: &str,
) -> Answer {
    let route = function.route;
    let (resource, _) = route.name.rsplit_once('-').expect("a name has two parts");
    let id = match resource {
        _ if route.path.starts_with("/v1/clients/") => &things.client,
        "clients" | "clients-set" | "clients-clear" => &things.client,
        "companies" | "companies-set" | "companies-clear" => &things.company,
        "invitations" => &things.invitation,
        "custom-fields" => &things.field,
        "services" => &things.service,
        "requests" => &things.request,
        "invoices" => &things.invoice,
        "webhook-deliveries" => &things.delivery,
        "webhook-recoveries" => &things.recovery,
        "events" => &things.event,
        "internal-users" => &things.user,
        "roles" => &things.role,
        "api-keys" => &things.api_key,
        "audit-log" => &things.audit_entry,
        _ => &things.endpoint,
    };
    let body = match route.name {
        "clients-create" => json!({ "name": "Grace Hopper", "email": "grace@example.com" }),
        "companies-create" | "companies-update" => json!({ "name": "Looms" }),
        "clients-replace" => json!({ "givenName": "Ada", "familyName": "King" }),
        "clients-batch" => {
            json!({ "clients": [{ "name": "Alan Turing", "email": "alan@example.com" }] })
        }
        "companies-batch" => json!({ "companies": [{ "name": "Mills" }] }),
        "companies-join" | "invitations-bulk" => json!({ "clientIds": [things.client] }),
        "clients-update" => json!({ "position": "Analyst" }),
        "clients-merge" => json!({ "into": things.company }),
        "custom-fields-create" => json!({ "customFields": [
            { "entityType": "company", "name": "Size", "type": "number" },
        ] }),
        "custom-fields-update" => json!({ "name": "Level" }),
        "services-create" => json!({ "name": "Bookkeeping" }),
        "requests-create" => json!({
            "clientId": things.client, "serviceId": things.service, "title": "The year 2026",
        }),
        "requests-update" => json!({ "status": "inProgress" }),
        "invoices-create" => crate::invoices::bill(json!({ "clientId": things.client })),
        "invoices-update" => json!({ "memo": "Thank you" }),
        "invoices-pay" => json!({ "amount": 1, "paymentMethod": "other" }),
        "services-update" => json!({ "description": "Once a year" }),
        "workspaces-update" => json!({ "brandName": "Engines" }),
        "invitations-create" => json!({ "clientId": things.client }),
        "webhook-endpoints-create" => json!({ "url": "https://example.com/" }),
        "internal-users-create" => {
            json!({ "name": "Paul Minor", "email": "paul@example.com", "role": things.role })
        }
        "internal-users-update" => json!({ "role": things.role }),
        "audit-log-create" => json!({
            "eventType": "reportSent", "actorType": "internalUser", "actorId": things.user,
            "eventDescription": "The monthly report was sent",
        }),
        "api-keys-create" => json!({ "name": "ERP", "permissions": [] }),
        "api-keys-update" => json!({ "name": "ERP" }),
        "roles-create" => json!({ "name": "Nobody", "permissions": [] }),
        "roles-update" => json!({ "name": "Reviewer" }),
        "webhook-endpoints-recover" => json!({ "since": things.since }),
        _ => json!({}),
    };
    let path = route
        .path
        .replace("{id}", id)
        .replace("{clientId}", &things.client)
        .replace("{workspace}", &things.workspace)
        .replace("{event}", "task.created")
        .replace("$default", "/nothing")
        + query;
    let has_body = matches!(route.method.name(), "POST" | "PATCH" | "PUT");
    let method = if route.method.name() == "ANY" {
        "GET"
    } else {
        route.method.name()
    };
    actor
        .send(method, &path, has_body.then(|| body.to_string()))
        .await
}

/// Whether a route takes away what others ask for.
pub(crate) fn comes_last(function: &Function) -> bool {
    let name = function.route.name;
    let is_deletion = function.route.method.name() == "DELETE"
        && !name.contains("-clear-")
        && name != "companies-leave";
    is_deletion || name.ends_with("-purge")
}

#[test]
fn every_route_has_a_row_in_the_authorization_table() {
    let mut routes: Vec<(&str, Access)> = functions()
        .iter()
        .map(|function| (function.route.name, function.route.access))
        .collect();
    routes.sort_by_key(|(name, _)| *name);
    let mut rows = TABLE.to_vec();
    rows.sort_by_key(|(name, _)| *name);

    assert_eq!(routes, rows);
}

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;

    for function in functions() {
        let answer = call(&app.nobody(), &function, &things).await;
        match function.route.access {
            Access::Public => assert_ne!(answer.status, 401, "{}", function.route),
            Access::Client | Access::Session => {
                assert_eq!(answer.problem(401, "session_missing"), None);
            }
            Access::AnyKey | Access::Permission(_) => {
                assert_eq!(answer.problem(401, "key_missing"), None);
            }
        }
    }
}

#[tokio::test]
async fn a_client_gets_in_nowhere_but_in_the_portal() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    let client = app.client("Grace Hopper", "hopper@example.com", None).await;

    for function in functions() {
        // What ends the session that the others are tried with comes later.
        if matches!(function.route.name, "portal-sign-out" | "portal-password") {
            continue;
        }
        let answer = call(&client.actor, &function, &things).await;
        match function.route.access {
            Access::Public | Access::Client | Access::Session => {
                assert_ne!(answer.status, 401, "{}", function.route);
            }
            Access::AnyKey | Access::Permission(_) => {
                assert_eq!(
                    answer.problem(401, "key_invalid"),
                    None,
                    "{}",
                    function.route
                );
            }
        }
    }
    let key = app.admin();
    for path in ["/portal", "/portal/me", "/portal/team", "/portal/sessions"] {
        key.get(path).await.problem(401, "session_missing");
    }
    client
        .actor
        .post("/portal/sign-out", &json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn inviting_with_an_update_needs_the_permission_to_invite() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    let editor = app.key(&[Permission::EditClients]).await.actor;
    let path = format!("/v1/clients/{}", things.client);

    let changed = editor
        .patch(&path, &json!({ "position": "Analyst" }))
        .await
        .expect(200);
    assert_eq!(
        changed.get("inviteUrl"),
        None,
        "the link is for those who may invite"
    );
    let refused = editor
        .patch(&format!("{path}?sendInvite=true"), &json!({}))
        .await;
    refused.problem(403, "permission_missing");
    assert_eq!(refused.body["permission"], "create_clients");
}

#[tokio::test]
async fn things_of_another_tenant_are_as_if_they_did_not_exist() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let (admin, other) = (app.admin(), app.other_tenant().await.actor);
    let ours = things(&app, &admin, &receiver.url).await;
    let nothing = "01890000-0000-7000-8000-000000000000".to_owned();
    let absent = Things {
        workspace: nothing.clone(),
        client: nothing.clone(),
        company: nothing.clone(),
        invitation: nothing.clone(),
        field: nothing.clone(),
        service: nothing.clone(),
        request: nothing.clone(),
        invoice: nothing.clone(),
        endpoint: nothing.clone(),
        delivery: nothing.clone(),
        recovery: nothing.clone(),
        event: nothing.clone(),
        user: nothing.clone(),
        role: nothing.clone(),
        api_key: nothing.clone(),
        audit_entry: nothing,
        since: ours.since,
    };

    for function in functions() {
        if !matches!(function.route.access, Access::Permission(_))
            || !function.route.path.contains("{id}")
        {
            continue;
        }
        let foreign = call(&other, &function, &ours).await;
        let missing = call(&other, &function, &absent).await;
        foreign.problem(404, "not_found");
        assert_eq!(foreign.body, missing.body, "{}", function.route);
    }
    for path in [
        "/v1/clients",
        "/v1/companies",
        "/v1/invitations",
        "/v1/custom-fields",
        "/v1/services",
        "/v1/requests",
        "/v1/invoices",
        "/v1/payments",
        "/v1/webhook-endpoints",
        "/v1/events",
    ] {
        assert_eq!(
            other.get(path).await.expect(200),
            json!({ "data": [] }),
            "{path}"
        );
    }
    for (query, id) in [
        ("clients?companyId", &ours.company),
        ("invitations?clientId", &ours.client),
        ("requests?clientId", &ours.client),
        ("requests?companyId", &ours.company),
        ("invoices?clientId", &ours.client),
        ("invoices?companyId", &ours.company),
        ("payments?invoiceId", &ours.invoice),
        ("events?objectId", &ours.client),
    ] {
        assert_eq!(
            other.get(&format!("/v1/{query}={id}")).await.expect(200),
            json!({ "data": [] })
        );
    }
    let join = json!({ "name": "Eve", "email": "eve@example.com", "companyIds": [ours.company] });
    other
        .post("/v1/clients", &join)
        .await
        .problem(400, "company_unknown");
    other
        .post("/v1/invitations", &json!({ "clientId": ours.client }))
        .await
        .problem(400, "client_unknown");
    // Names and addresses are unique within a workspace, not between them.
    things(&app, &other, &receiver.url).await;
}
