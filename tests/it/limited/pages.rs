//! Pages of lists for staff limited to some companies.

use super::{ids, limited_to, make, world};
use e2e::{Actor, TestApp, id};
use serde_json::json;

#[tokio::test]
async fn a_page_for_somebody_limited_is_one_query_for_each_company_at_most() {
    let world = world().await;
    world.app.settle().await;
    let both = limited_to(&world.app, &[&world.inside, &world.outside]).await;
    for (actor, companies) in [(&world.limited, 1), (&both, 2)] {
        actor.get("/v1/me").await.expect(200);
        for (path, expected) in [
            ("/v1/clients", companies),
            ("/v1/clients?search=doe", 1),
            ("/v1/clients?sort=name", companies),
            // They are read by their ids.
            ("/v1/companies", 0),
        ] {
            world.app.server.aws().record_calls();
            actor.get(path).await.expect(200);
            let calls = world.app.server.aws().calls();
            let queries = calls
                .iter()
                .filter(|call| call.operation == "Query")
                .count();
            assert_eq!(queries, expected, "{path}");
        }
    }
}

/// All pages of a list, each of three; no page but the last is empty.
async fn paged(actor: &Actor, list: &str) -> Vec<String> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/{list}limit=3&nextToken={token}");
        let page = actor.get(&path).await.expect(200);
        let before = found.len();
        found.extend(ids(&page).into_iter().map(ToOwned::to_owned));
        match page["nextToken"].as_str() {
            None => return found,
            Some(next) => next.clone_into(&mut token),
        }
        assert!(found.len() > before, "an empty page of {list}");
    }
}

#[tokio::test]
async fn whoever_is_limited_to_several_companies_has_full_pages_in_every_order() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let mut companies = Vec::new();
    for (number, name) in ["Looms", "Outside", "Engines", "Mills"].iter().enumerate() {
        let tag = if number % 2 == 0 { "even" } else { "odd" };
        let company = json!({ "name": name, "tags": [tag] });
        companies.push(make(&admin, "/v1/companies", &company).await);
    }
    let outside = companies[1].clone();
    for number in 0..24 {
        // Most are outside; some are in several.
        let own: Vec<&str> = match number % 6 {
            0 => vec![&companies[0], &companies[2]],
            1 => vec![&companies[2], &outside],
            2 => vec![&companies[3]],
            3 => Vec::new(),
            _ => vec![&outside],
        };
        let tag = if number % 4 < 2 { "vip" } else { "other" };
        let body = json!({
            "name": format!("{} Doe", (b'a' + (number * 7 % 24)) as char),
            "email": format!("c{number}@example.com"), "companyIds": own, "tags": [tag],
        });
        make(&admin, "/v1/clients", &body).await;
        app.advance(std::time::Duration::from_millis(2)).await;
    }
    app.settle().await;
    let inside = [&*companies[0], &*companies[2], &*companies[3]];
    let limited = limited_to(&app, &inside).await;

    for query in [
        "",
        "sort=-createdAt&",
        "sort=name&",
        "sort=-name&",
        "sort=lastActivityAt&",
        "tag=vip&sort=name&",
        "status=notInvited&",
    ] {
        let all = format!("/v1/clients?{query}limit=1000");
        let all = admin.get(&all).await.expect(200);
        let seen = all["data"].as_array().expect("a list").iter();
        let seen = seen.filter(|client| {
            let own = client["companyIds"].as_array().expect("a list");
            own.iter().any(|id| inside.iter().any(|one| id == one))
        });
        let expected: Vec<&str> = seen.map(id).collect();
        assert!(expected.len() > 3, "{query}");
        let found = match query {
            // A filter may leave a page empty.
            "tag=vip&sort=name&" => {
                let whole = format!("/v1/clients?{query}limit=100");
                let whole = limited.get(&whole).await.expect(200);
                ids(&whole).into_iter().map(ToOwned::to_owned).collect()
            }
            _ => paged(&limited, &format!("clients?{query}")).await,
        };
        assert_eq!(found, expected, "{query}");
    }
    for query in [
        "",
        "sort=-name&",
        "sort=clientCount&",
        "sort=-clientCount&",
        "tag=EVEN&",
        "isActive=true&",
        "isPlaceholder=false&",
        "search=m&",
        "name=Mills&",
    ] {
        let all = format!("/v1/companies?{query}limit=1000");
        let all = admin.get(&all).await.expect(200);
        let seen = ids(&all).into_iter().filter(|id| inside.contains(id));
        let expected: Vec<&str> = seen.collect();
        assert!(!expected.is_empty(), "{query}");
        let found = paged(&limited, &format!("companies?{query}")).await;
        assert_eq!(found, expected, "{query}");
    }
}
