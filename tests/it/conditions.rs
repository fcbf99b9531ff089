//! A change can name what it changes: `ETag`, `If-Match`, `If-None-Match`.

use crate::access::{call, things};
use e2e::{Receiver, TestApp, id};
use futures_util::future::join_all;
use portico_web::Method;
use serde_json::json;

fn ada() -> serde_json::Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com" })
}

/// Compared with the routes themselves: no route that changes a resource may
/// overwrite what its caller has not seen.
#[tokio::test]
async fn every_change_of_a_resource_can_be_bound_to_what_was_seen() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let things = things(&app, &app.admin(), &receiver.url).await;
    for function in portico_bootstrap::functions() {
        let route = function.route;
        let changes = !matches!(route.method, Method::Get | Method::Any);
        if !changes || !route.path.starts_with("/v1/") || !route.path.contains("{id}") {
            continue;
        }
        for stale in ["\"stale\"", "W/\"stale\"", "\"a\", \"b\""] {
            let caller = app.admin().with("if-match", stale);
            let refused = call(&caller, &function, &things).await;
            assert_eq!(
                refused.problem(412, "precondition_failed"),
                Some("If-Match"),
                "{route}"
            );
        }
        let caller = app.admin().with("if-match", "stale");
        let refused = call(&caller, &function, &things).await;
        refused.problem(400, "etag_malformed");
    }
}

#[tokio::test]
async fn a_tag_is_that_of_what_is_shown_and_a_reader_who_has_it_gets_nothing_more() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let created = admin.post("/v1/clients", &ada()).await;
    let tag = created.header("etag").to_owned();
    let path = format!("/v1/clients/{}", id(&created.body));

    let read = admin.get(&path).await;
    assert_eq!(read.header("etag"), tag, "{}", read.text);
    for list in [&tag, &format!("W/{tag}"), "*", &format!("\"x\", {tag}")] {
        let again = admin.with("if-none-match", list).get(&path).await;
        assert_eq!((again.status, &*again.text), (304, ""));
        assert_eq!(again.header("etag"), tag);
        assert_ne!(again.header("x-request-id"), "");
    }
    let changed = admin.patch(&path, &json!({ "position": "Analyst" })).await;
    assert_ne!(changed.header("etag"), tag);
    let again = admin.with("if-none-match", &tag).get(&path).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.header("etag"), changed.header("etag"));
    assert_eq!(admin.delete(&path).await.header("etag"), "");
}

#[tokio::test]
async fn a_tag_that_still_holds_and_a_star_let_a_change_through() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let created = admin.post("/v1/clients", &ada()).await;
    let path = format!("/v1/clients/{}", id(&created.body));
    let first = created.header("etag");

    let tags = format!("\"x\", {first}");
    let second = admin
        .with("if-match", &tags)
        .patch(&path, &json!({ "position": "Analyst" }))
        .await;
    assert_eq!(second.status, 200, "{}", second.text);
    let refused = admin
        .with("if-match", first)
        .patch(&path, &json!({ "position": "Countess" }))
        .await;
    refused.problem(412, "precondition_failed");
    let weak = format!("W/{}", second.header("etag"));
    let refused = admin.with("if-match", &weak).delete(&path).await;
    refused.problem(412, "precondition_failed");
    admin.with("if-match", "*").delete(&path).await.expect(200);
    let gone = admin.with("if-match", "*").delete(&path).await;
    gone.problem(404, "not_found");
}

/// The table gives the members of an object back in any order.
#[tokio::test]
async fn a_tag_that_was_read_lets_a_change_through_whatever_is_shown() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let names = ["Street", "Zone", "Alley", "Mill", "Yard", "Barn"];
    let fields =
        names.map(|name| json!({ "entityType": "client", "name": name, "type": "address" }));
    let fields = json!({ "customFields": fields });
    admin.post("/v1/custom-fields", &fields).await.expect(200);
    let address = json!({ "addressLine1": "12 Mill Lane", "city": "London", "country": "GB" });
    let values = names.map(|name| (name.to_lowercase(), address.clone()));
    let mut ada = ada();
    ada["customFields"] = values.into_iter().collect();
    let created = admin.post("/v1/clients", &ada).await.expect(200);
    let client = format!("/v1/clients/{}", id(&created));
    let workspace = "/v1/workspaces".to_owned();

    for (path, change) in [
        (&client, json!({ "position": "Analyst" })),
        (&client, json!({ "position": "Countess" })),
        (&workspace, json!({ "brandName": "Engines" })),
        (&workspace, json!({ "brandName": "Looms" })),
    ] {
        let read = admin.get(path).await;
        let same = admin
            .with("if-none-match", read.header("etag"))
            .get(path)
            .await;
        assert_eq!(same.status, 304, "{}", read.text);
        let caller = admin.with("if-match", read.header("etag"));
        let changed = caller.patch(path, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let tag = changed.header("etag");
        assert_eq!(admin.get(path).await.header("etag"), tag, "{path}");
    }
}

/// The tag is compared where the decision is made, so of many who saw the same
/// one changes it, however close they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_changes_to_what_they_all_saw_one_is_made() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let created = admin.post("/v1/clients", &ada()).await;
    let path = format!("/v1/clients/{}", id(&created.body));
    let caller = admin.with("if-match", created.header("etag"));
    let bodies: Vec<_> = (0..10)
        .map(|number| json!({ "position": format!("Analyst {number}") }))
        .collect();

    let answers = join_all(bodies.iter().map(|body| caller.patch(&path, body))).await;

    let made: Vec<_> = answers.iter().filter(|one| one.status == 200).collect();
    assert_eq!(made.len(), 1);
    for lost in answers.iter().filter(|one| one.status != 200) {
        lost.problem(412, "precondition_failed");
    }
    assert_eq!(admin.get(&path).await.text, made[0].text);
}
