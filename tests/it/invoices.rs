//! Invoices: what they come to, and what becomes of them. Who is billed is in
//! `invoices/billed.rs`, who sees which of them in `invoices/seen.rs`, and what is
//! paid in `payments.rs`.

mod billed;
mod seen;

use e2e::{Actor, Answer, Received, Receiver, TestApp, id};
use futures_util::future::join_all;
use portico_domain::{BilledTo, Change, Invoice, InvoiceDraft, LineDraft};
use portico_store::CommitError;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// An invoice over 100.00 for whoever `to` names.
pub(crate) fn bill(to: Value) -> Value {
    let mut body = json!({
        "lineItems": [{ "description": "Tax return", "amount": 10_000, "quantity": 1 }],
        "daysUntilDue": 14,
    });
    let Value::Object(to) = to else {
        panic!("{to} is no object");
    };
    body.as_object_mut().expect("an object").extend(to);
    body
}

pub(crate) async fn billed(actor: &Actor, to: Value) -> Value {
    actor.post("/v1/invoices", &bill(to)).await.expect(200)
}

pub(crate) async fn company(app: &TestApp, name: &str) -> String {
    let body = json!({ "name": name });
    id(&app.admin().post("/v1/companies", &body).await.expect(200)).to_owned()
}

/// A client of this name in these companies.
pub(crate) async fn client(app: &TestApp, name: &str, companies: &[&str]) -> String {
    let email = format!("{}@example.com", name.to_lowercase());
    let body = json!({ "name": format!("{name} Doe"), "email": email, "companyIds": companies });
    id(&app.admin().post("/v1/clients", &body).await.expect(200)).to_owned()
}

pub(crate) fn path(invoice: &Value) -> String {
    format!("/v1/invoices/{}", id(invoice))
}

pub(crate) async fn ids(actor: &Actor, path: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = actor.get(&next).await.expect(200);
        let items = page["data"].as_array().expect("a list");
        found.extend(items.iter().map(|one| id(one).to_owned()));
        let Some(token) = page["nextToken"].as_str() else {
            return found;
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        next = format!("{path}{joint}nextToken={token}");
    }
}

/// Sends it, and again while others keep changing the same thing: on a busy
/// machine twenty at once may take longer than a function waits.
pub(crate) async fn decided(actor: &Actor, path: &str, body: &Value) -> Answer {
    loop {
        let answer = actor.post(path, body).await;
        if answer.status != 409 || answer.body["code"] != "concurrent_change" {
            return answer;
        }
    }
}

fn count_of(page: &Value) -> usize {
    page["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn an_invoice_is_billed_changed_voided_and_told() {
    let app = TestApp::start().await;
    let (admin, receiver) = (app.admin(), Receiver::start().await);
    let engines = company(&app, "Engines").await;
    let ada = client(&app, "Ada", &[&engines]).await;
    app.register(&receiver, &["invoice.*"]).await;
    let body = json!({
        "clientId": ada,
        "lineItems": [
            { "description": "Hours", "amount": 12_345, "quantity": 2.5 },
            { "description": "Discount", "amount": -1_001, "quantity": 0.5 },
            { "amount": 7, "quantity": 0.3333 },
        ],
        "memo": "Thank you.\nAda",
        "daysUntilDue": 30,
        "taxPercentage": 8.875,
        "currency": "EUR",
        "paymentMethodPreferences": [
            { "type": "creditCard", "feePaidByClient": true },
            { "type": "bankAccount", "feePaidByClient": false },
        ],
    });

    let invoice = admin.post("/v1/invoices", &body).await.expect(200);
    let read = admin.get(&path(&invoice)).await.expect(200);
    let due = app.now() + Duration::from_hours(24);
    let change = json!({ "number": "2026/1", "memo": null, "dueDate": due });
    let after = admin.patch(&path(&invoice), &change).await.expect(200);
    let void = format!("{}/void", path(&invoice));
    let voided = admin.post(&void, &json!({})).await.expect(200);
    let again = admin.post(&void, &json!({})).await.expect(200);
    app.settle().await;

    insta::assert_json_snapshot!(invoice, {
        ".id" => "[id]", ".clientId" => "[id]", ".recipientId" => "[id]", ".companyId" => "[id]",
        ".createdAt" => "[time]", ".updatedAt" => "[time]", ".sentDate" => "[time]",
        ".dueDate" => "[time]",
    });
    assert_eq!(read, invoice);
    assert_eq!(invoice["clientId"], json!(ada));
    assert_eq!(invoice["recipientId"], json!(ada));
    assert_eq!(invoice["companyId"], json!(engines));
    assert_eq!(
        (&after["number"], &after["memo"], &after["dueDate"]),
        (&json!("2026/1"), &json!(""), &json!(due))
    );
    assert_eq!(voided, again);
    assert_eq!(
        (&voided["status"], &voided["amountDue"]),
        (&json!("void"), &json!(0))
    );
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
            ("invoice.updated", 2),
            ("invoice.voided", 3)
        ]
    );
    assert_eq!(events[0]["data"], invoice);
    assert_eq!(
        events[1]["previousAttributes"],
        json!({ "number": "INV-0001", "memo": "Thank you.\nAda", "dueDate": invoice["dueDate"] })
    );
    assert_eq!(events[2]["previousAttributes"]["status"], "open");
    let log = "/v1/audit-log?eventType=invoice.created,invoice.updated,invoice.voided";
    let log = admin.get(log).await.expect(200);
    assert_eq!(count_of(&log), 3);
    assert_eq!(log["data"][1]["items"][0]["changed"][0], "number");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn what_cannot_be_billed_is_refused_with_the_name_of_its_field() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let with = |name: &str, value: Value| {
        let mut body = bill(json!({ "companyId": engines }));
        body[name] = value;
        body
    };
    let line = |more: Value| {
        let mut line = json!({ "description": "x", "amount": 1, "quantity": 1 });
        let fields = more.as_object().expect("an object").clone();
        line.as_object_mut().expect("an object").extend(fields);
        with("lineItems", json!([line]))
    };
    let lines = |count: usize, amount: i64| {
        let line = json!({ "description": "x", "amount": amount, "quantity": 1_000_000 });
        with("lineItems", Value::Array(vec![line; count]))
    };
    let card = json!({ "type": "creditCard", "feePaidByClient": true });
    for (body, code, field) in [
        (with("lineItems", json!([])), "field_required", "lineItems"),
        (lines(101, 0), "too_many_lines", "lineItems"),
        (lines(1, 99_999_999), "total_too_large", "lineItems"),
        (lines(1, -1), "total_negative", "lineItems"),
        (
            line(json!({ "amount": null })),
            "field_required",
            "lineItems[0].amount",
        ),
        (
            line(json!({ "amount": 100_000_000 })),
            "amount_invalid",
            "lineItems[0].amount",
        ),
        (
            line(json!({ "amount": i64::MIN })),
            "amount_invalid",
            "lineItems[0].amount",
        ),
        (
            line(json!({ "quantity": 0.00001 })),
            "decimal_invalid",
            "lineItems[0].quantity",
        ),
        (
            line(json!({ "quantity": -1 })),
            "decimal_invalid",
            "lineItems[0].quantity",
        ),
        (
            line(json!({ "description": "x".repeat(501) })),
            "text_too_long",
            "lineItems[0].description",
        ),
        (
            line(json!({ "priceId": "p1" })),
            "catalogue_missing",
            "lineItems[0].priceId",
        ),
        (
            line(json!({ "productId": "p1" })),
            "catalogue_missing",
            "lineItems[0].productId",
        ),
        (
            with("templateId", json!("t1")),
            "catalogue_missing",
            "templateId",
        ),
        (
            with("memo", json!("x".repeat(2_001))),
            "text_too_long",
            "memo",
        ),
        (
            with("daysUntilDue", json!(null)),
            "field_required",
            "daysUntilDue",
        ),
        (
            with("daysUntilDue", json!(366)),
            "parameter_invalid",
            "daysUntilDue",
        ),
        (
            with("dueDate", json!(app.now())),
            "due_date_ambiguous",
            "dueDate",
        ),
        (
            with("taxPercentage", json!(100.5)),
            "decimal_invalid",
            "taxPercentage",
        ),
        (
            with("currency", json!("abc")),
            "currency_unknown",
            "currency",
        ),
        (with("number", json!(" ")), "field_required", "number"),
        (
            with("number", json!("INV-1234567890")),
            "text_too_long",
            "number",
        ),
        (
            with("paymentMethodPreferences", json!([card, card])),
            "payment_method_repeated",
            "paymentMethodPreferences[1].type",
        ),
    ] {
        let refused = admin.post("/v1/invoices", &body).await;
        assert_eq!(refused.problem(400, code), Some(field), "{body}");
    }
    assert_eq!(ids(&admin, "/v1/invoices").await, Vec::<String>::new());
    let free = line(json!({ "amount": 0, "quantity": 3, "priceId": "" }));
    let free = admin.post("/v1/invoices", &free).await.expect(200);
    assert_eq!(free["status"], "paid", "there is nothing to pay");
    assert_eq!(free["paymentSuccessDate"], free["createdAt"]);
    let late = admin.patch(&path(&free), &json!({ "memo": "x" })).await;
    late.problem(409, "invoice_not_open");
}

#[tokio::test]
async fn numbers_are_unique_and_counted_without_a_gap() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let to = |more: Value| {
        let mut to = more;
        to["companyId"] = json!(engines);
        bill(to)
    };
    let plain = to(json!({}));

    let refused = admin
        .post("/v1/invoices", &to(json!({ "number": "" })))
        .await;
    refused.problem(400, "field_required");
    let dry = admin.post("/v1/invoices?dryRun=true", &plain).await;
    assert_eq!(dry.expect(200)["number"], "INV-0001");
    let answers = join_all((0..20).map(|_| decided(&admin, "/v1/invoices", &plain))).await;
    let made: Vec<Value> = answers.into_iter().map(|one| one.expect(200)).collect();
    let numbers: BTreeSet<&str> = made
        .iter()
        .filter_map(|one| one["number"].as_str())
        .collect();
    let wanted: Vec<String> = (1..=20).map(|count| format!("INV-{count:04}")).collect();
    assert!(numbers.into_iter().eq(wanted.iter()), "{made:?}");

    let given = admin
        .post("/v1/invoices", &to(json!({ "number": "INV-0030" })))
        .await;
    given.expect(200);
    let other = to(json!({ "number": "2026/17" }));
    let other = admin.post("/v1/invoices", &other).await.expect(200);
    let next = admin.post("/v1/invoices", &plain).await.expect(200);
    assert_eq!(next["number"], "INV-0031", "it goes on behind the highest");
    let between = admin
        .post("/v1/invoices", &to(json!({ "number": "INV-0025" })))
        .await;
    between.expect(200);
    for taken in ["INV-0030", "inv-0030", "２０２６/17", "INV-0001"] {
        for query in ["", "?dryRun=true"] {
            let path = format!("/v1/invoices{query}");
            let refused = admin.post(&path, &to(json!({ "number": taken }))).await;
            assert_eq!(refused.problem(409, "invoice_number_taken"), Some("number"));
        }
    }
    let renamed = admin
        .patch(&path(&other), &json!({ "number": "INV-0030" }))
        .await;
    renamed.problem(409, "invoice_number_taken");
    let renamed = admin
        .patch(&path(&other), &json!({ "number": "INV-0040" }))
        .await;
    renamed.expect(200);
    let freed = admin
        .post("/v1/invoices", &to(json!({ "number": "2026/17" })))
        .await;
    freed.expect(200);
    let next = admin.post("/v1/invoices", &plain).await.expect(200);
    assert_eq!(next["number"], "INV-0041");
    // Another workspace counts its own.
    let theirs = app.other_tenant().await.actor;
    let mills = theirs
        .post("/v1/companies", &json!({ "name": "Mills" }))
        .await;
    let mills = mills.expect(200);
    let first = billed(&theirs, json!({ "companyId": mills["id"] })).await;
    assert_eq!(first["number"], "INV-0001");
}

#[tokio::test]
async fn invoices_are_listed_newest_first_and_by_each_filter() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let (engines, looms) = (company(&app, "Engines").await, company(&app, "Looms").await);
    let ada = client(&app, "Ada", &[&engines]).await;
    let none = client(&app, "None", &[]).await;
    let first = billed(&admin, json!({ "clientId": ada })).await;
    let second = billed(&admin, json!({ "companyId": looms })).await;
    let third = billed(&admin, json!({ "clientId": none })).await;
    let fourth = billed(&admin, json!({ "companyId": engines })).await;
    let void = format!("{}/void", path(&first));
    admin.post(&void, &json!({})).await.expect(200);
    let (first, second, third, fourth) = (id(&first), id(&second), id(&third), id(&fourth));

    for (query, wanted) in [
        (String::new(), vec![fourth, third, second, first]),
        (format!("clientId={ada}"), vec![first]),
        (format!("clientId={none}"), vec![third]),
        (format!("companyId={engines}"), vec![fourth, first]),
        ("status=open".to_owned(), vec![fourth, third, second]),
        ("status=paid".to_owned(), vec![]),
        (format!("companyId={engines}&status=void"), vec![first]),
        (format!("clientId={ada}&status=open"), vec![]),
        (format!("clientId={ada}&companyId={looms}"), vec![]),
    ] {
        for limit in ["", "&limit=1"] {
            let path = format!("/v1/invoices?{query}{limit}");
            assert_eq!(ids(&admin, &path).await, wanted, "{path}");
        }
    }
    for query in ["status=x", "clientId=x", "companyId=x"] {
        let refused = admin.get(&format!("/v1/invoices?{query}")).await;
        refused.problem(400, "parameter_invalid");
    }
}

#[tokio::test]
async fn an_invoice_is_changed_on_what_was_seen_and_billed_once() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let engines = company(&app, "Engines").await;
    let keyed = admin.with("idempotency-key", "one");
    let first = billed(&keyed, json!({ "companyId": engines })).await;
    let second = billed(&keyed, json!({ "companyId": engines })).await;
    assert_eq!(first, second);
    let seen = admin.get(&path(&first)).await;
    let seen = admin.with("if-match", seen.header("etag"));
    let memo = json!({ "memo": "Thank you" });

    seen.patch(&path(&first), &memo).await.expect(200);
    let same = admin.patch(&path(&first), &memo).await.expect(200);
    assert_eq!(admin.get(&path(&first)).await.expect(200), same);
    let stale = |answer: Answer| {
        answer.problem(412, "precondition_failed");
    };
    stale(seen.patch(&path(&first), &json!({ "memo": "x" })).await);
    let void = format!("{}/void", path(&first));
    stale(seen.post(&void, &json!({})).await);
    let fields = json!({ "lineItems": [] });
    let lines = admin.patch(&path(&first), &fields).await;
    assert_eq!(lines.status, 400, "lines stay as they are: {}", lines.text);
    // A company that is deleted in the meantime is not billed.
    let (core, w) = (app.server.app(), app.server.workspace_id);
    let store = core.store.workspace(w);
    let read = store.company(engines.parse().expect("an id")).await;
    let read = read.expect("an answer").expect("a company");
    let company = format!("/v1/companies/{engines}");
    admin.delete(&company).await.expect(200);
    let mut change = Change::by_system(core.moment());
    let line = LineDraft {
        amount: Some(1),
        ..LineDraft::default()
    };
    let draft = InvoiceDraft::new(&[line], None, app.now()).expect("a draft");
    change.based_on_companies.push((read.id, read.version));
    Invoice::create(&mut change, w, BilledTo::company(read.id), draft, 1);
    let late = store.commit(&change).await;
    assert!(matches!(late, Err(CommitError::Stale)), "{late:?}");
    let kept = admin.get(&path(&first)).await.expect(200);
    assert_eq!(kept["companyId"], json!(engines), "what it owes stays");
}
