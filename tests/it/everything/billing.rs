//! Invoices and payments.

use crate::invoices::{bill as body, path};
use e2e::{Actor, TestApp, id};
use serde_json::json;
use std::time::Duration;

/// Bills a company and clients, changes, voids and pays, looks at it in the
/// portal, and erases the client.
pub(super) async fn bill(app: &TestApp, admin: &Actor) {
    let company = json!({ "name": "Quays" });
    let company = admin.post("/v1/companies", &company).await.expect(200);
    let client = app
        .client("Sophie Germain", "germain@example.com", Some(id(&company)))
        .await;
    let to = body(json!({ "clientId": client.id, "memo": "Thank you" }));
    let dry = "/v1/invoices?dryRun=true";
    admin.post(dry, &to).await.expect(200);
    let invoice = admin.post("/v1/invoices", &to).await.expect(200);
    let one = path(&invoice);
    let renamed = json!({ "number": "2026/1" });
    admin.patch(&one, &renamed).await.expect(200);
    let payments = format!("{one}/payments");
    let paid = json!({
        "amount": 1, "paymentMethod": "creditCard", "last4Digits": "4242",
    });
    let dry = format!("{payments}?dryRun=true");
    admin.post(&dry, &paid).await.expect(201);
    admin.post(&payments, &paid).await.expect(201);
    let wrong = body(json!({ "companyId": company["id"] }));
    let wrong = admin.post("/v1/invoices", &wrong).await.expect(200);
    let void = format!("{}/void", path(&wrong));
    admin.post(&void, &json!({})).await.expect(200);
    for path in [
        "/v1/invoices",
        &format!("/v1/invoices?clientId={}", client.id),
        &format!("/v1/invoices?companyId={}", id(&company)),
        "/v1/invoices?status=open",
        &one,
        "/v1/payments",
        &format!("/v1/payments?invoiceId={}", id(&invoice)),
        &format!("/v1/payments?clientId={}", client.id),
        &format!("/v1/payments?companyId={}", id(&company)),
    ] {
        admin.get(path).await.expect(200);
    }
    client.actor.get("/portal/invoices").await.expect(200);
    let own = format!("/portal/invoices/{}", id(&invoice));
    client.actor.get(&own).await.expect(200);
    app.settle().await;
    let purge = format!("/v1/clients/{}/purge", client.id);
    admin.post(&purge, &json!({})).await.expect(200);
    app.advance(Duration::from_mins(1)).await;
    let path = format!("/v1/companies/{}", id(&company));
    admin.delete(&path).await.expect(200);
}
