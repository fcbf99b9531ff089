//! A deleted company lets go of its clients, however many they are and
//! whatever dies on the way.
//!
//! Larger ones are measured by hand:
//! `COMPANY_CLIENTS=10000 cargo nextest run -p e2e --no-capture however_often`.

use e2e::{TestApp, id};
use portico_domain::{Actor, Change, Client, ClientDraft, Email, PersonName};
use portico_local::{Call, Fault};
use serde_json::{Value, json};
use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: &str = "250";
/// How often the job dies before it is left alone.
const DEATHS: usize = 5;
/// How many clients one transaction can add.
const TOGETHER: usize = 15;

/// Puts clients into a company, past the API.
async fn fill(app: &TestApp, company: &Value, count: usize) {
    let (core, workspace) = (app.server.app(), app.server.workspace_id);
    let numbers: Vec<usize> = (0..count).collect();
    for numbers in numbers.chunks(TOGETHER) {
        let mut change = Change::by_system(core.moment());
        for number in numbers {
            let name = PersonName {
                given_name: "Ada".to_owned(),
                family_name: format!("Number{number}"),
            };
            let email = Email::parse("email", &format!("ada{number}@example.com"));
            let draft = ClientDraft {
                company_ids: vec![id(company).parse().expect("an id")],
                ..ClientDraft::new(name, email.expect("an address"))
            };
            let client = Client::create(change.moment, workspace, draft, Actor::System);
            change.save_client(None, client);
        }
        let store = core.store.workspace(workspace);
        store.commit(&change).await.expect("it is written");
    }
    app.settle().await;
}

async fn company_of(app: &TestApp, clients: usize) -> Value {
    let engines = json!({ "name": "Engines" });
    let company = app.admin().post("/v1/companies", &engines).await;
    let company = company.expect(200);
    fill(app, &company, clients).await;
    company
}

/// How many things a list holds.
async fn length(app: &TestApp, list: &str) -> usize {
    let (mut count, mut after) = (0, String::new());
    loop {
        let path = format!("{list}&limit=1000{after}");
        let page = app.admin().get(&path).await.expect(200);
        count += page["data"].as_array().expect("a list").len();
        match page["nextToken"].as_str() {
            Some(token) => after = format!("&nextToken={token}"),
            None => return count,
        }
    }
}

/// How many clients have been told to have left a company.
async fn departures(app: &TestApp) -> usize {
    length(app, "/v1/events?eventType=company.clientRemoved").await
}

/// How often a company has been told to be empty.
async fn told_empty(app: &TestApp) -> usize {
    length(app, "/v1/events?eventType=company.emptied").await
}

/// What the job has asked of the table.
#[derive(Clone, Default)]
struct Asked {
    reads: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
    items: Arc<AtomicUsize>,
}

impl Asked {
    fn count(&self, call: &Call) {
        let items = call.body["TransactItems"].as_array().map_or(0, Vec::len);
        let calls = if items > 0 { &self.writes } else { &self.reads };
        calls.fetch_add(1, Ordering::Relaxed);
        self.items.fetch_add(items, Ordering::Relaxed);
    }
}

fn is_job(call: &Call) -> bool {
    call.function == Some("detacher")
}

/// Lets the job live for so many calls. Its last one is lost in this way, and
/// nothing that it asks after that arrives.
fn live_for(app: &TestApp, calls: usize, death: Fault, asked: &Asked) {
    let (asked, mut made) = (asked.clone(), 0);
    app.server.aws().inject(move |call: &Call| {
        if !is_job(call) {
            return None;
        }
        made += 1;
        match made {
            _ if made < calls => {
                asked.count(call);
                None
            }
            _ if made == calls => Some(death),
            _ => Some(Fault::LostBefore),
        }
    });
}

/// Nobody is in the company, everybody is still a client, each was told to
/// have left once, and nothing is left to do.
async fn assert_empty(app: &TestApp, company: &Value, clients: usize) {
    assert_eq!(departures(app).await, clients);
    let members = format!("/v1/clients?companyId={}", id(company));
    assert_eq!(length(app, &members).await, 0);
    app.advance(Duration::from_mins(1)).await;
    assert_eq!(told_empty(app).await, 1);
    assert_eq!(length(app, "/v1/clients?sort=createdAt").await, clients);
    // Messages of those who died come once more, and find nothing to do.
    app.advance(Duration::from_hours(1)).await;
    let asked = Asked::default();
    live_for(app, usize::MAX, Fault::LostBefore, &asked);
    app.advance(Duration::from_hours(1)).await;
    assert_eq!(asked.reads.load(Ordering::Relaxed), 0, "it is not due");
    assert_eq!(told_empty(app).await, 1);
}

#[tokio::test]
async fn a_name_that_is_used_again_stays_taken_when_the_deleted_company_is_empty() {
    let app = TestApp::start().await;
    let company = company_of(&app, 1).await;
    let path = format!("/v1/companies/{}", id(&company));
    app.admin().delete(&path).await.expect(200);
    let engines = json!({ "name": "Engines" });
    app.admin()
        .post("/v1/companies", &engines)
        .await
        .expect(200);

    app.advance(Duration::from_mins(1)).await;

    assert_eq!(told_empty(&app).await, 1);
    let again = app.admin().post("/v1/companies", &engines).await;
    again.problem(409, "company_name_taken");
}

#[tokio::test]
async fn a_company_is_emptied_however_often_the_job_dies() {
    let clients = env::var("COMPANY_CLIENTS").unwrap_or_else(|_| CLIENTS.to_owned());
    let clients: usize = clients.parse().expect("a number");
    let app = TestApp::start().await;
    let company = company_of(&app, clients).await;
    let (asked, begun) = (Asked::default(), Instant::now());

    for death in 0..DEATHS {
        let lost = [Fault::LostBefore, Fault::LostAfter][death % 2];
        // A read and a write for each client.
        live_for(&app, clients * 2 / (DEATHS + 1), lost, &asked);
        if death == 0 {
            let path = format!("/v1/companies/{}", id(&company));
            app.admin().delete(&path).await.expect(200);
            app.settle().await;
        } else {
            app.advance(Duration::from_mins(1)).await;
        }
        let left = departures(&app).await;
        assert!(left < clients, "{left} left before death {death}");
        assert_eq!(told_empty(&app).await, 0);
        let waiting = format!("/v1/clients?companyId={}", id(&company));
        assert_eq!(length(&app, &waiting).await, clients - left);
    }
    live_for(&app, usize::MAX, Fault::LostBefore, &asked);
    app.advance(Duration::from_mins(1)).await;

    let took = begun.elapsed();
    let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    eprintln!(
        "{clients} clients, {DEATHS} deaths: empty after {took:?}; {} reads, {} transactions of {} items",
        of(&asked.reads),
        of(&asked.writes),
        of(&asked.items),
    );
    assert_empty(&app, &company, clients).await;
}

#[tokio::test]
async fn a_death_at_any_call_of_the_job_loses_and_doubles_nothing() {
    for death in [Fault::LostBefore, Fault::LostAfter] {
        let mut deaths = 0;
        loop {
            let app = TestApp::start().await;
            let company = company_of(&app, 3).await;
            let asked = Asked::default();
            live_for(&app, deaths + 1, death, &asked);
            app.admin()
                .delete(&format!("/v1/companies/{}", id(&company)))
                .await
                .expect(200);
            app.settle().await;
            let lived = asked.reads.load(Ordering::Relaxed) + asked.writes.load(Ordering::Relaxed);
            let is_done = lived < deaths;
            app.server.aws().heal();
            app.advance(Duration::from_mins(1)).await;

            assert_empty(&app, &company, 3).await;
            if is_done {
                break;
            }
            deaths += 1;
        }
        // The company, its members, and a read and a write for each of them.
        assert!(deaths >= 8, "{deaths} calls");
    }
}
