//! Payments: what was paid of an invoice, and what was not.

use crate::invoices::{bill, billed, client, company, decided, ids, path};
use e2e::{Actor, Answer, Received, Receiver, TestApp, id};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

async fn pay(actor: &Actor, invoice: &Value, body: &Value) -> Answer {
    let payments = format!("{}/payments", path(invoice));
    actor.post(&payments, body).await
}

fn cash(amount: i64) -> Value {
    json!({ "amount": amount, "paymentMethod": "other" })
}

#[tokio::test]
async fn an_invoice_is_paid_in_parts_and_told() {
    let app = TestApp::start().await;
    let (admin, receiver) = (app.admin(), Receiver::start().await);
    let engines = company(&app, "Engines").await;
    let ada = client(&app, "Ada", &[&engines]).await;
    app.register(&receiver, &["invoice.*", "payment.*"]).await;
    let invoice = billed(&admin, json!({ "clientId": ada })).await;
    let failed = json!({
        "amount": 10_000, "paymentMethod": "creditCard", "status": "failed",
        "message": "Your card has expired.", "declineCode": "expired_card",
        "last4Digits": "4242", "brand": "visa",
    });
    let hour_ago = app.now() - Duration::from_hours(1);
    let part = json!({
        "amount": 4_000, "paymentMethod": "bankAccount", "paidAt": hour_ago,
        "feeAmount": { "paidByPlatform": 12, "paidByClient": 3 },
    });

    let failed = pay(&admin, &invoice, &failed).await.expect(201);
    let unchanged = admin.get(&path(&invoice)).await.expect(200);
    let part = pay(&admin, &invoice, &part).await.expect(201);
    let open = admin.get(&path(&invoice)).await.expect(200);
    let rest = pay(&admin, &invoice, &cash(6_000)).await.expect(201);
    let paid = admin.get(&path(&invoice)).await.expect(200);
    app.settle().await;

    let payments = json!([failed, part]);
    insta::assert_json_snapshot!(payments, {
        "[].id" => "[id]", "[].invoiceId" => "[id]", "[].clientId" => "[id]",
        "[].companyId" => "[id]", "[].createdAt" => "[time]", "[].updatedAt" => "[time]",
        "[].paidAt" => "[time]",
    });
    assert_eq!(unchanged, invoice, "no money came");
    let state = |invoice: &Value| {
        let amounts = [&invoice["amountPaid"], &invoice["amountDue"]].map(Value::as_i64);
        (invoice["status"].as_str().map(ToOwned::to_owned), amounts)
    };
    let wanted = |status: &str, paid, due| (Some(status.to_owned()), [Some(paid), Some(due)]);
    assert_eq!(state(&open), wanted("open", 4_000, 6_000));
    assert_eq!(state(&paid), wanted("paid", 10_000, 0));
    assert_eq!(paid["paymentSuccessDate"], rest["paidAt"]);
    let events: Vec<Value> = receiver.received().iter().map(Received::event).collect();
    let told: Vec<(&str, u64)> = events
        .iter()
        .map(|one| {
            let kind = one["eventType"].as_str().expect("a type");
            (kind, one["sequence"].as_u64().expect("a number"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("invoice.created", 1),
            ("payment.failed", 1),
            ("payment.succeeded", 1),
            ("invoice.updated", 2),
            ("payment.succeeded", 1),
            ("invoice.paid", 3),
        ]
    );
    assert_eq!(events[2]["data"], part);
    assert_eq!(
        events[3]["previousAttributes"],
        json!({ "amountPaid": 0, "amountDue": 10_000 })
    );
    let log = admin
        .get("/v1/audit-log?eventType=payment.succeeded,payment.failed")
        .await
        .expect(200);
    assert_eq!(log["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(log["data"][0]["items"][1]["eventType"], "invoice.paid");
    let more = pay(&admin, &invoice, &cash(1)).await;
    more.problem(409, "invoice_not_open");
    let void = format!("{}/void", path(&invoice));
    let void = admin.post(&void, &json!({})).await;
    void.problem(409, "invoice_not_open");
}

#[tokio::test]
async fn what_cannot_have_been_paid_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let invoice = billed(&admin, json!({ "companyId": engines })).await;
    let with = |name: &str, value: Value| {
        let mut body = cash(1);
        body[name] = value;
        body
    };
    let soon = app.now() + Duration::from_mins(1);

    for (body, code, field) in [
        (with("amount", json!(null)), "field_required", "amount"),
        (with("amount", json!(0)), "amount_invalid", "amount"),
        (
            with("paymentMethod", json!(null)),
            "field_required",
            "paymentMethod",
        ),
        (with("paidAt", json!(soon)), "paid_at_invalid", "paidAt"),
        (
            with("last4Digits", json!("4242424242424242")),
            "digits_invalid",
            "last4Digits",
        ),
        (
            with("feeAmount", json!({ "paidByClient": -1 })),
            "amount_invalid",
            "feeAmount.paidByClient",
        ),
        (with("message", json!("x")), "payment_not_failed", "message"),
        (
            with("declineCode", json!("x")),
            "payment_not_failed",
            "declineCode",
        ),
    ] {
        let refused = pay(&admin, &invoice, &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    let wrong = pay(&admin, &invoice, &with("paymentMethod", json!("beads"))).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let payments = format!("{}/payments?dryRun=true", path(&invoice));
    admin.post(&payments, &cash(10_000)).await.expect(201);
    pay(&admin, &invoice, &cash(9_000)).await.expect(201);
    for status in ["succeeded", "failed"] {
        let mut body = cash(1_001);
        body["status"] = json!(status);
        let more = pay(&admin, &invoice, &body).await;
        assert_eq!(more.problem(409, "payment_exceeds_invoice"), Some("amount"));
        assert_eq!(more.body["amountDue"], 1_000);
    }
    let void = format!("{}/void", path(&invoice));
    let void = admin.post(&void, &json!({})).await;
    void.problem(409, "invoice_paid_in_part");
    assert_eq!(void.body["amountPaid"], 9_000);
    let nothing = "/v1/invoices/01890000-0000-7000-8000-000000000000/payments";
    let nothing = admin.post(nothing, &cash(1)).await;
    nothing.problem(404, "not_found");
}

#[tokio::test]
async fn twenty_payments_at_once_never_exceed_the_total() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let mut body = bill(json!({ "companyId": engines }));
    body["lineItems"][0]["amount"] = json!(1_000);
    let invoice = admin.post("/v1/invoices", &body).await.expect(200);

    let payments = format!("{}/payments", path(&invoice));
    // Fourteen of seventy fit; then twenty are left.
    let part = cash(70);
    let answers = join_all((0..20).map(|_| decided(&admin, &payments, &part))).await;
    let done = answers.iter().filter(|one| one.status == 201).count();
    for refused in answers.iter().filter(|one| one.status != 201) {
        refused.problem(409, "payment_exceeds_invoice");
    }
    assert_eq!(done, 14);
    let left = admin.get(&path(&invoice)).await.expect(200);
    assert_eq!(
        (&left["status"], &left["amountDue"]),
        (&json!("open"), &json!(20))
    );

    // Two that would both pay the rest: one does.
    let rest = cash(20);
    let answers = join_all((0..2).map(|_| decided(&admin, &payments, &rest))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|one| one.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let paid = admin.get(&path(&invoice)).await.expect(200);
    assert_eq!(
        (&paid["status"], &paid["amountPaid"]),
        (&json!("paid"), &json!(1_000))
    );
    let of_it = format!("/v1/payments?invoiceId={}", id(&invoice));
    let of_it = admin.get(&of_it).await.expect(200);
    let amounts = of_it["data"].as_array().expect("a list").iter();
    let sum: i64 = amounts.filter_map(|one| one["amount"].as_i64()).sum();
    assert_eq!(sum, 1_000);
    let events = format!("/v1/events?objectId={}", id(&invoice));
    let events = admin.get(&events).await.expect(200);
    let mut sequences: Vec<u64> = events["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["sequence"].as_u64())
        .collect();
    sequences.sort_unstable();
    assert!(sequences.into_iter().eq(1..=16));
}

#[tokio::test]
async fn payments_are_listed_newest_first_and_by_each_filter() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let ada = client(&app, "Ada", &[&engines]).await;
    let one = billed(&admin, json!({ "clientId": ada })).await;
    let two = billed(&admin, json!({ "companyId": looms })).await;
    let keyed = admin.with("idempotency-key", "one");
    let first = pay(&keyed, &one, &cash(1)).await.expect(201);
    assert_eq!(pay(&keyed, &one, &cash(1)).await.expect(201), first);
    let second = pay(&admin, &two, &cash(2)).await.expect(201);
    let third = pay(&admin, &one, &cash(3)).await.expect(201);
    let (first, second, third) = (id(&first), id(&second), id(&third));
    let (one, two) = (id(&one), id(&two));

    for (query, wanted) in [
        (String::new(), vec![third, second, first]),
        (format!("invoiceId={one}"), vec![third, first]),
        (format!("clientId={ada}"), vec![third, first]),
        (format!("companyId={looms}"), vec![second]),
        (
            format!("invoiceId={one}&clientId={ada}"),
            vec![third, first],
        ),
        (format!("invoiceId={two}&clientId={ada}"), vec![]),
        (format!("invoiceId={one}&companyId={looms}"), vec![]),
        (
            format!("clientId={ada}&companyId={engines}"),
            vec![third, first],
        ),
    ] {
        for limit in ["", "&limit=1"] {
            let path = format!("/v1/payments?{query}{limit}");
            assert_eq!(ids(&admin, &path).await, wanted, "{path}");
        }
    }
    for query in ["invoiceId=x", "clientId=x", "companyId=x"] {
        let refused = admin.get(&format!("/v1/payments?{query}")).await;
        refused.problem(400, "parameter_invalid");
    }
}
