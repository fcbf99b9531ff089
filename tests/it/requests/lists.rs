//! Lists of requests, and who sees which.

use super::{company, ids, path, service, world};
use e2e::id;
use portico_domain::{CompanyAccess, Role};
use serde_json::json;

#[tokio::test]
async fn requests_are_listed_newest_first_and_by_each_filter() {
    let world = world().await;
    let admin = world.app.admin();
    let looms = company(&world.app, json!({ "name": "Looms" })).await;
    let joe = world.add("Joe", &[&looms]).await;
    let first = world.ask().await;
    let second = world.ask_for(&joe).await;
    let books = service(&world.app, "Bookkeeping").await;
    let mut wanted = world.wanted();
    wanted["serviceId"] = books["id"].clone();
    let third = world
        .ada
        .actor
        .post("/portal/requests", &wanted)
        .await
        .expect(201);
    let done = json!({ "status": "done" });
    admin.patch(&path(&first), &done).await.expect(200);
    let (first, second, third) = (id(&first), id(&second), id(&third));
    let ada = &world.ada.id;
    let (books, tax) = (id(&books), id(&world.service));

    for (query, wanted) in [
        (String::new(), vec![third, second, first]),
        (format!("clientId={ada}"), vec![third, first]),
        (format!("companyId={looms}"), vec![second]),
        ("status=open".to_owned(), vec![third, second]),
        ("status=declined".to_owned(), vec![]),
        (format!("serviceId={books}"), vec![third]),
        (format!("clientId={ada}&status=done"), vec![first]),
        (format!("clientId={ada}&companyId={looms}"), vec![]),
        (
            format!("companyId={}&serviceId={tax}", world.company),
            vec![first],
        ),
        (format!("status=open&serviceId={tax}"), vec![second]),
    ] {
        for limit in ["", "&limit=1"] {
            let path = format!("/v1/requests?{query}{limit}");
            assert_eq!(ids(&admin, &path).await, wanted, "{path}");
        }
    }
    let history = format!("/v1/clients/{ada}/requests");
    assert_eq!(ids(&admin, &history).await, [third, first]);
    for query in ["status=x", "clientId=x", "companyId=x", "serviceId=x"] {
        let refused = admin.get(&format!("/v1/requests?{query}")).await;
        refused.problem(400, "parameter_invalid");
    }
}

#[tokio::test]
async fn who_is_limited_to_companies_sees_the_requests_made_for_them() {
    let world = world().await;
    let (app, admin) = (&world.app, world.app.admin());
    let looms = company(app, json!({ "name": "Looms" })).await;
    let joe = world.add("Joe", &[&looms]).await;
    let both = world.add("Both", &[&looms, &world.company]).await;
    let none = world.add("None", &[]).await;
    let inside = world.ask().await;
    let outside = world.ask_for(&joe).await;
    let shared = world.ask_for(&both).await;
    let of_nobody = world.ask_for(&none).await;
    assert_eq!(shared["companyId"], json!(looms));
    let access = |ids: &[&str]| {
        let ids = ids.iter().map(|id| id.parse().expect("an id"));
        CompanyAccess::only(ids).expect("not too many")
    };
    let limited = app
        .member(Role::Staff, access(&[&world.company]))
        .await
        .actor;

    assert_eq!(ids(&limited, "/v1/requests").await, [id(&inside)]);
    for request in [&outside, &shared, &of_nobody] {
        limited.get(&path(request)).await.problem(404, "not_found");
        let moved = limited
            .patch(&path(request), &json!({ "status": "done" }))
            .await;
        moved.problem(404, "not_found");
    }
    limited
        .patch(&path(&inside), &json!({ "status": "done" }))
        .await
        .expect(200);
    // The client is seen, what it asked for another company is not.
    let history = format!("/v1/clients/{both}/requests");
    assert_eq!(ids(&limited, &history).await, Vec::<String>::new());
    for query in [
        format!("companyId={looms}"),
        format!("clientId={joe}"),
        format!("clientId={both}"),
    ] {
        let path = format!("/v1/requests?{query}");
        assert_eq!(ids(&limited, &path).await, Vec::<String>::new(), "{path}");
    }
    let hidden = format!("/v1/clients/{joe}/requests");
    limited.get(&hidden).await.problem(404, "not_found");
    // On behalf of a client: for the company that is seen.
    let mut wanted = world.wanted();
    wanted["clientId"] = json!(both);
    let made = limited.post("/v1/requests", &wanted).await.expect(201);
    assert_eq!(made["companyId"], json!(world.company));
    wanted["companyId"] = json!(looms);
    let refused = limited.post("/v1/requests", &wanted).await;
    refused.problem(400, "company_unknown");

    let several = app
        .member(Role::Staff, access(&[&world.company, &looms]))
        .await
        .actor;
    let all = [id(&made), id(&shared), id(&outside), id(&inside)];
    for limit in [1, 2, 100] {
        let path = format!("/v1/requests?limit={limit}");
        assert_eq!(ids(&several, &path).await, all, "{path}");
    }
    assert_eq!(
        ids(&several, "/v1/requests?status=done").await,
        [id(&inside)]
    );
    let nothing = app.member(Role::Staff, access(&[])).await.actor;
    assert_eq!(ids(&nothing, "/v1/requests").await, Vec::<String>::new());
    assert_eq!(ids(&admin, "/v1/requests").await.len(), 5);
}
