//! What programs that were written for the compatible API meet beyond the
//! routes that have tests of their own.

use e2e::{TestApp, id};
use portico_site::planned::PLANNED;
use serde_json::json;

/// Every operation of that API: the index of its newest SDK, and those that
/// are known beside it.
const OPERATIONS: &[(&str, &str)] = &[
    ("GET", "/v1/channels/files"),
    ("POST", "/v1/channels/files"),
    ("GET", "/v1/channels/files/{id}"),
    ("GET", "/v1/clients"),
    ("POST", "/v1/clients"),
    ("DELETE", "/v1/clients/{id}"),
    ("GET", "/v1/clients/{id}"),
    ("PATCH", "/v1/clients/{id}"),
    ("PUT", "/v1/clients/{id}"),
    ("GET", "/v1/clients/{id}/app-visibility"),
    ("GET", "/v1/comments"),
    ("DELETE", "/v1/comments/{id}"),
    ("GET", "/v1/comments/{id}"),
    ("GET", "/v1/companies"),
    ("POST", "/v1/companies"),
    ("DELETE", "/v1/companies/{id}"),
    ("GET", "/v1/companies/{id}"),
    ("PATCH", "/v1/companies/{id}"),
    ("POST", "/v1/companies/{id}/clients"),
    ("GET", "/v1/contract-templates"),
    ("GET", "/v1/contract-templates/{id}"),
    ("GET", "/v1/contracts"),
    ("POST", "/v1/contracts"),
    ("GET", "/v1/contracts/{id}"),
    ("GET", "/v1/custom-fields"),
    ("POST", "/v1/custom-fields"),
    ("GET", "/v1/custom-fields/{id}/options"),
    ("GET", "/v1/events"),
    ("POST", "/v1/events"),
    ("GET", "/v1/events/{id}"),
    ("POST", "/v1/file"),
    ("GET", "/v1/files"),
    ("PUT", "/v1/files/root/permissions"),
    ("POST", "/v1/files/{fileType}"),
    ("DELETE", "/v1/files/{id}"),
    ("GET", "/v1/files/{id}"),
    ("GET", "/v1/files/{id}/download"),
    ("GET", "/v1/files/{id}/download-url"),
    ("PUT", "/v1/files/{id}/permissions"),
    ("POST", "/v1/form-responses"),
    ("GET", "/v1/forms"),
    ("POST", "/v1/forms"),
    ("GET", "/v1/forms/{id}"),
    ("GET", "/v1/forms/{id}/form-responses"),
    ("GET", "/v1/installs"),
    ("GET", "/v1/installs/{installId}"),
    ("GET", "/v1/installs/{installId}/connections"),
    ("POST", "/v1/installs/{installId}/connections"),
    ("GET", "/v1/internal-users"),
    ("GET", "/v1/internal-users/{id}"),
    ("PATCH", "/v1/internal-users/{id}"),
    ("GET", "/v1/internal-users/{id}/notification-settings"),
    ("GET", "/v1/invoice-templates"),
    ("GET", "/v1/invoices"),
    ("POST", "/v1/invoices"),
    ("GET", "/v1/invoices/{id}"),
    ("GET", "/v1/me"),
    ("GET", "/v1/message-channels"),
    ("POST", "/v1/message-channels"),
    ("GET", "/v1/message-channels/unread"),
    ("GET", "/v1/message-channels/{id}"),
    ("GET", "/v1/messages"),
    ("POST", "/v1/messages"),
    ("GET", "/v1/notes"),
    ("POST", "/v1/notes"),
    ("DELETE", "/v1/notes/{id}"),
    ("GET", "/v1/notes/{id}"),
    ("PATCH", "/v1/notes/{id}"),
    ("GET", "/v1/notifications"),
    ("POST", "/v1/notifications"),
    ("DELETE", "/v1/notifications/{id}"),
    ("GET", "/v1/notifications/{id}"),
    ("POST", "/v1/notifications/{id}/read"),
    ("POST", "/v1/notifications/{id}/unread"),
    ("GET", "/v1/payments"),
    ("GET", "/v1/prices"),
    ("POST", "/v1/prices"),
    ("GET", "/v1/prices/{id}"),
    ("GET", "/v1/products"),
    ("POST", "/v1/products"),
    ("GET", "/v1/products/{id}"),
    ("GET", "/v1/refunds"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/subscription-templates"),
    ("GET", "/v1/subscriptions"),
    ("POST", "/v1/subscriptions"),
    ("GET", "/v1/subscriptions/{id}"),
    ("POST", "/v1/subscriptions/{id}/cancel"),
    ("GET", "/v1/task-templates"),
    ("GET", "/v1/task-templates/{id}"),
    ("GET", "/v1/tasks"),
    ("POST", "/v1/tasks"),
    ("DELETE", "/v1/tasks/{id}"),
    ("GET", "/v1/tasks/{id}"),
    ("PATCH", "/v1/tasks/{id}"),
    ("POST", "/v1/webhooks/{event}"),
    ("GET", "/v1/workspaces"),
];

/// A path with every parameter named alike, for comparison.
fn shape(path: &str) -> String {
    let piece = |piece: &str| {
        if piece.starts_with('{') {
            "{}".to_owned()
        } else {
            piece.to_owned()
        }
    };
    path.split('/').map(piece).collect::<Vec<_>>().join("/")
}

fn is_implemented(method: &str, path: &str) -> bool {
    portico_bootstrap::functions().iter().any(|function| {
        let route = function.route;
        route.method.name() == method
            && std::iter::once(&route.path)
                .chain(route.aliases)
                .any(|known| shape(known) == shape(path))
    })
}

#[test]
fn every_operation_is_there_or_planned_and_never_both() {
    for (method, path) in OPERATIONS {
        let is_planned = PLANNED
            .iter()
            .any(|(known, template)| known == method && shape(template) == shape(path));
        assert_ne!(
            is_implemented(method, path),
            is_planned,
            "{method} {path}: an operation that is there leaves functions/site/src/planned.rs, any other is in it"
        );
    }
    for (method, path) in PLANNED {
        assert!(!is_implemented(method, path), "{method} {path} is there");
    }
    assert!(PLANNED.is_sorted_by_key(|(method, path)| (path, method)));
}

#[tokio::test]
async fn what_is_planned_answers_501_and_what_is_unknown_404() {
    let app = TestApp::start().await;
    for (method, path) in PLANNED {
        let path = path
            .split('/')
            .map(|piece| if piece.starts_with('{') { "x1" } else { piece })
            .collect::<Vec<_>>()
            .join("/");
        for path in [&path, &format!("{path}/"), &format!("{path}?limit=5")] {
            let answer = app.admin().send(method, path, None).await;
            answer.problem(501, "not_implemented");
        }
    }
    for (method, path) in [
        ("GET", "/v1/unknown"),
        ("POST", "/v1/workspaces"),
        ("DELETE", "/v1/tasks"),
        ("GET", "/v1/tasks/x1/more"),
        ("GET", "/v1/tasks//more"),
        ("GET", "/v2/tasks"),
    ] {
        let answer = app.admin().send(method, path, None).await;
        answer.problem(404, "route_not_found");
    }
}

#[tokio::test]
async fn the_older_singular_paths_lead_to_the_same_functions() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/company", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let body = json!({ "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com", "companyId": id(&company) });
    let client = admin.post("/v1/client", &body).await.expect(200);

    for (singular, plural) in [
        ("client".to_owned(), "clients".to_owned()),
        ("company".to_owned(), "companies".to_owned()),
        (
            format!("client/{}", id(&client)),
            format!("clients/{}", id(&client)),
        ),
        (
            format!("company/{}", id(&company)),
            format!("companies/{}", id(&company)),
        ),
    ] {
        let old = admin.get(&format!("/v1/{singular}")).await.expect(200);
        assert_eq!(old, admin.get(&format!("/v1/{plural}")).await.expect(200));
        let head = admin.send("HEAD", &format!("/v1/{singular}"), None).await;
        assert_eq!(head.status, 200, "{singular}");
    }
    let renamed = admin
        .patch(
            &format!("/v1/company/{}", id(&company)),
            &json!({ "name": "Looms" }),
        )
        .await
        .expect(200);
    assert_eq!(renamed["name"], "Looms");
    for (path, thing) in [("client", &client), ("company", &company)] {
        let gone = admin
            .delete(&format!("/v1/{path}/{}", id(thing)))
            .await
            .expect(200);
        assert_eq!(
            gone,
            json!({ "id": id(thing), "object": path, "deleted": true })
        );
    }
}

#[tokio::test]
async fn put_clears_what_is_not_given_and_keeps_the_address() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let body = json!({
        "givenName": "Ada", "familyName": "Lovelace", "email": "ada@example.com",
        "companyId": id(&company), "position": "Analyst", "phone": "+12125550123", "tags": ["vip"],
    });
    let client = admin.post("/v1/clients", &body).await.expect(200);
    let path = format!("/v1/clients/{}", id(&client));

    let missing = admin
        .send(
            "PUT",
            &path,
            Some(json!({ "givenName": "Ada" }).to_string()),
        )
        .await;
    assert_eq!(missing.problem(400, "field_required"), Some("familyName"));
    let whole = json!({ "givenName": "Augusta", "familyName": "King" });
    let replaced = admin
        .send("PUT", &path, Some(whole.to_string()))
        .await
        .expect(200);

    assert_eq!(replaced["givenName"], "Augusta");
    assert_eq!(replaced["email"], "ada@example.com");
    assert_ne!(replaced["companyId"], company["id"]);
    assert_eq!(replaced["tags"], json!([]));
    for cleared in ["position", "phone"] {
        assert!(replaced[cleared].as_str().is_none_or(str::is_empty));
    }
    let by_body = json!({ "id": id(&client), "givenName": "Ada", "familyName": "King" });
    let replaced = admin
        .send("PUT", "/v1/client", Some(by_body.to_string()))
        .await
        .expect(200);
    assert_eq!(replaced["givenName"], "Ada");
    let nobody = json!({ "givenName": "Ada", "familyName": "King" });
    admin
        .send("PUT", "/v1/client", Some(nobody.to_string()))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn clients_join_a_company_each_by_itself() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let company = admin
        .post("/v1/companies", &json!({ "name": "Engines" }))
        .await
        .expect(200);
    let create = async |name: &str| {
        let body =
            json!({ "name": format!("{name} Test"), "email": format!("{name}@example.com") });
        admin.post("/v1/clients", &body).await.expect(200)
    };
    let (ada, grace) = (create("ada").await, create("grace").await);
    let path = format!("/v1/companies/{}/clients", id(&company));
    let absent = "01890000-0000-7000-8000-000000000000";
    let body = json!({ "clientIds": [id(&ada), "nonsense", id(&grace), absent] });

    let added = admin.post(&path, &body).await.expect(200);

    let not_found = |who: &str| {
        json!({ "clientId": who, "error": {
            "code": "not_found",
            "message": "there is no client with this id",
            "type": "urn:portico:problem:not_found",
        } })
    };
    assert_eq!(
        added,
        json!({
            "addedClientIds": [id(&ada), id(&grace)],
            "addClientErrors": [not_found("nonsense"), not_found(absent)],
        })
    );
    let again = admin.post(&path, &body).await.expect(200);
    assert_eq!(again, added, "whoever is in counts as added");
    let members = admin
        .get(&format!("/v1/clients?companyId={}", id(&company)))
        .await
        .expect(200);
    assert_eq!(members["data"].as_array().map(Vec::len), Some(2));
    let events = admin
        .get("/v1/events?eventType=company.clientAdded")
        .await
        .expect(200);
    assert_eq!(events["data"].as_array().map(Vec::len), Some(2));
    let placeholder = create("alan").await["companyId"].clone();
    let placeholder = placeholder.as_str().expect("an id");
    let refused = admin
        .post(
            &format!("/v1/companies/{placeholder}/clients?confirmPromotePlaceholder=true"),
            &body,
        )
        .await;
    refused.problem(409, "company_is_placeholder");
    for bad in [json!({}), json!({ "clientIds": [] })] {
        assert_eq!(admin.post(&path, &bad).await.status, 400);
    }
}

/// Programs send `companyId=` with every list, and limits of ten thousand.
#[tokio::test]
async fn empty_parameters_count_as_absent_and_limits_are_clamped() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    admin.post("/v1/clients", &body).await.expect(200);
    let all = admin.get("/v1/clients").await.expect(200);

    for query in [
        "companyId=",
        "companyId=&email=&nextToken=&limit=",
        "limit=10000",
    ] {
        let listed = admin.get(&format!("/v1/clients?{query}")).await.expect(200);
        assert_eq!(listed, all, "{query}");
    }
    for query in ["limit=0", "limit=-1", "limit=x"] {
        let refused = admin.get(&format!("/v1/clients?{query}")).await;
        assert_eq!(refused.problem(400, "parameter_invalid"), Some("limit"));
    }
}
