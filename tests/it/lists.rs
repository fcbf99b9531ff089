//! Lists of clients and companies: searches, filters and sorts.

mod book;
mod cost;
mod follow;
mod pages;

use e2e::{TestApp, id};
use serde_json::{Value, json};

async fn client(app: &TestApp, name: &str, email: &str, more: Value) -> Value {
    let mut body = json!({ "name": name, "email": email });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    app.admin().post("/v1/clients", &body).await.expect(200)
}

async fn company(app: &TestApp, name: &str, more: Value) -> String {
    let mut body = json!({ "name": name });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    let created = app.admin().post("/v1/companies", &body).await.expect(200);
    id(&created).to_owned()
}

/// The names in a list.
async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let list = app.admin().get(path).await.expect(200);
    let items = list["data"].as_array().expect("a list").iter();
    let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
    items.map(name).collect()
}

#[tokio::test]
async fn a_search_finds_the_beginning_of_any_word_of_name_address_or_position() {
    let app = TestApp::start().await;
    client(
        &app,
        "Søren Åkesson",
        "sa@norden.example",
        json!({ "position": "Head of Design" }),
    )
    .await;
    client(&app, "Ada Lovelace", "ada.king@example.com", json!({})).await;
    client(
        &app,
        "Anne-Marie O’Brien",
        "amo@example.org",
        json!({ "position": "Dean" }),
    )
    .await;
    app.settle().await;

    for (search, found) in [
        ("søren", vec!["Søren Åkesson"]),
        ("SOREN", vec!["Søren Åkesson"]),
        ("ak", vec!["Søren Åkesson"]),
        ("nord", vec!["Søren Åkesson"]),
        ("king", vec!["Ada Lovelace"]),
        ("ada.king@example.com", vec!["Ada Lovelace"]),
        ("obrien", vec!["Anne-Marie O’Brien"]),
        ("o'b", vec!["Anne-Marie O’Brien"]),
        ("marie", vec!["Anne-Marie O’Brien"]),
        ("de", vec!["Anne-Marie O’Brien", "Søren Åkesson"]),
        ("ada lov", vec!["Ada Lovelace"]),
        ("lov ada", vec!["Ada Lovelace"]),
        ("love marie", vec![]),
        ("ovelace", vec![]),
        ("zoe", vec![]),
    ] {
        assert_eq!(
            names(&app, &format!("/v1/clients?search={}", encoded(search))).await,
            found,
            "{search}"
        );
    }
}

fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

#[tokio::test]
async fn a_client_with_two_words_that_begin_alike_is_found_once() {
    let app = TestApp::start().await;
    client(
        &app,
        "Ada Adams",
        "ada@adam.example",
        json!({ "position": "Administrator" }),
    )
    .await;
    client(&app, "Adam Smith", "smith@example.com", json!({})).await;
    app.settle().await;

    assert_eq!(
        names(&app, "/v1/clients?search=ad").await,
        ["Ada Adams", "Adam Smith"]
    );
    assert_eq!(
        names(&app, "/v1/clients?search=adam").await,
        ["Ada Adams", "Adam Smith"]
    );
    assert_eq!(
        names(&app, "/v1/clients?search=ad+adm").await,
        ["Ada Adams"]
    );
}

#[tokio::test]
async fn a_search_follows_what_was_changed_and_forgets_who_was_archived() {
    let app = TestApp::start().await;
    let ada = client(
        &app,
        "Ada Byron",
        "ada@example.com",
        json!({ "tags": ["VIP"] }),
    )
    .await;
    app.settle().await;
    let path = format!("/v1/clients/{}", id(&ada));
    app.admin()
        .patch(
            &path,
            &json!({ "familyName": "Lovelace", "tags": ["Friend"] }),
        )
        .await
        .expect(200);
    app.settle().await;

    assert_eq!(
        names(&app, "/v1/clients?search=byron").await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(&app, "/v1/clients?search=love").await,
        ["Ada Lovelace"]
    );
    assert_eq!(
        names(&app, "/v1/clients?tag=vip").await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(&app, "/v1/clients?tag=FRIEND&search=ada").await,
        ["Ada Lovelace"]
    );

    app.admin().delete(&path).await.expect(200);
    app.settle().await;
    for query in [
        "search=love",
        "tag=friend",
        "status=notInvited",
        "sort=name",
        "sort=-lastActivityAt",
    ] {
        assert_eq!(
            names(&app, &format!("/v1/clients?{query}")).await,
            Vec::<String>::new(),
            "{query}"
        );
    }
}

#[tokio::test]
async fn companies_are_searched_and_sorted_by_how_many_clients_they_have() {
    let app = TestApp::start().await;
    let looms = company(&app, "Power Looms", json!({ "tags": ["Cotton"] })).await;
    let engines = company(&app, "Analytical Engines", json!({})).await;
    company(&app, "Émile & Sons", json!({ "isActive": false })).await;
    for number in 0..3 {
        let companies = if number == 0 {
            json!([looms, engines])
        } else {
            json!([engines])
        };
        let email = format!("{number}@example.com");
        client(
            &app,
            "Ada Lovelace",
            &email,
            json!({ "companyIds": companies }),
        )
        .await;
    }
    client(&app, "Nobody's", "nobody@example.com", json!({})).await;
    app.settle().await;

    let by_count = ["Analytical Engines", "Power Looms", "Émile & Sons"];
    assert_eq!(
        names(&app, "/v1/companies?sort=-clientCount").await,
        by_count
    );
    assert_eq!(
        names(&app, "/v1/companies?sort=name").await,
        ["Analytical Engines", "Émile & Sons", "Power Looms"]
    );
    assert_eq!(
        names(&app, "/v1/companies?search=em").await,
        ["Émile & Sons"]
    );
    assert_eq!(
        names(&app, "/v1/companies?search=sons+emi").await,
        ["Émile & Sons"]
    );
    assert_eq!(
        names(&app, "/v1/companies?tag=cotton&sort=clientCount").await,
        ["Power Looms"]
    );
    assert_eq!(
        names(&app, "/v1/companies?isActive=false").await,
        ["Émile & Sons"]
    );

    app.admin()
        .delete(&format!("/v1/companies/{engines}"))
        .await
        .expect(200);
    app.settle().await;
    assert_eq!(
        names(&app, "/v1/companies?sort=-clientCount").await,
        ["Power Looms", "Émile & Sons"]
    );
    assert_eq!(
        names(&app, "/v1/companies?search=ana").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn what_cannot_be_listed_so_is_refused_by_the_parameter() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (query, code, field) in [
        ("clients?sort=age", "parameter_invalid", "sort"),
        ("clients?sort=--name", "parameter_invalid", "sort"),
        ("clients?status=gone", "parameter_invalid", "status"),
        (
            "clients?accountManagerId=1",
            "parameter_invalid",
            "accountManagerId",
        ),
        ("clients?search=!!", "search_without_words", "search"),
        (
            "clients?search=a+b+c+d+e+f+g+h+i",
            "text_too_long",
            "search",
        ),
        ("clients?search=ada&sort=name", "sort_unsupported", "sort"),
        (
            "clients?givenName=Ada&sort=name",
            "sort_unsupported",
            "sort",
        ),
        ("companies?sort=lastActivityAt", "parameter_invalid", "sort"),
        ("companies?search=ada&sort=name", "sort_unsupported", "sort"),
        ("companies?isActive=maybe", "parameter_invalid", "isActive"),
        (
            "companies?isPlaceholder=true&sort=name",
            "filter_unsupported",
            "isPlaceholder",
        ),
        (
            "companies?isPlaceholder=true&tag=x",
            "filter_unsupported",
            "isPlaceholder",
        ),
    ] {
        let answer = admin.get(&format!("/v1/{query}")).await;
        assert_eq!(answer.problem(400, code), Some(field), "{query}");
    }
    for query in [
        "search=&sort=&status=&tag=",
        "givenName=Ada&sort=-createdAt",
        "email=a@b.co&sort=name",
    ] {
        admin.get(&format!("/v1/clients?{query}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_page_that_a_second_filter_empties_is_read_on() {
    let app = TestApp::start().await;
    let mut last = String::new();
    for number in 0..24 {
        let more = json!({ "tags": ["bulk"] });
        let name = format!("Client {number}");
        let added = client(&app, &name, &format!("{number}@example.com"), more).await;
        last = id(&added).to_owned();
    }
    let king = json!({ "familyName": "King" });
    app.admin()
        .patch(&format!("/v1/clients/{last}"), &king)
        .await
        .expect(200);
    app.settle().await;

    app.server.aws().record_calls();
    let path = "/v1/clients?tag=bulk&familyName=King&limit=5";
    let page = app.admin().get(path).await.expect(200);

    let found: Vec<&str> = page["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(id)
        .collect();
    assert_eq!(found, [last]);
    assert_eq!(page.get("nextToken"), None);
    let calls = app.server.aws().calls();
    let queries = calls.iter().filter(|call| call.operation == "Query");
    assert_eq!(queries.count(), 2, "one for the page, one that reads on");
}
