//! The settings of a workspace, and what they change.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};

async fn set(app: &TestApp, settings: Value) -> Value {
    app.admin()
        .patch("/v1/workspaces", &settings)
        .await
        .expect(200)
}

fn ada() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com" })
}

#[tokio::test]
async fn settings_are_changed_told_and_cleared() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["workspace.*"]).await;

    let settings = json!({
        "brandName": "Analytical Engines", "companies": "required", "defaultChannelType": "company",
        "isClientInviteEnabled": true, "isClientDirectSignUpEnabled": true,
        "isUninvitedNotificationEnabled": false, "invitationLifetimeDays": 30,
        "staffIdleMinutes": 60,
        "fullLogoUrl": "https://example.com/logo.png", "colorAccent": "#9BBFFF",
        "replyToEmail": "office@example.com", "labels": { "groupTerm": "organization" },
    });
    let after = set(&app, settings.clone()).await;
    let again = set(&app, settings.clone()).await;
    let cleared = json!({ "fullLogoUrl": "", "colorAccent": null, "replyToEmail": "" });
    let cleared = set(&app, cleared).await;
    app.settle().await;

    for (name, value) in settings.as_object().expect("an object") {
        if name != "labels" {
            assert_eq!(&after[name], value, "{name}");
        }
    }
    assert_eq!(after["labels"]["groupTerm"], "organization");
    assert_eq!(after["labels"]["groupTermPlural"], "companies");
    assert_eq!(after["isCompaniesEnabled"], true);
    assert_eq!(again, after);
    for name in ["fullLogoUrl", "colorAccent", "replyToEmail"] {
        assert_eq!(cleared[name], "", "{name}");
    }
    assert_eq!(app.admin().get("/v1/workspaces").await.expect(200), cleared);
    // What programs for the compatible API may read, and nobody can set here.
    for name in [
        "industry",
        "logOutUrl",
        "squareIconUrl",
        "squareLoginImageUrl",
        "socialSharingImageUrl",
        "colorSidebarBackground",
        "colorSidebarText",
        "font",
        "metaTitle",
        "metaDescription",
    ] {
        assert_eq!(cleared[name], "", "{name}");
    }
    assert_eq!(
        receiver.event_types(),
        ["workspace.updated", "workspace.updated"]
    );
    let event = receiver.received()[0].event();
    assert_eq!(event["previousAttributes"]["companies"], "optional");
    assert_eq!(event["data"].get("portalUrl"), None);
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_by_name() {
    let app = TestApp::start().await;

    for (settings, code, field) in [
        (json!({ "brandName": "" }), "field_required", "brandName"),
        (json!({ "brandName": null }), "field_invalid", "brandName"),
        (
            json!({ "labels": { "groupTerm": null } }),
            "field_invalid",
            "labels.groupTerm",
        ),
        (
            json!({ "companies": "maybe" }),
            "field_invalid",
            "companies",
        ),
        (
            json!({ "invitationLifetimeDays": 31 }),
            "number_invalid",
            "invitationLifetimeDays",
        ),
        (
            json!({ "staffIdleMinutes": 29 }),
            "number_invalid",
            "staffIdleMinutes",
        ),
        (
            json!({ "staffIdleMinutes": 721 }),
            "number_invalid",
            "staffIdleMinutes",
        ),
        (
            json!({ "fullLogoUrl": "http://example.com/logo.png" }),
            "url_invalid",
            "fullLogoUrl",
        ),
        (
            json!({ "colorAccent": "blue" }),
            "color_invalid",
            "colorAccent",
        ),
        (
            json!({ "replyToEmail": "office" }),
            "email_invalid",
            "replyToEmail",
        ),
        (
            json!({ "labels": { "groupTerm": "" } }),
            "field_required",
            "labels.groupTerm",
        ),
        (json!({ "industry": "looms" }), "field_unknown", "industry"),
    ] {
        let refused = app.admin().patch("/v1/workspaces", &settings).await;
        assert_eq!(refused.problem(400, code), Some(field), "{settings}");
    }
}

#[tokio::test]
async fn a_new_invitation_is_good_for_as_long_as_the_settings_say() {
    let app = TestApp::start().await;
    set(&app, json!({ "invitationLifetimeDays": 1 })).await;
    app.admin()
        .post("/v1/clients?sendInvite=true", &ada())
        .await
        .expect(200);
    app.settle().await;
    let link = app.link("ada@example.com").await;

    app.nobody().get(&link).await.expect(200);
    app.advance(std::time::Duration::from_hours(24)).await;

    app.nobody()
        .get(&link)
        .await
        .problem(410, "invitation_expired");
}

#[tokio::test]
async fn while_companies_are_off_nobody_names_one_and_afterwards_all_are_there() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let mut body = ada();
    body["companyIds"] = json!([company["id"]]);
    let client = admin.post("/v1/clients", &body).await.expect(200);
    let path = format!("/v1/clients/{}", id(&client));
    let mills = json!({ "name": "Mills" });
    let mills = admin.post("/v1/companies", &mills).await.expect(200);

    set(&app, json!({ "companies": "off" })).await;
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let mut placed = grace.clone();
    placed["companyId"] = company["id"].clone();
    let refused = admin.post("/v1/clients", &placed).await;
    assert_eq!(refused.problem(400, "companies_off"), Some("companyIds"));
    let refused = admin
        .patch(&path, &json!({ "companyIds": [mills["id"]] }))
        .await;
    assert_eq!(refused.problem(400, "companies_off"), Some("companyIds"));
    let refused = admin
        .post("/v1/companies", &json!({ "name": "Looms" }))
        .await;
    assert_eq!(refused.problem(400, "companies_off"), Some("name"));
    let added = admin.post("/v1/clients", &grace).await.expect(200);
    assert!(added["companyId"].is_string());
    admin
        .patch(&path, &json!({ "companyId": "", "position": "Analyst" }))
        .await
        .expect(200);

    set(&app, json!({ "companies": "optional" })).await;
    let back = admin.get(&path).await.expect(200);
    assert_eq!(back["companyIds"], json!([company["id"]]));
    assert_eq!(back["position"], "Analyst");
}

#[tokio::test]
async fn while_companies_are_off_nobody_gets_into_one_and_none_is_changed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = json!({ "name": "Engines" });
    let company = admin.post("/v1/companies", &engines).await.expect(200);
    let company = id(&company);
    let ada = app.client("Ada", "ada@example.com", Some(company)).await;
    let bob = app.client("Bob", "bob@example.com", Some(company)).await;
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let grace = admin.post("/v1/clients", &grace).await.expect(200);
    app.settle().await;
    let settings = json!({ "companies": "off", "isClientInviteEnabled": true });
    set(&app, settings).await;

    let path = format!("/v1/companies/{company}");
    let joining = json!({ "clientIds": [grace["id"]] });
    let refused = admin.post(&format!("{path}/clients"), &joining).await;
    refused.problem(400, "companies_off");
    let refused = admin.patch(&path, &json!({ "name": "Looms" })).await;
    refused.problem(400, "companies_off");
    let colleague = json!({ "givenName": "Eve", "familyName": "Else", "email": "eve@example.com" });
    let refused = ada.actor.post("/portal/invitations", &colleague).await;
    assert_eq!(refused.problem(400, "companies_off"), Some("companyId"));
    let grace = format!("/v1/clients/{}", id(&grace));
    let grace = admin.get(&grace).await.expect(200);
    assert_ne!(grace["companyId"], company);

    // What is read can be written back, and clients are not shown to each other.
    let path = format!("/v1/clients/{}", bob.id);
    let read = admin.get(&path).await.expect(200);
    assert_eq!(read["companyIds"], json!([company]));
    for own in [
        json!({ "companyIds": read["companyIds"] }),
        json!({ "companyId": read["companyId"] }),
    ] {
        let after = admin.patch(&path, &own).await.expect(200);
        assert_eq!(after["companyIds"], json!([company]));
    }
    let team = ada.actor.get("/portal/team").await.expect(200);
    assert_eq!(team, json!({ "data": [] }));
}

#[tokio::test]
async fn where_companies_are_required_the_only_one_is_preselected() {
    let app = TestApp::start().await;
    let admin = app.admin();
    set(&app, json!({ "companies": "required" })).await;

    let refused = admin.post("/v1/clients", &ada()).await;
    assert_eq!(refused.problem(400, "company_required"), Some("companyIds"));
    let engines = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let looms = admin
        .post(
            "/v1/companies",
            &json!({ "name": "Looms", "isActive": false }),
        )
        .await
        .expect(200);
    let client = admin.post("/v1/clients", &ada()).await.expect(200);
    assert_eq!(client["companyIds"], json!([engines["id"]]));
    let path = format!("/v1/clients/{}", id(&client));
    let refused = admin.patch(&path, &json!({ "companyIds": [] })).await;
    assert_eq!(refused.problem(400, "company_required"), Some("companyIds"));

    let active = json!({ "isActive": true });
    let looms = format!("/v1/companies/{}", id(&looms));
    admin.patch(&looms, &active).await.expect(200);
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let refused = admin.post("/v1/clients", &grace).await;
    assert_eq!(refused.problem(400, "company_required"), Some("companyIds"));
}

#[tokio::test]
async fn mails_look_as_the_settings_say() {
    let app = TestApp::start().await;
    let branding = json!({
        "brandName": "Analytical Engines", "fullLogoUrl": "https://example.com/logo.png",
        "colorAccent": "#9BBFFF", "replyToEmail": "office@example.com",
        "labels": { "individualTerm": "patient" },
    });
    set(&app, branding).await;

    app.admin()
        .post("/v1/clients?sendInvite=true", &ada())
        .await
        .expect(200);
    app.settle().await;

    let mail = app.mails("ada@example.com").await.remove(0);
    let html = mail["HTML"].as_str().expect("a part in HTML");
    for wanted in [
        "Analytical Engines",
        "https://example.com/logo.png",
        "#9BBFFF",
    ] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
    assert_eq!(mail["ReplyTo"][0]["Address"], "office@example.com");
    assert_eq!(
        mail["Subject"],
        "Analytical Engines invites you to their patient portal"
    );
    let page = app.browser().open(&app.link("ada@example.com").await).await;
    assert!(
        page.text.contains("your patient portal account"),
        "{}",
        page.text
    );
}
