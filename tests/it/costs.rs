//! What each function costs: calls to AWS, round trips, items, capacity.
//!
//! Measured with the golden events, so nothing is left out. The table is
//! committed as `docs/costs.md`; `PORTICO_WRITE=1` writes it anew.

use crate::golden::{accepted_by_route, accepted_by_trigger};
use e2e::{Receiver, TestApp};
use portico_bootstrap::{TRIGGERS, functions};
use portico_local::Call;
use serde_json::{Value, json};
use std::{env, fs, path::Path};

const BEGIN: &str = "<!-- made by tests/it/costs.rs -->\n";
const END: &str = "<!-- end -->";
const HEAD: &str = "| function | calls | round trips | items | read units | write units |
|---|---|---|---|---|---|
";

/// The calls that a function made itself, not those of the workers that it
/// woke.
fn own_calls(app: &TestApp) -> Vec<Call> {
    let mut calls = app.server.aws().calls();
    calls.retain(|call| call.function.is_none());
    calls.sort_by_key(|call| call.span);
    calls
}

/// The operations, those that are alike counted.
fn operations(calls: &[Call]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for call in calls {
        match counted.last_mut() {
            Some((operation, times)) if *operation == call.operation => *times += 1,
            _ => counted.push((&call.operation, 1)),
        }
    }
    let text = |(operation, times): &(&str, usize)| match times {
        1 => (*operation).to_owned(),
        times => format!("{times} {operation}"),
    };
    counted.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// How often the function waited: calls that were under way together count
/// once.
fn round_trips(calls: &[Call]) -> usize {
    let mut answered = None;
    let mut trips = 0;
    for call in calls {
        if answered.is_none_or(|answered| call.span.0 > answered) {
            answered = Some(call.span.1);
            trips += 1;
        }
    }
    trips
}

/// A function opens a connection at its start for each call that it ever has
/// under way at once.
fn expect_connections(name: &str, at_once: usize, calls: &[Call]) {
    for service in ["dynamodb", "s3", "sqs", "ses"] {
        let is_open = match service {
            "dynamodb" => at_once,
            _ => 1,
        };
        let mut own: Vec<_> = calls.to_vec();
        own.retain(|call| call.service == service);
        for call in &own {
            let is_under_way =
                |other: &&Call| other.span.0 <= call.span.0 && call.span.0 < other.span.1;
            let most = own.iter().filter(is_under_way).count();
            assert!(
                most <= is_open,
                "{name} has {most} calls to {service} under way"
            );
        }
    }
}

/// How many items of the table were looked at or written.
fn items(call: &Call) -> usize {
    let length = |value: &Value| value.as_array().map_or(0, Vec::len);
    match call.operation.as_str() {
        "GetItem" => usize::from(call.answer["Item"].is_object()),
        "Query" => usize::try_from(call.answer["ScannedCount"].as_u64().unwrap_or(0)).unwrap_or(0),
        "BatchGetItem" => {
            let tables = call.answer["Responses"].as_object().into_iter().flatten();
            tables.map(|(_, found)| length(found)).sum()
        }
        "TransactWriteItems" => length(&call.body["TransactItems"]),
        "PutItem" | "UpdateItem" | "DeleteItem" => 1,
        _ => 0,
    }
}

/// Read and write units.
fn units(call: &Call) -> (f64, f64) {
    let capacity = &call.answer["ConsumedCapacity"];
    let one = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or(0.0);
    let units = match capacity {
        Value::Array(tables) => tables.iter().map(one).sum(),
        capacity => one(capacity),
    };
    match call.operation.as_str() {
        "GetItem" | "Query" | "BatchGetItem" => (units, 0.0),
        _ => (0.0, units),
    }
}

fn row(name: &str, calls: &[Call]) -> String {
    let (reads, writes) = calls
        .iter()
        .map(units)
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let items: usize = calls.iter().map(items).sum();
    let (operations, trips) = (operations(calls), round_trips(calls));
    format!("| `{name}` | {operations} | {trips} | {items} | {reads} | {writes} |\n")
}

/// What the workers do after a client was created and invited, with a webhook
/// endpoint that wants everything and answers at once.
async fn story() -> String {
    let app = TestApp::driven_with_right_clocks(1).await;
    let receiver = Receiver::start().await;
    app.register(&receiver, &["*"]).await;
    app.settle().await;
    app.server.aws().record_calls();

    let ada = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let created = app.admin().post("/v1/clients?sendInvite=true", &ada).await;
    created.expect(200);
    app.settle().await;

    let told = receiver.received().len();
    let calls = app.server.aws().calls();
    assert!(told > 0, "no webhook came");
    let rows = ["dispatcher", "deliverer", "mailer"].map(|name| {
        let mut own = calls.clone();
        own.retain(|call| call.function == Some(name));
        own.sort_by_key(|call| call.span);
        row(name, &own)
    });
    format!(
        "{}\nThat is for {told} webhooks and one mail.\n",
        rows.concat()
    )
}

/// An increase fails here, and so does a saving that nobody notes.
#[tokio::test]
async fn every_function_accepts_its_golden_event_at_its_known_cost() {
    let mut table = HEAD.to_owned();
    for function in functions() {
        let app = accepted_by_route(&function).await;
        let calls = own_calls(&app);
        expect_connections(function.route.name, function.at_once, &calls);
        table.push_str(&row(function.route.name, &calls));
    }
    table.push_str("\nWorkers, each on its golden event, by when most of it is done:\n\n");
    table.push_str(HEAD);
    for trigger in TRIGGERS {
        let app = accepted_by_trigger(trigger).await;
        let calls = own_calls(&app);
        expect_connections(trigger.name, trigger.at_once, &calls);
        table.push_str(&row(trigger.name, &calls));
    }
    table.push_str("\nWhat follows when a client is created and invited:\n\n");
    table.push_str(HEAD);
    table.push_str(&story().await);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/costs.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (known, after) = rest.split_once(END).expect("where the table ends");
    if env::var_os("PORTICO_WRITE").is_some() {
        let page = format!("{before}{BEGIN}\n{table}\n{END}{after}");
        fs::write(&path, page).expect("it is written");
    } else {
        assert_eq!(known.trim(), table.trim(), "docs/costs.md");
    }
}
