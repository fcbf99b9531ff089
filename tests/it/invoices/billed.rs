//! Who is billed: a company, or a client who has none.

use super::{bill, billed, client, company};
use e2e::TestApp;
use serde_json::json;

struct World {
    app: TestApp,
    engines: String,
    /// Not active.
    looms: String,
    /// A client of the one.
    one: String,
    /// A client of both.
    both: String,
    /// A client of none, and the placeholder that stands for it.
    none: String,
    stand_in: String,
}

async fn world() -> World {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let one = client(&app, "One", &[&engines]).await;
    let both = client(&app, "Both", &[&engines, &looms]).await;
    let none = client(&app, "None", &[]).await;
    let stand_in = admin.get(&format!("/v1/clients/{none}")).await.expect(200);
    let stand_in = stand_in["companyId"].as_str().expect("an id").to_owned();
    let off = json!({ "isActive": false });
    let inactive = format!("/v1/companies/{looms}");
    admin.patch(&inactive, &off).await.expect(200);
    World {
        app,
        engines,
        looms,
        one,
        both,
        none,
        stand_in,
    }
}

#[tokio::test]
async fn the_company_is_billed_or_the_client_who_has_none() {
    let World {
        app,
        engines,
        looms,
        one,
        both,
        none,
        stand_in,
    } = world().await;
    let admin = app.admin();
    let nobody = "";
    for (to, client, company) in [
        (json!({ "companyId": looms }), nobody, &*looms),
        (json!({ "clientId": one }), &*one, &*engines),
        (json!({ "clientId": none }), &none, nobody),
        (json!({ "clientId": none, "companyId": "" }), &none, nobody),
        (
            json!({ "clientId": none, "companyId": stand_in }),
            &none,
            nobody,
        ),
        (
            json!({ "clientId": both, "companyId": looms }),
            &both,
            &looms,
        ),
        (json!({ "recipientId": one }), &one, &engines),
        (json!({ "recipientId": engines }), nobody, &engines),
        // It counts only where neither of the two is given.
        (
            json!({ "recipientId": one, "companyId": looms }),
            nobody,
            &looms,
        ),
    ] {
        let made = billed(&admin, to.clone()).await;
        assert_eq!(
            (&made["clientId"], &made["companyId"]),
            (&json!(client), &json!(company)),
            "{to}"
        );
        let recipient = if client.is_empty() { company } else { client };
        assert_eq!(made["recipientId"], json!(recipient), "{to}");
    }
    // While companies are off, nobody is asked for one.
    let settings = json!({ "companies": "off" });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let made = billed(&admin, json!({ "clientId": both })).await;
    assert_eq!(made["companyId"], "");
}

#[tokio::test]
async fn who_cannot_be_billed_is_refused_with_the_name_of_its_field() {
    let World {
        app,
        engines,
        looms,
        one,
        both,
        stand_in,
        ..
    } = world().await;
    let admin = app.admin();
    let archived = client_gone(&app).await;
    let theirs = app.other_tenant().await.actor;
    let theirs = theirs
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await;
    let theirs = theirs.expect(200);
    for (to, code, field) in [
        (json!({}), "field_required", "clientId"),
        (
            json!({ "clientId": both }),
            "company_ambiguous",
            "companyId",
        ),
        (
            json!({ "recipientId": both }),
            "company_ambiguous",
            "companyId",
        ),
        (
            json!({ "clientId": one, "companyId": looms }),
            "company_unknown",
            "companyId",
        ),
        (
            json!({ "companyId": stand_in }),
            "company_is_placeholder",
            "companyId",
        ),
        (
            json!({ "companyId": theirs["id"] }),
            "company_unknown",
            "companyId",
        ),
        (json!({ "companyId": one }), "company_unknown", "companyId"),
        (json!({ "clientId": engines }), "client_unknown", "clientId"),
        (
            json!({ "clientId": archived }),
            "client_unknown",
            "clientId",
        ),
        (
            json!({ "recipientId": "x" }),
            "recipient_unknown",
            "recipientId",
        ),
    ] {
        let refused = admin.post("/v1/invoices", &bill(to.clone())).await;
        assert_eq!(refused.problem(400, code), Some(field), "{to}");
    }
}

async fn client_gone(app: &TestApp) -> String {
    let gone = client(app, "Gone", &[]).await;
    let path = format!("/v1/clients/{gone}");
    app.admin().delete(&path).await.expect(200);
    gone
}
