//! The portal: a client sees and changes what is its own.

use e2e::{Receiver, TestApp, id};
use serde_json::{Value, json};

#[tokio::test]
async fn a_client_sees_who_else_is_in_its_companies() {
    let app = TestApp::start().await;
    let company = |name: &str| {
        let admin = app.admin();
        let body = json!({ "name": name });
        async move { id(&admin.post("/v1/companies", &body).await.expect(200)).to_owned() }
    };
    let (engines, looms) = (company("Engines").await, company("Looms").await);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(&engines))
        .await;
    let charles = app
        .client("Charles Babbage", "charles@example.com", Some(&engines))
        .await;
    let joseph = app
        .client("Joseph Jacquard", "joseph@example.com", Some(&looms))
        .await;
    let alone = app.client("Grace Hopper", "grace@example.com", None).await;

    let team = ada.actor.get("/portal/team").await.expect(200);

    let colleague = &team["data"][0];
    assert_eq!(team["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(id(colleague), charles.id);
    let fields: Vec<&String> = colleague.as_object().expect("an object").keys().collect();
    assert_eq!(
        fields,
        [
            "id",
            "object",
            "givenName",
            "familyName",
            "name",
            "position",
            "avatarImageUrl",
            "fallbackColor",
            "status"
        ],
        "no address, no phone number, nothing else that is the business's"
    );
    let foreign = format!("/portal/team?companyId={looms}");
    assert_eq!(
        ada.actor
            .get(&foreign)
            .await
            .problem(400, "company_unknown"),
        Some("companyId")
    );
    joseph.actor.get(&foreign).await.expect(200);
    assert_eq!(
        alone.actor.get("/portal/team").await.expect(200),
        json!({ "data": [] })
    );
    let archive = format!("/v1/clients/{}", charles.id);
    app.admin().delete(&archive).await.expect(200);
    assert_eq!(
        ada.actor.get("/portal/team").await.expect(200),
        json!({ "data": [] })
    );
}

#[tokio::test]
async fn a_page_of_colleagues_goes_on_where_it_ended() {
    let app = TestApp::start().await;
    let company = app
        .admin()
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(id(&company)))
        .await;
    for number in 0..3 {
        let body = json!({ "name": format!("Client {number}"), "email": format!("c{number}@example.com"), "companyId": id(&company) });
        app.admin().post("/v1/clients", &body).await.expect(200);
    }
    let (mut names, mut path) = (Vec::new(), "/portal/team?limit=2".to_owned());
    loop {
        let page = ada.actor.get(&path).await.expect(200);
        names.extend(
            page["data"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["name"].clone()),
        );
        let Some(next) = page["nextToken"].as_str() else {
            break;
        };
        path = format!("/portal/team?limit=2&nextToken={next}");
    }

    assert_eq!(names, ["Client 0", "Client 1", "Client 2"]);
    let other = app.client("Eve Elsewhere", "eve@example.com", None).await;
    other
        .actor
        .get(&path)
        .await
        .problem(400, "page_token_invalid");
}

#[tokio::test]
async fn a_client_changes_its_own_profile() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    app.register(&receiver, &["client.updated"]).await;

    let change = json!({ "familyName": "King", "position": "Countess" });
    let me = ada.actor.patch("/portal/me", &change).await.expect(200);
    app.settle().await;

    assert_eq!(
        (&me["name"], &me["position"]),
        (&json!("Ada King"), &json!("Countess"))
    );
    assert_eq!(receiver.event_types(), ["client.updated"]);
    let event: Value = receiver.received()[0].event();
    assert_eq!(event["previousAttributes"]["familyName"], "Lovelace");
    for (body, code, field) in [
        (json!({ "givenName": "" }), "field_required", "givenName"),
        (json!({ "companyIds": [] }), "field_unknown", "companyIds"),
        (
            json!({ "email": "eve@example.com" }),
            "field_unknown",
            "email",
        ),
        (json!({ "status": "active" }), "field_unknown", "status"),
    ] {
        let answer = ada.actor.patch("/portal/me", &body).await;
        assert_eq!(answer.problem(400, code), Some(field));
    }
}

#[tokio::test]
async fn a_client_sees_nothing_of_what_the_team_keeps_about_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let field = json!({ "entityType": "client", "name": "Rating", "type": "text" });
    let fields = json!({ "customFields": [field] });
    let fields = admin.post("/v1/custom-fields", &fields).await.expect(200);
    let field = fields["customFields"][0]["key"].as_str().expect("a key");
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let path = format!("/v1/clients/{}", ada.id);
    let kept = json!({
        "tags": ["slow payer"], "accountManagerIds": [app.server.admin_id],
        "customFields": { field: "difficult" }, "phone": "+12125550123",
    });
    admin.patch(&path, &kept).await.expect(200);

    let seen = ada.actor.get("/portal/me").await.expect(200);
    let changed = json!({ "position": "Countess" });
    let changed = ada.actor.patch("/portal/me", &changed).await.expect(200);

    for me in [&seen, &changed] {
        let fields: Vec<&String> = me.as_object().expect("an object").keys().collect();
        assert_eq!(
            fields,
            [
                "id",
                "object",
                "createdAt",
                "updatedAt",
                "givenName",
                "familyName",
                "name",
                "email",
                "companyId",
                "companyIds",
                "status",
                "avatarImageUrl",
                "fallbackColor",
                "firstLoginDate",
                "lastLoginDate",
                "position",
                "phone"
            ]
        );
        assert_eq!(me["phone"], "+12125550123");
    }
    let phone = json!({ "phone": "" });
    let me = ada.actor.patch("/portal/me", &phone).await.expect(200);
    assert_eq!(me["phone"], Value::Null);
    let phone = json!({ "phone": "call me" });
    let refused = ada.actor.patch("/portal/me", &phone).await;
    assert_eq!(refused.problem(400, "phone_invalid"), Some("phone"));
}

#[tokio::test]
async fn a_client_overwrites_nothing_in_its_profile_that_it_has_not_seen() {
    let app = TestApp::start().await;
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let seen = ada.actor.get("/portal/me").await;
    let path = format!("/v1/clients/{}", ada.id);
    let by_team = json!({ "position": "Countess" });
    app.admin().patch(&path, &by_team).await.expect(200);

    let change = json!({ "position": "Analyst" });
    let stale = ada.actor.with("if-match", seen.header("etag"));
    let refused = stale.patch("/portal/me", &change).await;

    assert_eq!(
        refused.problem(412, "precondition_failed"),
        Some("If-Match")
    );
    let now = ada.actor.get("/portal/me").await;
    let fresh = ada.actor.with("if-match", now.header("etag"));
    let changed = fresh.patch("/portal/me", &change).await.expect(200);
    assert_eq!(changed["position"], "Analyst");
}
