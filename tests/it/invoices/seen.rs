//! Who sees which invoices and payments: staff limited to companies, clients in
//! the portal, and what is left when a client is archived, merged or erased.

use super::{bill, billed, client, company, ids, path};
use e2e::{Actor, TestApp, id};
use portico_domain::{CompanyAccess, Role};
use serde_json::{Value, json};
use std::time::Duration;

/// Records a payment of one.
async fn pay(actor: &Actor, invoice: &Value) -> Value {
    let payments = format!("{}/payments", path(invoice));
    let body = json!({
        "amount": 1, "paymentMethod": "creditCard", "last4Digits": "4242", "brand": "visa",
        "feeAmount": { "paidByPlatform": 7 },
    });
    actor.post(&payments, &body).await.expect(201)
}

fn only(companies: &[&str]) -> CompanyAccess {
    let companies = companies.iter().map(|id| id.parse().expect("an id"));
    CompanyAccess::only(companies).expect("not too many")
}

#[tokio::test]
async fn who_is_limited_to_companies_sees_what_is_billed_to_them() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let ada = client(&app, "Ada", &[&engines]).await;
    let both = client(&app, "Both", &[&looms, &engines]).await;
    let none = client(&app, "None", &[]).await;
    let inside = billed(&admin, json!({ "clientId": ada })).await;
    let outside = billed(&admin, json!({ "companyId": looms })).await;
    let shared = billed(&admin, json!({ "clientId": both, "companyId": looms })).await;
    let of_nobody = billed(&admin, json!({ "clientId": none })).await;
    let paid = pay(&admin, &inside).await;
    let mut hidden = Vec::new();
    for invoice in [&outside, &shared, &of_nobody] {
        hidden.push(id(&pay(&admin, invoice).await).to_owned());
    }
    let limited = app.member(Role::Staff, only(&[&engines])).await.actor;

    assert_eq!(ids(&limited, "/v1/invoices").await, [id(&inside)]);
    assert_eq!(ids(&limited, "/v1/payments").await, [id(&paid)]);
    for invoice in [&outside, &shared, &of_nobody] {
        let path = path(invoice);
        limited.get(&path).await.problem(404, "not_found");
        let changed = limited.patch(&path, &json!({ "memo": "x" })).await;
        changed.problem(404, "not_found");
        let void = format!("{path}/void");
        let voided = limited.post(&void, &json!({})).await;
        voided.problem(404, "not_found");
        let body = json!({ "amount": 1, "paymentMethod": "other" });
        let paid = limited.post(&format!("{path}/payments"), &body).await;
        paid.problem(404, "not_found");
        let of_it = format!("/v1/payments?invoiceId={}", id(invoice));
        assert_eq!(ids(&limited, &of_it).await, Vec::<String>::new());
    }
    for query in [
        format!("companyId={looms}"),
        format!("clientId={both}"),
        format!("clientId={none}"),
    ] {
        for list in ["invoices", "payments"] {
            let path = format!("/v1/{list}?{query}");
            assert_eq!(ids(&limited, &path).await, Vec::<String>::new(), "{path}");
        }
    }
    // The company of the client that is seen is the only one there is.
    let made = billed(&limited, json!({ "clientId": both })).await;
    assert_eq!(made["companyId"], json!(engines));
    for (to, code) in [
        (
            json!({ "clientId": both, "companyId": looms }),
            "company_unknown",
        ),
        (json!({ "companyId": looms }), "company_unknown"),
        (json!({ "clientId": none }), "client_unknown"),
        (json!({ "recipientId": looms }), "recipient_unknown"),
    ] {
        let refused = limited.post("/v1/invoices", &bill(to)).await;
        refused.problem(400, code);
    }
    let several = app.member(Role::Staff, only(&[&engines, &looms])).await;
    let all = [id(&made), id(&shared), id(&outside), id(&inside)];
    for limit in [1, 2, 100] {
        let path = format!("/v1/invoices?limit={limit}");
        assert_eq!(ids(&several.actor, &path).await, all, "{path}");
    }
    assert_eq!(
        ids(&several.actor, "/v1/payments?limit=1").await,
        [&hidden[1], &hidden[0], id(&paid)]
    );
    let nothing = app.member(Role::Staff, only(&[])).await.actor;
    assert_eq!(ids(&nothing, "/v1/invoices").await, Vec::<String>::new());
    assert_eq!(ids(&nothing, "/v1/payments").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_client_sees_what_is_billed_to_it_and_to_the_companies_in_which_it_is() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let ada = app
        .client("Ada Lovelace", "ada@example.com", Some(&engines))
        .await;
    let charles = app
        .client("Charles Babbage", "charles@example.com", Some(&engines))
        .await;
    let grace = app.client("Grace Hopper", "grace@example.com", None).await;
    let first = billed(&admin, json!({ "clientId": ada.id })).await;
    let second = billed(&admin, json!({ "companyId": engines })).await;
    let theirs = billed(&admin, json!({ "companyId": looms })).await;
    let own = billed(&admin, json!({ "clientId": grace.id })).await;
    pay(&admin, &first).await;
    let portal = |invoice: &Value| format!("/portal/invoices/{}", id(invoice));

    for actor in [&ada.actor, &charles.actor] {
        for limit in [1, 100] {
            let list = format!("/portal/invoices?limit={limit}");
            assert_eq!(ids(actor, &list).await, [id(&second), id(&first)]);
        }
        for hidden in [&theirs, &own] {
            actor.get(&portal(hidden)).await.problem(404, "not_found");
        }
    }
    assert_eq!(ids(&grace.actor, "/portal/invoices").await, [id(&own)]);
    let foreign = grace.actor.get(&portal(&first)).await;
    foreign.problem(404, "not_found");
    let shown = charles.actor.get(&portal(&first)).await.expect(200);
    insta::assert_json_snapshot!(shown, {
        ".id" => "[id]", ".companyId" => "[id]", ".createdAt" => "[time]",
        ".updatedAt" => "[time]", ".dueDate" => "[time]",
        ".payments[].id" => "[id]", ".payments[].paidAt" => "[time]",
    });
    // Who has left the company sees its invoices no more, also its own address
    // on them; who is in another one sees that one's.
    let moved = json!({ "companyIds": [looms] });
    let client = format!("/v1/clients/{}", ada.id);
    admin.patch(&client, &moved).await.expect(200);
    assert_eq!(ids(&ada.actor, "/portal/invoices").await, [id(&theirs)]);
    let left = ada.actor.get(&portal(&first)).await;
    left.problem(404, "not_found");
    let by_id = format!("/v1/invoices?clientId={}", ada.id);
    assert_eq!(ids(&admin, &by_id).await, [id(&first)], "it was for her");
}

#[tokio::test]
async fn invoices_are_the_workspaces_own() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let invoice = billed(&admin, json!({ "companyId": engines })).await;
    pay(&admin, &invoice).await;
    let other = app.other_tenant().await.actor;

    other.get(&path(&invoice)).await.problem(404, "not_found");
    let body = json!({ "amount": 1, "paymentMethod": "other" });
    let foreign = other
        .post(&format!("{}/payments", path(&invoice)), &body)
        .await;
    foreign.problem(404, "not_found");
    for list in [
        "/v1/invoices".to_owned(),
        "/v1/payments".to_owned(),
        format!("/v1/invoices?companyId={engines}"),
        format!("/v1/payments?invoiceId={}", id(&invoice)),
    ] {
        assert_eq!(ids(&other, &list).await, Vec::<String>::new(), "{list}");
    }
    let refused = other
        .post("/v1/invoices", &bill(json!({ "companyId": engines })))
        .await;
    refused.problem(400, "company_unknown");
}

#[tokio::test]
async fn books_are_kept_when_a_client_is_erased_and_what_is_personal_goes() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let ada = client(&app, "Ada", &[&engines]).await;
    let mut body = bill(json!({ "clientId": ada }));
    body["memo"] = json!("Dear Ada, thank you.");
    let invoice = admin.post("/v1/invoices", &body).await.expect(200);
    let payments = format!("{}/payments", path(&invoice));
    let failed = json!({
        "amount": 2, "paymentMethod": "creditCard", "status": "failed",
        "message": "Ada's card has expired.", "last4Digits": "4242", "declineCode": "expired_card",
    });
    admin.post(&payments, &failed).await.expect(201);
    let paid = pay(&admin, &invoice).await;
    let other = billed(&admin, json!({ "companyId": engines })).await;
    let client = format!("/v1/clients/{ada}");

    admin.delete(&client).await.expect(200);
    let by_id = format!("/v1/invoices?clientId={ada}");
    assert_eq!(ids(&admin, &by_id).await, [id(&invoice)]);
    let kept = admin.get(&path(&invoice)).await.expect(200);
    assert_eq!(kept["memo"], "Dear Ada, thank you.");

    let purge = format!("{client}/purge");
    admin.post(&purge, &json!({})).await.expect(200);
    app.advance(Duration::from_mins(2)).await;
    assert_eq!(ids(&admin, &by_id).await, [id(&invoice)]);
    let erased = admin.get(&path(&invoice)).await.expect(200);
    let mut wanted = kept.clone();
    wanted["memo"] = json!("");
    assert_eq!(erased, wanted, "lines, sums and what is due stay");
    let of_it = format!("/v1/payments?invoiceId={}", id(&invoice));
    let of_it = admin.get(&of_it).await.expect(200);
    let of_it = of_it["data"].as_array().expect("a list");
    let told: Vec<[&Value; 3]> = of_it
        .iter()
        .map(|one| [&one["message"], &one["last4Digits"], &one["amount"]])
        .collect();
    let none = json!("");
    assert_eq!(told, [[&none, &none, &json!(1)], [&none, &none, &json!(2)]]);
    for object in [id(&invoice), id(&paid), id(&of_it[1])] {
        let events = format!("/v1/events?objectId={object}");
        let events = admin.get(&events).await.expect(200);
        for personal in ["Ada", "last4Digits", "thank you"] {
            assert!(!events.to_string().contains(personal), "{events}");
        }
    }
    // What was not hers is as it was, and what is left to pay can be paid.
    assert_eq!(admin.get(&path(&other)).await.expect(200), other);
    pay(&admin, &invoice).await;
}

#[tokio::test]
async fn merging_brings_what_was_billed_along() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = app.client("Ada Lovelace", "ada@example.com", None).await;
    let twin = client(&app, "Augusta", &[]).await;
    let first = billed(&admin, json!({ "clientId": twin })).await;
    let second = billed(&admin, json!({ "clientId": ada.id })).await;
    let third = billed(&admin, json!({ "clientId": twin })).await;
    let mut paid = Vec::new();
    for invoice in [&third, &second, &first] {
        paid.insert(0, id(&pay(&admin, invoice).await).to_owned());
    }

    let into = json!({ "into": ada.id });
    let merge = format!("/v1/clients/{twin}/merge");
    admin.post(&merge, &into).await.expect(200);

    let all = [id(&third), id(&second), id(&first)];
    for limit in [1, 2, 100] {
        for client in [&twin, &ada.id] {
            let path = format!("/v1/invoices?clientId={client}&limit={limit}");
            assert_eq!(ids(&admin, &path).await, all, "{path}");
            let path = format!("/v1/payments?clientId={client}&limit={limit}");
            assert_eq!(ids(&admin, &path).await, paid, "{path}");
        }
        let path = format!("/portal/invoices?limit={limit}");
        assert_eq!(ids(&ada.actor, &path).await, all, "{path}");
    }
    let own = format!("/portal/invoices/{}", id(&first));
    ada.actor.get(&own).await.expect(200);
    // Who is billed under the old id is the one who stays.
    let made = billed(&admin, json!({ "clientId": twin })).await;
    assert_eq!(made["clientId"], json!(ada.id));
}
