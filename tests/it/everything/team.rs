//! What a team member does from the invitation to the removal.

use e2e::{Actor, PASSWORD, TestApp, id};
use serde_json::json;
use std::time::Duration;

/// Is invited twice, joins, signs in in every way, changes its address, and is
/// removed.
pub(super) async fn use_the_team(app: &TestApp) {
    let (admin, nobody, email) = (app.admin(), app.nobody(), "tess@example.com");
    let tess = json!({ "name": "Tess Ter", "email": email, "role": "staff" });
    let add = "/v1/internal-users?sendInvite=true";
    let tess = admin.post(add, &tess).await.expect(201);
    app.settle().await;
    let path = format!("/v1/internal-users/{}", id(&tess));
    let invitation = format!("{path}/invitation");
    let nothing = json!({});
    let link = format!("{invitation}/link");
    admin.post(&link, &nothing).await.expect(200);
    admin.delete(&invitation).await.expect(200);
    admin.post(&invitation, &nothing).await.expect(200);
    app.settle().await;
    app.advance(Duration::from_hours(7 * 24)).await;
    let link = app.link(email).await;
    let renew = format!("{link}/renew");
    nobody.post(&renew, &nothing).await.expect(200);
    app.settle().await;
    let link = app.link(email).await;
    assert_eq!(nobody.get(&link).await.status, 200);
    let right = json!({ "email": email, "password": PASSWORD });
    nobody
        .post(&format!("{link}/accept"), &right)
        .await
        .expect(200);
    let tokens = nobody.post(&app.team_path(), &right).await.expect(200);
    let member = app.bearer(&tokens);
    member.get("/v1/me").await.expect(200);
    let change = json!({ "email": "tessa@example.com", "password": PASSWORD });
    member.post("/portal/email", &change).await.expect(200);
    app.settle().await;
    let link = app.link_to("tessa@example.com", "/verify/").await;
    nobody.post(&link, &nothing).await.expect(200);
    app.settle().await;
    admin.delete(&path).await.expect(200);
}

/// Takes admins away, and keys with which one could come in.
pub(super) async fn spare_admins(admin: &Actor) {
    for email in ["anna@example.com", "otto@example.com"] {
        let other = json!({ "name": "Another Admin", "email": email, "role": "admin" });
        let other = admin.post("/v1/internal-users", &other).await.expect(201);
        let path = format!("/v1/internal-users/{}", id(&other));
        if email.starts_with("anna") {
            let staff = json!({ "role": "staff" });
            admin.patch(&path, &staff).await.expect(200);
        } else {
            admin.delete(&path).await.expect(200);
        }
        let key = json!({ "name": "Spare", "permissions": ["*"] });
        let key = admin.post("/v1/api-keys", &key).await.expect(201);
        let path = format!("/v1/api-keys/{}", id(&key));
        if email.starts_with("anna") {
            let narrow = json!({ "permissions": ["view_clients"] });
            admin.patch(&path, &narrow).await.expect(200);
        } else {
            admin.delete(&path).await.expect(200);
        }
    }
}

/// Asks what would come of additions.
pub(super) async fn rehearse(admin: &Actor) {
    let field = json!({ "entityType": "client", "name": "Rehearsed", "type": "text" });
    for (path, body) in [
        ("roles", json!({ "name": "Rehearsed", "permissions": [] })),
        (
            "api-keys",
            json!({ "name": "Rehearsed", "permissions": [] }),
        ),
        ("custom-fields", json!({ "customFields": [field] })),
        (
            "webhook-endpoints",
            json!({ "url": "https://example.com/", "eventTypes": ["*"] }),
        ),
    ] {
        let path = format!("/v1/{path}?dryRun=true");
        let answer = admin.post(&path, &body).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
    }
}
