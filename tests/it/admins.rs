//! That a workspace keeps an admin who can come in.

use e2e::{Actor, Answer, PASSWORD, TestApp, id};
use futures_util::future::join_all;
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::json;

const GRACE: &str = "grace@example.com";

/// Adds another admin, who has nothing to come in with yet.
async fn second(admin: &Actor) -> String {
    let grace = json!({ "name": "Grace Hopper", "email": GRACE, "role": "admin" });
    let grace = admin.post("/v1/internal-users", &grace).await.expect(201);
    format!("/v1/internal-users/{}", id(&grace))
}

#[tokio::test]
async fn an_admin_who_cannot_come_in_yet_does_not_let_the_only_other_one_go() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let first = format!("/v1/internal-users/{}", app.server.admin_id);
    let second = second(&admin).await;
    let invitation = format!("{second}/invitation");
    let refused = || async {
        let refused = admin.delete(&first).await;
        refused.problem(409, "last_admin");
        let demoted = json!({ "role": "staff" });
        let demoted = admin.patch(&first, &demoted).await;
        demoted.problem(409, "last_admin");
        let message = demoted.body["message"].as_str().unwrap_or_default();
        assert!(message.contains("set up an account"), "{message}");
    };
    refused().await;
    admin.post(&invitation, &json!({})).await.expect(200);
    refused().await;
    admin.delete(&invitation).await.expect(200);
    refused().await;
    admin.post(&invitation, &json!({})).await.expect(200);
    app.settle().await;
    let link = app.link(GRACE).await;
    let password = json!({ "password": PASSWORD });
    let accept = format!("{link}/accept");
    app.nobody().post(&accept, &password).await.expect(200);

    admin.delete(&first).await.expect(200);
}

#[tokio::test]
async fn an_admin_who_has_a_key_for_good_lets_the_other_one_go() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let first = format!("/v1/internal-users/{}", app.server.admin_id);
    let second = app.member(Role::Admin, CompanyAccess::ALL).await;
    let key = format!("/v1/api-keys/{}", second.stored.id);
    let ends = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
    second.actor.patch(&key, &ends).await.expect(200);
    admin.delete(&first).await.problem(409, "last_admin");
    let narrow = json!({ "permissions": ["view_clients"], "expiresAt": null });
    admin.patch(&key, &narrow).await.expect(200);
    admin.delete(&first).await.problem(409, "last_admin");
    // The one whose key allows little can go, whoever asks.
    let path = format!("/v1/internal-users/{}", second.stored.owner);
    admin.delete(&path).await.expect(200);
    let third = app.member(Role::Admin, CompanyAccess::ALL).await;
    third.actor.delete(&first).await.expect(200);
    let own = format!("/v1/internal-users/{}", third.stored.owner);
    third.actor.delete(&own).await.problem(409, "last_admin");
}

#[tokio::test]
async fn the_last_key_with_which_an_admin_can_come_in_stays() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let keys = admin.get("/v1/api-keys").await.expect(200);
    let path = format!("/v1/api-keys/{}", id(&keys["data"][0]));
    for less in [
        json!({ "permissions": ["view_clients"] }),
        json!({ "expiresAt": "2099-01-01T00:00:00Z" }),
    ] {
        admin.patch(&path, &less).await.problem(409, "last_admin");
    }
    admin.delete(&path).await.problem(409, "last_admin");
    admin
        .patch(&path, &json!({ "name": "The only one" }))
        .await
        .expect(200);
    // Of a key that allows less, or is not an admin's, nobody depends.
    let narrow = app.key(&[Permission::ViewClients]).await;
    let staff = app.member(Role::Staff, CompanyAccess::ALL).await;
    for key in [narrow, staff] {
        let path = format!("/v1/api-keys/{}", key.stored.id);
        admin.delete(&path).await.expect(200);
    }
    let other = json!({ "name": "Another", "permissions": ["*"] });
    admin.post("/v1/api-keys", &other).await.expect(201);
    admin.delete(&path).await.expect(200);
}

#[tokio::test]
async fn the_last_admin_can_neither_be_demoted_nor_removed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let path = format!("/v1/internal-users/{}", app.server.admin_id);

    admin
        .patch(&path, &json!({ "role": "staff" }))
        .await
        .problem(409, "last_admin");
    admin.delete(&path).await.problem(409, "last_admin");
    assert_eq!(admin.get(&path).await.expect(200)["role"], "admin");
    let second = app.member(Role::Admin, CompanyAccess::ALL).await;
    let second = format!("/v1/internal-users/{}", second.stored.owner);
    admin
        .patch(&path, &json!({ "role": "staff" }))
        .await
        .expect(200);
    let other = app.other_tenant().await.actor;
    other.get(&second).await.problem(404, "not_found");
}

/// How many of these answers have this status.
pub(crate) fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_remove_each_other_exactly_one_succeeds() {
    for _ in 0..20 {
        let app = TestApp::start().await;
        let admin = app.admin();
        let other = app.member(Role::Admin, CompanyAccess::ALL).await;
        let first = format!("/v1/internal-users/{}", app.server.admin_id);
        let second = format!("/v1/internal-users/{}", other.stored.owner);

        let (one, two) = futures_util::join!(other.actor.delete(&first), admin.delete(&second));

        let answers = [one, two];
        assert_eq!(count(&answers, 200), 1, "{answers:?}");
        // The other came too late, or would have been the last.
        assert_eq!(
            count(&answers, 409) + count(&answers, 401),
            1,
            "{answers:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_admins_are_demoted_at_once_one_is_left() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mut paths = vec![format!("/v1/internal-users/{}", app.server.admin_id)];
    for _ in 0..9 {
        let member = app.member(Role::Admin, CompanyAccess::ALL).await;
        paths.push(format!("/v1/internal-users/{}", member.stored.owner));
    }
    // The first is demoted last, because it is the one who asks.
    let staff = json!({ "role": "staff" });
    let answers = join_all(paths[1..].iter().map(|path| admin.patch(path, &staff))).await;
    assert_eq!(count(&answers, 200), 9, "{answers:?}");
    admin
        .patch(&paths[0], &staff)
        .await
        .problem(409, "last_admin");
    // And back, so that the count is right after many changes.
    let back = json!({ "role": "admin" });
    let answers = join_all(paths[1..].iter().map(|path| admin.patch(path, &back))).await;
    assert_eq!(count(&answers, 200), 9, "{answers:?}");
    admin.patch(&paths[0], &staff).await.expect(200);
}
