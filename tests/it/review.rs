//! The access review: who and what could get in and has not for long.

use e2e::{PASSWORD, TestApp, id};
use portico_domain::Permission;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

fn ids(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect()
}

async fn review(app: &TestApp, list: &str, days: u32) -> Value {
    let path = format!("/v1/access-review/{list}?days={days}");
    app.admin().get(&path).await.expect(200)
}

#[tokio::test]
async fn a_key_is_unused_from_the_day_on_that_nobody_used_it_for_that_long() {
    let app = TestApp::start().await;
    let used = app.key(&[Permission::ViewClients]).await;
    let idle = app.key(&[Permission::ViewClients]).await;
    let revoked = app.key(&[Permission::ViewClients]).await;
    let path = format!("/v1/api-keys/{}", revoked.stored.id);
    app.admin().delete(&path).await.expect(200);
    app.advance(DAY * 3).await;
    used.actor.get("/v1/clients").await.expect(200);
    app.admin().get("/v1/clients").await.expect(200);

    assert_eq!(ids(&review(&app, "keys", 4).await), Vec::<&str>::new());
    assert_eq!(
        ids(&review(&app, "keys", 2).await),
        [idle.stored.id.to_string()]
    );
}

#[tokio::test]
async fn an_active_client_is_stale_when_nothing_was_heard_for_that_long() {
    let app = TestApp::start().await;
    let early = app.client("Ada Lovelace", "ada@example.com", None).await;
    let body = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    app.admin().post("/v1/clients", &body).await.expect(200);
    app.settle().await;
    app.advance(DAY * 3).await;
    let late = app.client("Alan Turing", "alan@example.com", None).await;
    app.settle().await;

    let stale = review(&app, "clients", 2).await;
    assert_eq!(ids(&stale), [&*early.id], "who never came cannot be stale");
    assert_eq!(ids(&review(&app, "clients", 4).await), Vec::<&str>::new());
    app.advance(DAY * 2).await;
    assert_eq!(
        ids(&review(&app, "clients", 1).await),
        [&*early.id, &*late.id]
    );
}

#[tokio::test]
async fn invitations_that_were_never_accepted_are_those_of_clients_who_still_wait() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let invite = async |name: &str| {
        let body = json!({ "name": format!("{name} Doe"), "email": format!("{name}@example.com") });
        let client = admin
            .post("/v1/clients?sendInvite=true", &body)
            .await
            .expect(200);
        id(&client).to_owned()
    };
    let (waiting, archived) = (invite("waiting").await, invite("archived").await);
    app.client("Ada Lovelace", "ada@example.com", None).await;
    admin
        .delete(&format!("/v1/clients/{archived}"))
        .await
        .expect(200);
    app.advance(DAY * 9).await;
    invite("fresh").await;

    let found = review(&app, "invitations", 8).await;
    let found: Vec<&Value> = found["data"].as_array().expect("a list").iter().collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["clientId"], json!(waiting));
    assert_eq!(found[0]["status"], "expired");
}

#[tokio::test]
async fn a_team_member_is_stale_who_never_came_or_not_for_that_long() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let invite = async |name: &str| {
        let body = json!({ "name": format!("{name} Doe"), "email": format!("{name}@example.com"), "role": "staff" });
        let path = "/v1/internal-users?sendInvite=true";
        id(&admin.post(path, &body).await.expect(201)).to_owned()
    };
    let waiting = invite("waiting").await;
    let removed = invite("removed").await;
    let joined = invite("joined").await;
    let path = format!("/v1/internal-users/{removed}");
    admin.delete(&path).await.expect(200);
    app.advance(DAY * 3).await;
    let accept = format!("{}/accept", app.link("joined@example.com").await);
    let password = json!({ "password": PASSWORD });
    app.nobody().post(&accept, &password).await.expect(200);
    invite("fresh").await;

    let stale = review(&app, "internal-users", 2).await;
    // The first admin has its key, and has never signed in.
    assert_eq!(ids(&stale), [&*app.server.admin_id.to_string(), &*waiting]);
    assert_eq!(stale["data"][1]["status"], "invited");
    app.advance(DAY * 3).await;
    let stale = review(&app, "internal-users", 2).await;
    assert!(ids(&stale).contains(&&*joined));
    let credentials = json!({ "email": "joined@example.com", "password": PASSWORD });
    app.nobody()
        .post(&app.team_path(), &credentials)
        .await
        .expect(200);
    let stale = review(&app, "internal-users", 2).await;
    assert!(!ids(&stale).contains(&&*joined));
}

#[tokio::test]
async fn the_review_is_for_whoever_reads_the_audit_log_and_its_days_are_a_number() {
    let app = TestApp::start().await;
    for list in ["clients", "keys", "invitations", "internal-users"] {
        let path = format!("/v1/access-review/{list}");
        let others = app.key(&[Permission::ViewClients]).await.actor;
        others.get(&path).await.problem(403, "permission_missing");
        for days in ["0", "366", "x"] {
            let refused = app.admin().get(&format!("{path}?days={days}")).await;
            assert_eq!(refused.problem(400, "parameter_invalid"), Some("days"));
        }
    }
}
