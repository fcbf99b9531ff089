//! Pages: nothing stable is skipped or repeated, and a token fits one list.

use super::{client, company};
use e2e::{Actor, TestApp, id};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many come and go.
const OTHERS: usize = 6;

async fn page(actor: &Actor, path: &str, token: Option<&str>) -> (Vec<Value>, Option<String>) {
    let path = match token {
        Some(token) => format!("{path}&nextToken={token}"),
        None => path.to_owned(),
    };
    let list = actor.get(&path).await.expect(200);
    let items = list["data"].as_array().expect("a list").clone();
    (items, list["nextToken"].as_str().map(ToOwned::to_owned))
}

#[tokio::test]
async fn paging_skips_and_repeats_nobody_while_others_come_and_go() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let home = company(&app, "Engines", json!({})).await;
    let mut stable = BTreeSet::new();
    let mut leaving = Vec::new();
    let add = async |number: usize, kind: &str| {
        let name = format!("{} {kind}{number}", ["Ada", "Søren", "Zoë"][number % 3]);
        let more = json!({ "companyIds": [home], "tags": ["VIP"], "position": "Pilot" });
        id(&client(&app, &name, &format!("{kind}{number}@example.com"), more).await).to_owned()
    };
    for number in 0..OTHERS {
        stable.insert(add(number, "stays").await);
        leaving.push(add(number, "goes").await);
    }
    app.settle().await;

    let mut number = 0;
    for query in [
        "sort=createdAt",
        "sort=-createdAt",
        "sort=name",
        "sort=-name",
        "sort=lastActivityAt",
        "status=notInvited",
        "status=notInvited&sort=-name",
        "tag=vip&sort=name",
        "search=pil",
    ] {
        for within in ["", &format!("&companyId={home}")] {
            let path = format!("/v1/clients?limit=4&{query}{within}");
            let (mut seen, mut token) = (Vec::new(), None);
            loop {
                let (items, next) = page(&admin, &path, token.as_deref()).await;
                seen.extend(items.iter().map(|item| id(item).to_owned()));
                token = next;
                if token.is_none() {
                    break;
                }
                // Between two pages one comes, one goes, and one is changed.
                number += 1;
                let gone =
                    std::mem::replace(&mut leaving[number % OTHERS], add(number, "comes").await);
                admin
                    .delete(&format!("/v1/clients/{gone}"))
                    .await
                    .expect(200);
                let changed = leaving[(number + 5) % OTHERS].clone();
                let body = json!({ "givenName": format!("Mo{number}") });
                admin
                    .patch(&format!("/v1/clients/{changed}"), &body)
                    .await
                    .expect(200);
                app.settle().await;
            }
            let met: Vec<&String> = seen.iter().filter(|id| stable.contains(*id)).collect();
            let once: BTreeSet<&String> = met.iter().copied().collect();
            assert_eq!(
                (met.len(), once.len()),
                (stable.len(), stable.len()),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_token_fits_no_other_filter_sort_search_list_or_tenant() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for number in 0..3 {
        client(
            &app,
            "Ada Lovelace",
            &format!("{number}@example.com"),
            json!({ "tags": ["VIP"] }),
        )
        .await;
        company(
            &app,
            &format!("Engines {number}"),
            json!({ "tags": ["VIP"] }),
        )
        .await;
    }
    app.settle().await;
    let other = app.other_tenant().await.actor;
    let lists = [
        "clients?limit=1",
        "clients?limit=1&sort=-createdAt",
        "clients?limit=1&sort=name",
        "clients?limit=1&sort=-name",
        "clients?limit=1&sort=lastActivityAt",
        "clients?limit=1&status=notInvited",
        "clients?limit=1&tag=VIP",
        "clients?limit=1&tag=VIP&sort=name",
        "clients?limit=1&search=ada",
        "clients?limit=1&search=love",
        "companies?limit=1&sort=name",
        "companies?limit=1&sort=clientCount",
        "companies?limit=1&tag=VIP",
        "companies?limit=1&search=eng",
    ];
    for list in lists {
        let path = format!("/v1/{list}");
        let (_, token) = page(&admin, &path, None).await;
        let token = token.expect("there is more");
        page(&admin, &path, Some(&token)).await;
        other
            .get(&format!("{path}&nextToken={token}"))
            .await
            .problem(400, "page_token_invalid");
        let mut tampered = token.clone().into_bytes();
        let middle = tampered.len() / 2;
        tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(tampered).expect("it is ASCII");
        admin
            .get(&format!("{path}&nextToken={tampered}"))
            .await
            .problem(400, "page_token_invalid");
        for foreign in lists.iter().filter(|foreign| **foreign != list) {
            let path = format!("/v1/{foreign}&nextToken={token}");
            admin.get(&path).await.problem(400, "page_token_invalid");
        }
    }
}
