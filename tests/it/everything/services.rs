//! Services, and the companies that are limited to some.

use e2e::{Actor, TestApp, id};
use serde_json::json;
use std::time::Duration;

/// Adds services, names one in a company, and changes and deletes it.
pub(super) async fn offer(admin: &Actor) {
    let name = json!({ "name": "Tax return" });
    let path = "/v1/services?dryRun=true";
    admin.post(path, &name).await.expect(201);
    let service = admin.post("/v1/services", &name).await.expect(201);
    let path = format!("/v1/services/{}", id(&service));
    for path in ["/v1/services", "/v1/services?isActive=true", &path] {
        admin.get(path).await.expect(200);
    }
    let company = json!({ "name": "Harbours", "serviceIds": [service["id"]] });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    let company = format!("/v1/companies/{}", id(&company));
    for only in [json!(null), json!([service["id"]])] {
        let change = json!({ "serviceIds": only });
        admin.patch(&company, &change).await.expect(200);
    }
    let renamed = json!({ "name": "Yearly tax return" });
    admin.patch(&path, &renamed).await.expect(200);
    admin.delete(&path).await.expect(200);
    admin.delete(&company).await.expect(200);
}

/// A client asks in the portal and somebody for it; an account manager with a
/// role of the workspace's own is mailed, and so is the client.
pub(super) async fn ask(app: &TestApp, admin: &Actor) {
    let role = json!({ "name": "Desk", "permissions": ["view_requests"] });
    let role = admin.post("/v1/roles", &role).await.expect(201);
    let mary = json!({ "name": "Mary Lacy", "email": "lacy@example.com", "role": role["id"] });
    let mary = admin.post("/v1/internal-users", &mary).await.expect(201);
    let service = json!({ "name": "Bookkeeping" });
    let service = admin.post("/v1/services", &service).await.expect(201);
    let company = json!({
        "name": "Docks", "serviceIds": [service["id"]], "accountManagerIds": [mary["id"]],
    });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    let client = app
        .client("Maria Agnesi", "agnesi@example.com", Some(id(&company)))
        .await;
    let portal = &client.actor;
    portal.get("/portal/services").await.expect(200);
    let all = json!({ "serviceIds": null });
    let path = format!("/v1/companies/{}", id(&company));
    admin.patch(&path, &all).await.expect(200);
    portal.get("/portal/services").await.expect(200);
    let wanted = json!({ "serviceId": service["id"], "title": "The year 2025" });
    let made = portal.post("/portal/requests", &wanted).await.expect(201);
    portal.get("/portal/requests").await.expect(200);
    let own = format!("/portal/requests/{}", id(&made));
    portal.get(&own).await.expect(200);
    let cancel = format!("{own}/cancel");
    portal.post(&cancel, &json!({})).await.expect(200);

    let mut wanted = wanted;
    wanted["clientId"] = json!(client.id);
    let made = admin.post("/v1/requests", &wanted).await.expect(201);
    let one = format!("/v1/requests/{}", id(&made));
    let step = json!({ "status": "inProgress" });
    admin.patch(&one, &step).await.expect(200);
    for path in [
        "/v1/requests",
        &format!("/v1/requests?clientId={}", client.id),
        &format!("/v1/requests?companyId={}", id(&company)),
        "/v1/requests?status=open",
        &format!("/v1/clients/{}/requests", client.id),
        &one,
    ] {
        admin.get(path).await.expect(200);
    }
    app.settle().await;
    let purge = format!("/v1/clients/{}/purge", client.id);
    admin.post(&purge, &json!({})).await.expect(200);
    app.advance(Duration::from_mins(1)).await;
    let path = format!("/v1/services/{}", id(&service));
    admin.delete(&path).await.expect(200);
    let path = format!("/v1/internal-users/{}", id(&mary));
    admin.delete(&path).await.expect(200);
}
