//! Invitations to the team: who is invited, with which link, and what ends it.

use e2e::{PASSWORD, TestApp, id};
use futures_util::future::join_all;
use portico_domain::{CompanyAccess, Permission, Role};
use serde_json::{Value, json};
use std::time::Duration;

const MARY: &str = "mary@example.com";

/// Adds Mary and invites her; answers with the path of her.
async fn invite(app: &TestApp, role: &str) -> String {
    let mary = json!({ "name": "Mary Major", "email": MARY, "role": role });
    let path = "/v1/internal-users?sendInvite=true";
    let mary = app.admin().post(path, &mary).await.expect(201);
    app.settle().await;
    format!("/v1/internal-users/{}", id(&mary))
}

async fn accept(app: &TestApp, link: &str) -> e2e::Answer {
    let password = json!({ "password": PASSWORD });
    let path = format!("{link}/accept");
    app.nobody().post(&path, &password).await
}

async fn events(app: &TestApp, user: &str) -> Vec<(String, Value)> {
    let user = user.rsplit('/').next().expect("an id");
    let path = format!("/v1/events?settled=false&objectId={user}");
    let events = app.admin().get(&path).await.expect(200);
    let events = events["data"].as_array().expect("a list").clone();
    let mut told: Vec<_> = events
        .iter()
        .map(|event| {
            let kind = event["eventType"].as_str().expect("a type").to_owned();
            let sequence = event["sequence"].as_u64().expect("a number");
            (sequence, (kind, event["data"]["status"].clone()))
        })
        .collect();
    told.sort_by_key(|(sequence, _)| *sequence);
    told.into_iter().map(|(_, told)| told).collect()
}

#[tokio::test]
async fn a_team_member_is_invited_with_a_role_and_sets_up_its_account() {
    let app = TestApp::start().await;
    let mary = invite(&app, "staff").await;
    let before = app.admin().get(&mary).await.expect(200);
    assert_eq!(before["status"], "invited");
    assert_eq!(before["invitation"]["delivery"]["state"], "delivered");
    assert_eq!(before["invitation"]["sendCount"], 1);
    assert_eq!(before["invitation"]["createdBy"]["type"], "internalUser");
    let mail = app.mails(MARY).await.remove(0);
    assert_eq!(mail["Subject"], "My workspace invites you to their team");

    let name = json!({ "password": PASSWORD, "givenName": "Maria", "familyName": "Maior" });
    let link = app.link(MARY).await;
    let accepted = app.nobody().post(&format!("{link}/accept"), &name).await;
    let accepted = accepted.expect(200);

    assert_eq!(accepted["object"], "internalUser");
    let after = app.admin().get(&mary).await.expect(200);
    assert_eq!(after["status"], "active");
    assert_eq!(after["invitation"], Value::Null);
    assert_eq!(after["givenName"], "Maria");
    assert_eq!(after["role"], "staff");
    let me = app
        .bearer(&accepted["session"])
        .get("/v1/me")
        .await
        .expect(200);
    assert_eq!(me["email"], MARY);
    let told = |kind: &str, status: &str| (format!("internalUser.{kind}"), json!(status));
    let expected = [
        told("created", "invited"),
        told("updated", "invited"),
        told("updated", "invited"),
        told("updated", "active"),
    ];
    assert_eq!(events(&app, &mary).await, expected);
    accept(&app, &link)
        .await
        .problem(410, "invitation_accepted");
    let again = app
        .admin()
        .post(&format!("{mary}/invitation"), &json!({}))
        .await;
    again.problem(409, "internal_user_active");
    let log = app
        .admin()
        .get("/v1/audit-log")
        .await
        .expect(200)
        .to_string();
    for note in ["internalUser.invited", "internalUser.joined"] {
        assert!(log.contains(note), "{log}");
    }
}

#[tokio::test]
async fn whoever_was_added_without_an_invitation_is_invited_later() {
    let app = TestApp::start().await;
    let mary = json!({ "name": "Mary Major", "email": MARY, "role": "admin" });
    let mary = app
        .admin()
        .post("/v1/internal-users", &mary)
        .await
        .expect(201);
    assert_eq!(
        (&mary["status"], &mary["invitation"]),
        (&json!("notInvited"), &Value::Null)
    );
    let path = format!("/v1/internal-users/{}/invitation", id(&mary));
    app.settle().await;
    assert_eq!(app.mails(MARY).await.len(), 0);

    let days = json!({ "expiresInDays": 3 });
    let invited = app.admin().post(&path, &days).await.expect(200);

    assert_eq!(invited["status"], "invited");
    let end = app.now() + Duration::from_hours(72);
    assert_eq!(invited["invitation"]["expiresAt"], end.to_string());
    app.settle().await;
    accept(&app, &app.link(MARY).await).await.expect(200);
    let wrong = app
        .admin()
        .post(&path, &json!({ "expiresInDays": 31 }))
        .await;
    assert_eq!(wrong.problem(400, "field_invalid"), Some("expiresInDays"));
}

#[tokio::test]
async fn opening_the_link_never_uses_it_up_and_the_page_takes_a_name() {
    let app = TestApp::start().await;
    let mary = invite(&app, "staff").await;
    let link = app.link(MARY).await;
    for _ in 0..20 {
        let answer = app.nobody().get(&link).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(app.nobody().send("HEAD", &link, None).await.status, 200);
    }
    let mut browser = app.browser();
    let page = browser.open(&link).await;
    for text in ["Join the team of My workspace", "value=\"Mary\"", MARY] {
        assert!(page.text.contains(text), "{}", page.text);
    }
    let path = format!("{link}/accept");
    let fields = |password| {
        [
            ("givenName", "Mia"),
            ("familyName", "M"),
            ("password", password),
        ]
    };
    let weak = browser.submit(&path, &fields("mia mia mia mia")).await;
    assert_eq!(weak.status, 400);
    assert!(weak.text.contains("value=\"Mia\""), "nobody types it twice");

    let done = browser.submit(&path, &fields(PASSWORD)).await;

    assert_eq!((done.status, done.header("location")), (303, "/portal"));
    let home = browser.open("/portal").await;
    assert!(
        home.text.contains("the team of My workspace"),
        "{}",
        home.text
    );
    assert_eq!(
        app.admin().get(&mary).await.expect(200)["name"],
        Value::Null
    );
    assert_eq!(app.admin().get(&mary).await.expect(200)["givenName"], "Mia");
    assert_eq!(browser.open(&link).await.status, 410);
    let out = browser.submit("/portal/sign-out", &[]).await;
    assert_eq!(out.header("location"), app.team_path());
}

#[tokio::test]
async fn sending_again_is_limited_and_the_old_link_is_dead() {
    let app = TestApp::start().await;
    let mary = invite(&app, "staff").await;
    let first = app.link(MARY).await;
    let path = format!("{mary}/invitation");
    let soon = app.admin().post(&path, &json!({})).await;
    soon.problem(429, "resend_too_soon");
    assert_eq!(soon.header("retry-after"), "60");
    for time in 0..5 {
        app.advance(Duration::from_mins(1)).await;
        let again = app.admin().post(&path, &json!({})).await;
        assert_eq!(again.status, 200, "{time}: {}", again.text);
        app.settle().await;
    }
    app.advance(Duration::from_mins(1)).await;
    let sixth = app.admin().post(&path, &json!({})).await;
    sixth.problem(429, "resend_too_soon");
    assert_eq!(app.mails(MARY).await.len(), 6);
    accept(&app, &first)
        .await
        .problem(410, "invitation_superseded");
    accept(&app, &app.link(MARY).await).await.expect(200);
}

#[tokio::test]
async fn a_withdrawn_invitation_and_a_removed_member_have_dead_links() {
    let app = TestApp::start().await;
    let mary = invite(&app, "staff").await;
    let path = format!("{mary}/invitation");
    let link = app.link(MARY).await;
    let withdrawn = app.admin().delete(&path).await.expect(200);
    assert_eq!(withdrawn["status"], "notInvited");
    accept(&app, &link)
        .await
        .problem(410, "invitation_cancelled");
    app.admin()
        .delete(&path)
        .await
        .problem(409, "invitation_not_open");
    let copy = app.admin().post(&format!("{path}/link"), &json!({})).await;
    copy.problem(409, "invitation_not_open");
    // Inviting again after that works at once.
    app.admin().post(&path, &json!({})).await.expect(200);
    app.settle().await;
    let link = app.link(MARY).await;
    assert_eq!(app.nobody().get(&link).await.status, 200);
    app.admin().delete(&mary).await.expect(200);
    accept(&app, &link)
        .await
        .problem(410, "invitation_cancelled");
    let renew = app
        .nobody()
        .post(&format!("{link}/renew"), &json!({}))
        .await;
    renew.expect(200);
    app.settle().await;
    assert_eq!(
        app.mails(MARY).await.len(),
        2,
        "nobody is mailed who was removed"
    );
}

#[tokio::test]
async fn an_invitation_to_the_team_ends_at_its_second_and_its_page_mails_a_new_link() {
    let app = TestApp::start().await;
    let mary = invite(&app, "staff").await;
    let link = app.link(MARY).await;
    app.advance(Duration::from_hours(7 * 24)).await;
    accept(&app, &link).await.problem(410, "invitation_expired");
    assert_eq!(
        app.admin().get(&mary).await.expect(200)["status"],
        "notInvited"
    );
    let mut browser = app.browser();
    let page = browser.open(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("Send me a new link"), "{}", page.text);

    let answer = app
        .nobody()
        .post(&format!("{link}/renew"), &json!({}))
        .await
        .expect(200);
    let unknown = app
        .nobody()
        .post("/i/x/renew", &json!({}))
        .await
        .expect(200);
    assert_eq!(answer, unknown, "nobody learns whether there is one");

    app.settle().await;
    accept(&app, &link)
        .await
        .problem(410, "invitation_superseded");
    let newer = app.link(MARY).await;
    // The newest link stays alive whoever asks again with an old one.
    app.advance(Duration::from_mins(1)).await;
    app.nobody()
        .post(&format!("{link}/renew"), &json!({}))
        .await
        .expect(200);
    app.settle().await;
    assert_eq!(app.link(MARY).await, newer);
    accept(&app, &newer).await.expect(200);
}

#[tokio::test]
async fn of_fifty_who_accept_an_invitation_to_the_team_at_once_one_succeeds() {
    let app = TestApp::start().await;
    let mary = invite(&app, "admin").await;
    let link = app.link(MARY).await;

    let answers = join_all((0..50).map(|_| accept(&app, &link))).await;

    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[49]), (200, 410, 410));
    let active = events(&app, &mary).await;
    let active = active.iter().filter(|(_, status)| status == "active");
    assert_eq!(active.count(), 1, "it is told once");
}

#[tokio::test]
async fn nobody_invites_or_copies_the_link_of_whoever_may_do_more() {
    let app = TestApp::start().await;
    let mary = invite(&app, "admin").await;
    let path = format!("{mary}/invitation");
    app.advance(Duration::from_mins(1)).await;
    let manager = app.key(&[Permission::ManageMembers]).await.actor;
    for answer in [
        manager.post(&path, &json!({})).await,
        manager.post(&format!("{path}/link"), &json!({})).await,
        manager.delete(&path).await,
    ] {
        answer.problem(403, "permission_missing");
    }
    let staff = app.member(Role::Staff, CompanyAccess::ALL).await.actor;
    let copy = staff.post(&format!("{path}/link"), &json!({})).await;
    copy.problem(403, "permission_missing");
    let stranger = app.other_tenant().await.actor;
    stranger
        .post(&path, &json!({}))
        .await
        .problem(404, "not_found");

    let copied = app.admin().post(&format!("{path}/link"), &json!({})).await;

    let url = copied.expect(200)["url"]
        .as_str()
        .expect("a link")
        .to_owned();
    assert!(url.ends_with(&app.link(MARY).await), "{url}");
    assert_eq!(
        app.admin().get(&mary).await.expect(200)["status"],
        "invited"
    );
    let log = app.admin().get("/v1/audit-log").await.expect(200);
    assert_eq!(
        log["data"][0]["eventType"],
        "internalUser.invitationLinkCopied"
    );
}

#[tokio::test]
async fn what_becomes_of_the_mail_is_shown_and_whoever_complained_is_not_mailed() {
    let app = TestApp::start().await;
    let fate = async |name: &str| {
        let email = format!("{name}@simulator.amazonses.com");
        let user = json!({ "name": "Mary Major", "email": email, "role": "staff" });
        let path = "/v1/internal-users?sendInvite=true";
        let user = app.admin().post(path, &user).await.expect(201);
        app.settle().await;
        let path = format!("/v1/internal-users/{}", id(&user));
        let user = app.admin().get(&path).await.expect(200);
        (path, user["invitation"]["delivery"]["state"].clone())
    };
    assert_eq!(fate("bounce").await.1, "bounced");
    assert_eq!(fate("suppressionlist").await.1, "suppressed");
    let (path, state) = fate("complaint").await;
    assert_eq!(state, "complained");
    app.advance(Duration::from_mins(1)).await;
    let again = app
        .admin()
        .post(&format!("{path}/invitation"), &json!({}))
        .await;
    again.problem(409, "recipient_complained");
}

#[tokio::test]
async fn the_first_admin_sets_up_its_account_with_a_link_that_works_once() {
    let app = TestApp::start().await;
    let url = app
        .server
        .set_up_url()
        .await
        .expect("a table")
        .expect("a link");
    assert_eq!(
        app.server.set_up_url().await.expect("a table").as_deref(),
        Some(&*url),
        "each start shows the same link"
    );
    let mut browser = app.browser();
    let path = url
        .strip_prefix(&app.server.url)
        .expect("it is ours")
        .to_owned();
    let page = browser.open(&path).await;
    assert!(page.text.contains("value=\"Admin\""), "{}", page.text);
    let fields = [
        ("givenName", "Augusta"),
        ("familyName", "King"),
        ("password", PASSWORD),
    ];

    let done = browser.submit(&format!("{path}/accept"), &fields).await;

    assert_eq!(done.status, 303, "{}", done.text);
    let admin = format!("/v1/internal-users/{}", app.server.admin_id);
    let admin = app.admin().get(&admin).await.expect(200);
    assert_eq!(
        (&admin["givenName"], &admin["status"]),
        (&json!("Augusta"), &json!("active"))
    );
    assert_eq!(browser.open(&path).await.status, 410);
    assert_eq!(app.server.set_up_url().await.expect("a table"), None);
    let right = json!({ "email": "admin@example.com", "password": PASSWORD });
    let tokens = app
        .nobody()
        .post(&app.team_path(), &right)
        .await
        .expect(200);
    let settings = json!({ "brandName": "Engines" });
    let admin = app.bearer(&tokens);
    admin.patch("/v1/workspaces", &settings).await.expect(200);
}

#[tokio::test]
async fn the_link_of_the_first_admin_is_made_anew_when_it_has_run_out() {
    let app = TestApp::start().await;
    let first = app.server.set_up_url().await.expect("a table");
    app.advance(Duration::from_hours(7 * 24)).await;
    let second = app.server.set_up_url().await.expect("a table");
    assert_ne!(first, second);
    let second = second.expect("a link");
    let path = second.strip_prefix(&app.server.url).expect("it is ours");
    accept(&app, path).await.expect(200);
}

#[tokio::test]
async fn a_new_workspace_has_example_clients_that_can_be_deleted() {
    use portico_local::admin::add_examples;
    let app = TestApp::start().await;
    let (store, workspace) = (&app.server.app().store, app.server.workspace_id);
    // Twice, as after an attempt that was cut off.
    for _ in 0..2 {
        let moment = app.server.app().moment();
        add_examples(store, moment, workspace)
            .await
            .expect("a table");
    }
    app.settle().await;
    let admin = app.admin();
    let clients = admin.get("/v1/clients").await.expect(200);
    let names: Vec<&Value> = clients["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|client| &client["givenName"])
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let companies = admin.get("/v1/companies").await.expect(200);
    assert_eq!(companies["data"][0]["name"], "Rocket Rides");
    for client in clients["data"].as_array().expect("a list") {
        assert_eq!(client["companyId"], companies["data"][0]["id"]);
        let path = format!("/v1/clients/{}", id(client));
        admin.delete(&path).await.expect(200);
    }
}

#[tokio::test]
async fn the_admin_of_a_new_workspace_in_aws_is_invited_by_mail() {
    use portico_local::admin::{FirstAdmin, create_in, invite};
    let app = TestApp::start().await;
    let (store, moment) = (&app.server.app().store, app.server.app().moment());
    let admin = FirstAdmin::new("Mary Major", MARY).expect("an admin");
    let new = create_in(store, moment, "Looms", admin)
        .await
        .expect("a table");

    invite(store, moment, &new).await.expect("a table");

    app.settle().await;
    let mail = app.mails(MARY).await.remove(0);
    assert_eq!(mail["Subject"], "Looms invites you to their team");
    let accepted = accept(&app, &app.link(MARY).await).await.expect(200);
    let admin = app.bearer(&accepted["session"]);
    assert_eq!(
        admin.get("/v1/workspaces").await.expect(200)["brandName"],
        "Looms"
    );
}
