//! Every bad input has a decided answer that names what is wrong.

use e2e::TestApp;
use portico_web::{Body, Function, Operation, Route, serve};
use serde_json::{Value, json};

fn ada() -> Value {
    json!({ "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com" })
}

/// `ada` with one field set to something else.
fn ada_with(field: &str, value: Value) -> Value {
    let mut body = ada();
    body[field] = value;
    body
}

#[tokio::test]
async fn bad_bodies_are_refused_by_name_of_field() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (body, code, field) in bad_clients() {
        let answer = admin.post("/v1/clients", &body).await;
        assert_eq!(answer.problem(400, code), Some(field), "{body}");
    }
    let none = admin.get("/v1/clients").await.expect(200);
    assert_eq!(none["data"], json!([]), "what is refused leaves no trace");
    admin
        .post("/v1/clients", &ada_with("customFields", json!("{}")))
        .await
        .expect(200);
}

/// Bodies that are refused, each with the code and the field.
fn bad_clients() -> Vec<(Value, &'static str, &'static str)> {
    let unknown = "01890000-0000-7000-8000-000000000000";
    let many: Vec<String> = (0..31)
        .map(|number| format!("01890000-0000-7000-8000-0000000000{number:02}"))
        .collect();
    vec![
        (json!({}), "field_required", "givenName"),
        (
            json!({ "givenName": "Ada" }),
            "field_required",
            "familyName",
        ),
        (
            json!({ "givenName": "Ada", "familyName": "L" }),
            "field_required",
            "email",
        ),
        (
            ada_with("givenName", json!(5)),
            "field_invalid",
            "givenName",
        ),
        (
            ada_with("givenName", json!("A\nB")),
            "text_invalid",
            "givenName",
        ),
        (
            ada_with("familyName", json!("x".repeat(101))),
            "text_too_long",
            "familyName",
        ),
        (
            ada_with("name", json!("Ada Lovelace")),
            "name_ambiguous",
            "name",
        ),
        (
            ada_with("nickname", json!("Ada")),
            "field_unknown",
            "nickname",
        ),
        (ada_with("email", json!("ada")), "email_invalid", "email"),
        (
            ada_with("email", json!("ada@example.com, eve@example.com")),
            "email_invalid",
            "email",
        ),
        (
            ada_with("phone", json!("555-0123")),
            "phone_invalid",
            "phone",
        ),
        (
            ada_with("companyId", json!("nonsense")),
            "company_unknown",
            "companyId",
        ),
        (
            ada_with("companyIds", json!("nonsense")),
            "field_invalid",
            "companyIds",
        ),
        (
            ada_with("companyIds", json!([unknown, 5])),
            "field_invalid",
            "companyIds[1]",
        ),
        (
            ada_with("companyIds", json!([unknown, "x"])),
            "company_unknown",
            "companyIds[1]",
        ),
        (
            ada_with("companyIds", json!([unknown])),
            "company_unknown",
            "companyIds",
        ),
        (
            ada_with("companyIds", json!(many)),
            "too_many_companies",
            "companyIds",
        ),
        (
            ada_with("customFields", json!({ "tier": "gold" })),
            "custom_field_unknown",
            "customFields.tier",
        ),
        (
            ada_with("customFields", json!([])),
            "field_invalid",
            "customFields",
        ),
    ]
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for body in [
        "",
        "  ",
        "{",
        "nonsense",
        "{\"name\": \"Engines\"} trailing",
        "{\"name\": \"Engines\",}",
        "\u{feff}{}",
    ] {
        let answer = admin
            .send("POST", "/v1/companies", Some(body.to_owned()))
            .await;
        answer.problem(400, "body_malformed");
    }
    for body in ["[]", "null", "5", "\"text\""] {
        let answer = admin
            .send("POST", "/v1/companies", Some(body.to_owned()))
            .await;
        assert_eq!(answer.problem(400, "field_invalid"), Some("body"), "{body}");
    }
    let binary = admin.with("content-type", "application/octet-stream");
    binary
        .send(
            "POST",
            "/v1/companies",
            Some("{\"name\":\"Engines\"}".to_owned()),
        )
        .await
        .expect(200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::start().await;
    let name = "x".repeat(2 * 1024 * 1024);
    let large = app
        .admin()
        .post("/v1/companies", &json!({ "name": name }))
        .await;
    large.problem(413, "body_too_large");
    assert_eq!(large.body["limit"], 1024 * 1024);

    let huge = "x".repeat(11 * 1024 * 1024);
    app.admin()
        .send("POST", "/v1/companies", Some(huge))
        .await
        .problem(413, "body_too_large");
}

#[tokio::test]
async fn an_address_in_use_is_refused_whatever_its_case() {
    let app = TestApp::start().await;
    app.admin().post("/v1/clients", &ada()).await.expect(200);

    let again = app
        .admin()
        .post("/v1/clients", &ada_with("email", json!("ADA@Example.com")))
        .await;

    assert_eq!(again.problem(409, "email_taken"), Some("email"));
}

#[tokio::test]
async fn a_key_that_is_missing_wrong_or_revoked_is_refused() {
    let app = TestApp::start().await;
    let key = app.key(portico_domain::Permission::ALL).await;
    key.actor.get("/v1/clients").await.expect(200);

    let missing = app.nobody().get("/v1/clients").await;
    missing.problem(401, "key_missing");
    assert_eq!(
        missing.header("www-authenticate"),
        "Bearer realm=\"portico\""
    );
    let unknown = "pk_live_01890000000070008000000000000000_secret";
    let tampered = format!("{}x", key.actor.key());
    for wrong in ["nonsense", "pk_live_", "pk_live_x_y", unknown, &tampered] {
        app.actor(Some(wrong))
            .get("/v1/clients")
            .await
            .problem(401, "key_invalid");
    }

    let mut revoked = key.stored.clone();
    revoked.revoked_at = Some(app.now());
    app.put_key(&revoked).await;
    key.actor.get("/v1/clients").await.problem(401, "key_ended");

    let mut expired = key.stored.clone();
    expired.expires_at = Some(app.now());
    app.put_key(&expired).await;
    key.actor.get("/v1/clients").await.problem(401, "key_ended");
}

#[tokio::test]
async fn a_key_is_taken_in_every_form_of_the_compatible_api() {
    let app = TestApp::start().await;
    let (workspace, key) = (app.server.workspace_id, app.server.api_key.clone());
    let other = app.other_tenant().await.stored.workspace_id;

    for form in [
        key.clone(),
        format!("{workspace}/{key}"),
        format!("{workspace}/{key}/token"),
    ] {
        app.actor(Some(&form))
            .get("/v1/workspaces")
            .await
            .expect(200);
    }
    let bearer = app.nobody().with("authorization", &format!("Bearer {key}"));
    bearer.get("/v1/workspaces").await.expect(200);
    for form in [
        format!("{other}/{key}"),
        format!("nonsense/{key}"),
        format!("/{key}"),
    ] {
        app.actor(Some(&form))
            .get("/v1/workspaces")
            .await
            .problem(401, "key_invalid");
    }
}

#[tokio::test]
async fn page_tokens_fit_one_list_of_one_tenant_for_a_day() {
    let app = TestApp::start().await;
    let (admin, other) = (app.admin(), app.other_tenant().await.actor);
    for name in ["Engines", "Looms"] {
        admin
            .post("/v1/companies", &json!({ "name": name }))
            .await
            .expect(200);
        other
            .post("/v1/companies", &json!({ "name": name }))
            .await
            .expect(200);
    }
    let page = admin.get("/v1/companies?limit=1").await.expect(200);
    let token = page["nextToken"].as_str().expect("there is more");
    let next = format!("/v1/companies?limit=1&nextToken={token}");
    admin.get(&next).await.expect(200);

    let refused = other.get(&next).await;
    assert_eq!(
        refused.problem(400, "page_token_invalid"),
        Some("nextToken")
    );
    admin
        .get(&format!("{next}&isPlaceholder=false"))
        .await
        .problem(400, "page_token_invalid");
    admin
        .get(&format!("/v1/clients?nextToken={token}"))
        .await
        .problem(400, "page_token_invalid");
    admin
        .get(&format!("/v1/companies?nextToken={}x", &token[1..]))
        .await
        .problem(400, "page_token_invalid");
    admin
        .get("/v1/companies?nextToken=%F0%9F%A6%80")
        .await
        .problem(400, "page_token_invalid");
    app.advance(std::time::Duration::from_hours(24)).await;
    admin.get(&next).await.problem(400, "page_token_expired");
}

#[tokio::test]
async fn unknown_paths_and_ids_are_not_found() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (method, path) in [
        ("GET", "/v1/nothing"),
        ("DELETE", "/v1/companies"),
        ("GET", "/v1/clients/"),
        ("PUT", "/v1/workspaces"),
    ] {
        admin
            .send(method, path, None)
            .await
            .problem(404, "route_not_found");
    }
    for path in [
        "/v1/clients/nonsense",
        "/v1/clients/01890000-0000-7000-8000-000000000000",
        "/v1/companies/%F0%9F%A6%80",
    ] {
        admin.get(path).await.problem(404, "not_found");
    }
    for token in ["x", "AAAA", "%2e%2e%2f"] {
        app.nobody()
            .get(&format!("/i/{token}"))
            .await
            .problem(404, "invitation_unknown");
    }
    let unknown = json!({ "clientId": "01890000-0000-7000-8000-000000000000" });
    assert_eq!(
        admin
            .post("/v1/invitations", &unknown)
            .await
            .problem(400, "client_unknown"),
        Some("clientId")
    );
    assert_eq!(
        admin
            .post("/v1/invitations", &json!({}))
            .await
            .problem(400, "field_required"),
        Some("clientId")
    );
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (path, field) in [
        ("/v1/clients?companyId=x", "companyId"),
        ("/v1/companies?isPlaceholder=maybe", "isPlaceholder"),
        ("/v1/invitations?clientId=x", "clientId"),
    ] {
        assert_eq!(
            admin.get(path).await.problem(400, "parameter_invalid"),
            Some(field)
        );
    }
    let invite = admin.post("/v1/clients?sendInvite=perhaps", &ada()).await;
    assert_eq!(invite.problem(400, "parameter_invalid"), Some("sendInvite"));
}

#[tokio::test]
async fn bad_passwords_are_refused_and_leave_the_link_alive() {
    let app = TestApp::start().await;
    app.admin()
        .post("/v1/clients?sendInvite=true", &ada())
        .await
        .expect(200);
    app.settle().await;
    let accept = format!("{}/accept", app.link("ada@example.com").await);
    let nobody = app.nobody();

    for (body, code) in [
        (json!({}), "field_required"),
        (json!({ "password": "" }), "field_required"),
        (json!({ "password": "elevenchars" }), "password_too_short"),
        (json!({ "password": "x".repeat(129) }), "password_too_long"),
        (json!({ "password": 123_456_789_012_u64 }), "field_invalid"),
    ] {
        assert_eq!(
            nobody.post(&accept, &body).await.problem(400, code),
            Some("password")
        );
    }
    nobody
        .post(&accept, &json!({ "password": "twelve chars" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn every_answer_carries_its_request_id() {
    let app = TestApp::start().await;
    for answer in [
        app.nobody().get("/healthz").await,
        app.nobody().get("/v1/clients").await,
        app.nobody().get("/x").await,
    ] {
        assert_eq!(answer.header("x-request-id").len(), 36);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_panic_becomes_a_problem_that_says_nothing_of_it() {
    const ROUTE: Route = Route::get("test-panic", "/panic");
    const OPERATION: Operation = Operation {
        summary: "",
        description: "",
        query: &[],
        body: None,
        answer: Body::Document,
    };
    let function = Function::new(&ROUTE, &[], &OPERATION, |_, _| {
        Box::pin(async { panic!("the secret is 42") })
    });
    let app = TestApp::start().await;
    let event = json!({
        "version": "2.0", "routeKey": "GET /panic", "rawPath": "/panic", "headers": {}, "isBase64Encoded": false,
        "requestContext": { "http": { "method": "GET", "path": "/panic" }, "requestId": "r1" },
    });
    let event = serde_json::from_value(event).expect("API Gateway's shape");

    let answer = serve(app.server.app(), &function, event).await;

    assert_eq!(answer.status_code, 500);
    let body = serde_json::to_string(&answer).expect("it can be written");
    assert!(
        body.contains("internal_error") && !body.contains("42"),
        "{body}"
    );
}
