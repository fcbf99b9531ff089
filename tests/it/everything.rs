//! A walk through everything that there is, for tests that look at all of it.

use e2e::{Actor, Receiver, Reply, TestApp, id};
use portico_domain::{IdSource, Moment, Plan, Time};
use portico_local::{Call, Fault, admin::set_plan_in};
use serde_json::{Value, json};
use std::time::Duration;

mod billing;
mod door;
mod services;
mod team;

use door::{accept, mail_a_ticket, use_links};

/// Does something with every function, so that everything that they ask of
/// AWS is seen.
pub(crate) async fn use_everything(app: &TestApp) {
    let admin = app.admin();
    limit_clients(app).await;
    require_companies(&admin).await;
    come_and_go(app, &admin).await;
    let receiver = Receiver::start().await;
    receiver.reply_next(&[Reply::status(503)]);
    let endpoint = app.register(&receiver, &["*"]).await;
    let engines = create(&admin, "companies", json!({ "name": "Engines" })).await;
    let looms = create(&admin, "companies", json!({ "name": "Looms" })).await;
    let ada =
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "companyIds": [engines] });
    let ada = create(&admin, "clients", ada).await;
    let grace = create(
        &admin,
        "clients",
        json!({ "name": "Grace Hopper", "email": "grace@example.com", "companyIds": [engines] }),
    )
    .await;
    let invitation = invite(app, &ada).await;
    app.settle().await;

    read_everything(&admin, &ada, &engines, &invitation, &endpoint["id"]).await;
    admin
        .patch(
            &format!("/v1/companies/{looms}"),
            &json!({ "name": "Power Looms" }),
        )
        .await
        .expect(200);
    let both = json!({ "companyIds": [engines, looms] });
    admin
        .patch(&format!("/v1/clients/{ada}"), &both)
        .await
        .expect(200);
    admin
        .delete(&format!("/v1/companies/{looms}/clients/{ada}"))
        .await
        .expect(200);
    leave_last(&admin, &grace, &looms).await;
    use_batches(&admin, &looms).await;
    app.advance(Duration::from_mins(1)).await;
    admin
        .post(&format!("/v1/invitations/{invitation}/resend"), &json!({}))
        .await
        .expect(200);
    app.settle().await;
    use_links(app, &admin, &invitation, &engines).await;
    accept(app, "ada@example.com").await;

    let cancelled = invite(app, &grace).await;
    admin
        .post(&format!("/v1/invitations/{cancelled}/cancel"), &json!({}))
        .await
        .expect(200);
    invite(app, &grace).await;
    lose_what_wakes(app, id(&endpoint)).await;
    // A reminder, and the end.
    app.advance(Duration::from_hours(5 * 24)).await;
    app.advance(Duration::from_mins(1)).await;
    app.advance(Duration::from_hours(3 * 24)).await;

    admin
        .delete(&format!("/v1/companies/{engines}"))
        .await
        .expect(200);
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    admin
        .delete(&format!("/v1/clients/{ada}"))
        .await
        .expect(200);
    services::offer(&admin).await;
    services::ask(app, &admin).await;
    billing::bill(app, &admin).await;
    manage_team(&admin).await;
    team::spare_admins(&admin).await;
    team::rehearse(&admin).await;
    team::use_the_team(app).await;
    mail_a_ticket(app, &grace).await;
    let endpoint = id(&endpoint);
    change_and_resend(app, &admin, endpoint).await;
    admin
        .delete(&format!("/v1/webhook-endpoints/{endpoint}"))
        .await
        .expect(200);
}

/// So many that nobody is refused, and all are counted.
async fn limit_clients(app: &TestApp) {
    let ids = IdSource::new();
    let plan = Plan {
        client_limit: Some(1_000),
        ..Plan::default()
    };
    let (store, workspace) = (&app.server.app().store, app.server.workspace_id);
    set_plan_in(store, Moment::new(app.now(), &ids), workspace, plan)
        .await
        .expect("the table answers");
}

/// Adds a client to the only company there is, and leaves nothing behind that
/// the others would meet.
async fn require_companies(admin: &Actor) {
    let set = async |companies: &str| {
        let settings = json!({ "companies": companies });
        admin.patch("/v1/workspaces", &settings).await.expect(200);
    };
    let only = create(admin, "companies", json!({ "name": "The only one" })).await;
    set("required").await;
    let body = json!({ "name": "Mary Somerville", "email": "mary@example.com" });
    let mary = create(admin, "clients", body).await;
    let joan = json!({ "clients": [{ "name": "Joan Clarke", "email": "joan@example.com" }] });
    let added = admin.post("/v1/clients/batch", &joan).await.expect(200);
    assert_eq!(added["succeeded"], 1, "{added}");
    set("optional").await;
    for path in [
        format!("/v1/clients/{mary}"),
        format!("/v1/companies/{only}"),
    ] {
        admin.delete(&path).await.expect(200);
    }
}

/// Sets a picture, fails to set another one, loads it, and takes it away.
async fn show_a_face(app: &TestApp, admin: &Actor, path: &str) {
    let picture = crate::pictures::png(8, 8);
    let set = admin.send_bytes("PUT", path, Some(picture.clone())).await;
    let thing = set.expect(200);
    app.server.aws().inject(|call: &Call| {
        (call.operation == "TransactWriteItems").then_some(Fault::Refuse("ValidationException"))
    });
    let failed = admin.send_bytes("PUT", path, Some(picture)).await;
    assert_eq!(failed.status, 503);
    app.server.aws().heal();
    let url = ["avatarImageUrl", "iconImageUrl"].map(|name| thing[name].as_str());
    let url = url.into_iter().flatten().next().expect("an address");
    assert_eq!(app.nobody().get(url).await.status, 200);
    admin.delete(path).await.expect(200);
}

/// A client who leaves its only company has a placeholder instead.
async fn leave_last(admin: &Actor, client: &str, company: &str) {
    let into = json!({ "companyIds": [company] });
    let path = format!("/v1/clients/{client}");
    admin.patch(&path, &into).await.expect(200);
    let path = format!("/v1/companies/{company}/clients/{client}");
    admin.delete(&path).await.expect(200);
}

/// Clients with custom fields are archived, restored, merged and erased.
async fn come_and_go(app: &TestApp, admin: &Actor) {
    let field = |entity: &str| json!({ "entityType": entity, "name": "Tier", "type": "text" });
    let fields = json!({ "customFields": [field("client"), field("company")] });
    let fields = admin.post("/v1/custom-fields", &fields).await.expect(200);
    let paths = [0, 1].map(|place| {
        let id = id(&fields["customFields"][place]).to_owned();
        format!("/v1/custom-fields/{id}")
    });
    let values = json!({ "tier": "gold" });
    let company = json!({ "name": "Ephemera", "customFields": values });
    let company = create(admin, "companies", company).await;
    let found = json!({ "name": "EPHEMERA" });
    let found = create(admin, "companies?findOrCreate=true", found).await;
    assert_eq!(found, company);
    let person = |name: &str| {
        json!({
            "name": name, "email": format!("{name}@example.com"), "companyIds": [company],
            "customFields": values, "phone": "+12125550123",
        })
    };
    let ann = create(admin, "clients?sendInvite=true", person("ann")).await;
    let mut alone = person("bob");
    alone["companyIds"] = json!([]);
    let bob = create(admin, "clients", alone).await;
    let cid = create(admin, "clients", person("cid")).await;
    app.settle().await;
    admin.get("/v1/custom-fields").await.expect(200);
    admin.get(&paths[0]).await.expect(200);
    admin
        .get(&format!("{}/options", paths[0]))
        .await
        .expect(200);
    for path in [
        format!("/v1/clients/{ann}/avatar"),
        format!("/v1/companies/{company}/icon"),
    ] {
        show_a_face(app, admin, &path).await;
    }
    let renamed = json!({ "name": "Level", "order": 0 });
    admin.patch(&paths[0], &renamed).await.expect(200);
    for (duplicate, survivor) in [(&ann, &bob), (&bob, &cid)] {
        let merge = format!("/v1/clients/{duplicate}/merge");
        let into = json!({ "into": survivor });
        admin.post(&merge, &into).await.expect(200);
    }
    let cid = format!("/v1/clients/{cid}");
    admin.delete(&cid).await.expect(200);
    for query in ["archived=true", "archived=true&email=CID@example.com"] {
        let archived = format!("/v1/clients?{query}");
        admin.get(&archived).await.expect(200);
    }
    let nothing = json!({});
    admin
        .post(&format!("{cid}/restore"), &nothing)
        .await
        .expect(200);
    for path in &paths {
        admin.delete(path).await.expect(200);
    }
    app.advance(Duration::from_mins(1)).await;
    admin
        .post(&format!("{cid}/purge"), &nothing)
        .await
        .expect(200);
    app.advance(Duration::from_mins(1)).await;
    admin
        .delete(&format!("/v1/companies/{company}"))
        .await
        .expect(200);
    app.settle().await;
}

/// Many at once, a rehearsal of each, and what replaces a client.
async fn use_batches(admin: &Actor, looms: &str) {
    for query in ["?dryRun=true", ""] {
        let clients = json!({ "clients": [
            { "name": "Edsger Dijkstra", "email": "edsger@example.com", "companyName": "Looms" },
        ] });
        let path = format!("/v1/clients/batch{query}");
        admin.post(&path, &clients).await.expect(200);
        let tier = json!({ "tier": "gold" });
        let companies = json!({ "companies": [{ "name": "Mills" }, { "name": "Wharf", "customFields": tier }] });
        let path = format!("/v1/companies/batch{query}");
        admin.post(&path, &companies).await.expect(200);
    }
    let name = json!({ "name": "Foundry" });
    admin
        .post("/v1/companies?dryRun=true", &name)
        .await
        .expect(200);
    let limited = json!({ "name": "Alan Kay", "email": "kay@example.com" });
    let kay = create(admin, "clients", limited).await;
    let invite = json!({ "clientId": kay });
    let path = "/v1/invitations?dryRun=true";
    admin.post(path, &invite).await.expect(201);
    let join = json!({ "clientIds": [kay] });
    let path = format!("/v1/companies/{looms}/clients");
    admin.post(&path, &join).await.expect(200);
    let whole = json!({ "givenName": "Alan", "familyName": "Kay", "companyIds": [looms] });
    for companies in [json!({ "givenName": "Alan", "familyName": "Kay" }), whole] {
        let path = format!("/v1/clients/{kay}");
        let put = admin.send("PUT", &path, Some(companies.to_string())).await;
        put.expect(200);
    }
}

async fn create(admin: &Actor, resource: &str, body: Value) -> String {
    let created = admin
        .post(&format!("/v1/{resource}"), &body)
        .await
        .expect(200);
    id(&created).to_owned()
}

async fn invite(app: &TestApp, client: &str) -> String {
    let invitation = app
        .admin()
        .post("/v1/invitations", &json!({ "clientId": client }))
        .await
        .expect(201);
    id(&invitation).to_owned()
}

async fn read_everything(
    admin: &Actor,
    client: &str,
    company: &str,
    invitation: &str,
    endpoint: &Value,
) {
    let endpoint = endpoint.as_str().expect("an id");
    let paths = [
        "clients",
        "clients?email=x",
        "clients?givenName=x",
        "clients?familyName=x",
        &format!("clients?companyId={company}"),
        &format!("clients?companyId={company}&sort=name"),
        &format!("clients?companyId={company}&sort=lastActivityAt"),
        "clients?search=ada",
        "clients?sort=name",
        "clients?status=active",
        "companies?search=engines",
        "companies?sort=clientCount",
        "companies?isActive=true",
        &format!("clients/{client}"),
        "companies",
        "companies?name=x",
        "companies?isPlaceholder=true",
        &format!("companies/{company}"),
        "invitations",
        "invitations?status=pending",
        "invitations?email=x",
        "invitations?deliveryState=bounced",
        &format!("invitations?clientId={client}"),
        &format!("invitations/{invitation}"),
        "events",
        "event-types",
        "events?eventType=client.created",
        &format!("events?objectId={client}"),
        "webhook-endpoints",
        &format!("webhook-endpoints/{endpoint}"),
        &format!("webhook-endpoints/{endpoint}/deliveries"),
        &format!("webhook-endpoints/{endpoint}/health"),
        "workspaces",
    ];
    for path in paths {
        admin.get(&format!("/v1/{path}")).await.expect(200);
    }
}

async fn change_and_resend(app: &TestApp, admin: &Actor, endpoint: &str) {
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    for changes in [
        json!({ "enabled": false }),
        json!({ "enabled": true, "rateLimit": 1_000, "ordering": "strict" }),
    ] {
        admin.patch(&path, &changes).await.expect(200);
    }
    for action in ["rotate-secret", "test"] {
        let path = format!("{path}/{action}");
        let once = admin.with("idempotency-key", action);
        once.post(&path, &json!({})).await.expect(200);
    }
    let deliveries = admin.get(&format!("{path}/deliveries")).await.expect(200);
    let delivery = id(&deliveries["data"][0]).to_owned();
    let one = format!("/v1/webhook-deliveries/{delivery}");
    admin.get(&one).await.expect(200);
    let resend = format!("{one}/resend");
    // So often that its first attempts move out of it.
    for _ in 0..26 {
        admin.post(&resend, &json!({})).await.expect(200);
        app.settle().await;
    }
    admin.get(&format!("{one}/attempts")).await.expect(200);
    let event = deliveries["data"][0]["eventId"].as_str().expect("an event");
    let one = format!("/v1/events/{event}");
    admin.get(&one).await.expect(200);
    let resend = format!("{one}/resend");
    admin.post(&resend, &json!({})).await.expect(200);
    let since = Time::from_unix_millis(app.now().unix_millis() - 29 * 24 * 3_600_000);
    let all = json!({ "since": since, "include": "all" });
    let recovery = admin.post(&format!("{path}/recover"), &all).await;
    let recovery = format!("/v1/webhook-recoveries/{}", id(&recovery.expect(201)));
    let cancel = format!("{recovery}/cancel");
    admin.post(&cancel, &json!({})).await.expect(200);
    app.settle().await;
    admin.get(&recovery).await.expect(200);
    admin.get("/v1/webhook-recoveries").await.expect(200);
    let again = admin.post(&format!("{path}/recover"), &all).await;
    again.expect(201);
    app.settle().await;
}

async fn manage_team(admin: &Actor) {
    let role = json!({ "name": "Auditor", "permissions": ["view_clients"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let role = format!("/v1/roles/{}", id(&role));
    let company = create(admin, "companies", json!({ "name": "Foundries" })).await;
    let mary = json!({
        "name": "Mary Major", "email": "mary@example.com", "role": "staff",
        "companyAccessList": [company],
    });
    let mary = admin.post("/v1/internal-users", &mary).await.expect(201);
    let path = format!("/v1/internal-users/{}", id(&mary));
    let role_id = role.rsplit('/').next().expect("an id");
    for change in [json!({ "role": role_id }), json!({ "roleId": null })] {
        admin.patch(&path, &change).await.expect(200);
    }
    let reader = json!({ "name": "A Reader", "email": "reader@example.com", "role": role_id });
    let reader = admin.post("/v1/internal-users", &reader).await.expect(201);
    let reader = format!("/v1/internal-users/{}", id(&reader));
    admin.delete(&reader).await.expect(200);
    for list in ["clients", "keys", "invitations", "internal-users"] {
        let path = format!("/v1/access-review/{list}?days=1");
        admin.get(&path).await.expect(200);
    }
    for path in [
        "/v1/me",
        "/v1/limits",
        "/v1/internal-users",
        &path,
        "/v1/roles",
        &role,
    ] {
        admin.get(path).await.expect(200);
    }
    let log = admin.get("/v1/audit-log").await.expect(200);
    let entry = format!("/v1/audit-log/{}", id(&log["data"][0]));
    admin.get(&entry).await.expect(200);
    let own = json!({
        "eventType": "reportSent", "actorType": "internalUser",
        "actorId": path.rsplit('/').next(), "companyId": company,
        "eventDescription": "The monthly report was sent",
    });
    admin.post("/v1/audit-log", &own).await.expect(201);
    let task = json!({ "title": "Send the report" });
    admin
        .post("/v1/webhooks/task.created", &task)
        .await
        .expect(201);
    let key = json!({ "name": "CRM", "permissions": ["view_clients"] });
    let key = admin.post("/v1/api-keys", &key).await.expect(201);
    let key = format!("/v1/api-keys/{}", id(&key));
    for path in ["/v1/api-keys", &key] {
        admin.get(path).await.expect(200);
    }
    let change = json!({ "name": "ERP" });
    admin.patch(&key, &change).await.expect(200);
    admin.delete(&key).await.expect(200);
    let change = json!({ "name": "Reviewer" });
    admin.patch(&role, &change).await.expect(200);
    admin.delete(&role).await.expect(200);
    let paul = json!({ "name": "Paul Minor", "email": "paul@example.com", "role": "admin" });
    admin.post("/v1/internal-users", &paul).await.expect(201);
    admin.delete(&path).await.expect(200);
}

/// Lets the sweeper find an event, a letter, a lane and a recovery of which neither
/// the stream nor a queue has told.
async fn lose_what_wakes(app: &TestApp, endpoint: &str) {
    let is_waker =
        |call: &Call| matches!(call.function, Some("dispatcher" | "deliverer" | "mailer"));
    app.server
        .aws()
        .inject(move |call: &Call| is_waker(call).then_some(Fault::Refuse("InternalServerError")));
    let alan = json!({ "name": "Alan Turing", "email": "alan@example.com" });
    app.admin()
        .post("/v1/clients?sendInvite=true", &alan)
        .await
        .expect(200);
    let since = Time::from_unix_millis(app.now().unix_millis() - 60_000);
    let recover = format!("/v1/webhook-endpoints/{endpoint}/recover");
    let recovery = app.admin().post(&recover, &json!({ "since": since })).await;
    recovery.expect(201);
    // Somebody gets another name, so the old one is to be found no longer.
    let found = app.admin().get("/v1/clients?email=grace@example.com").await;
    let grace = format!("/v1/clients/{}", id(&found.expect(200)["data"][0]));
    let married = json!({ "familyName": "Murray" });
    app.admin().patch(&grace, &married).await.expect(200);
    app.settle().await;
    app.advance(Duration::from_mins(1)).await;
    app.server.aws().heal();
    app.advance(Duration::from_mins(10)).await;
}
