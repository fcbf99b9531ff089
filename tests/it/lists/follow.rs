//! Lists follow what happened, whatever becomes of the records that tell it.

use super::book::Book;
use e2e::{TestApp, id};
use portico_app::{Source, Trigger, TriggerError};
use portico_bootstrap::TRIGGERS;
use portico_domain::{Change, Client, CompanyAccess, Role, kind};
use portico_local::{
    Call, Fault,
    steps::{Step, Stepped},
};
use serde_json::{Value, json};
use std::time::Duration;

const NAMES: [&str; 8] = [
    "Ada", "Adam", "Zoë", "Søren", "Åke", "O'Neil", "Lovelace", "Lo",
];
const POSITIONS: [&str; 4] = ["", "Dean of Adventure", "Loan officer", "Zookeeper"];
const TAGS: [&str; 3] = ["VIP", "Key account", "Ärger"];
const SEARCHES: [&str; 5] = ["a", "lo", "ada lo", "zoe", "ex"];
const HISTORIES: u64 = 3;
const CHANGES: usize = 35;

/// A history of changes with workers that are handed the stream's records late,
/// twice, in another order or never, interleaved step by step, and that die.
struct History {
    app: TestApp,
    random: fastrand::Rng,
    clients: Vec<String>,
    companies: Vec<String>,
    managers: Vec<String>,
    records: Vec<Value>,
    workers: Vec<Stepped<Result<Value, TriggerError>>>,
    count: usize,
}

fn dispatcher() -> &'static Trigger {
    let dispatcher = TRIGGERS
        .iter()
        .find(|trigger| trigger.source == Source::Stream);
    dispatcher.expect("the stream has its function")
}

impl History {
    async fn begin(seed: u64) -> Self {
        let app = TestApp::driven_from(seed).await;
        let managers = managers(&app).await;
        Self {
            app,
            random: fastrand::Rng::with_seed(seed),
            clients: Vec::new(),
            companies: Vec::new(),
            managers,
            records: Vec::new(),
            workers: Vec::new(),
            count: 0,
        }
    }

    async fn change(&mut self) {
        self.count += 1;
        let admin = self.app.admin();
        let is_few = self.clients.len() < 4;
        match self.random.u8(..20) {
            0..2 => {
                let name = format!("{} {}", self.name(), self.count);
                let mut body = self.grouping();
                body["name"] = json!(name);
                let created = admin.post("/v1/companies", &body).await.expect(200);
                self.companies.push(id(&created).to_owned());
            }
            2..7 => self.add().await,
            _ if is_few => self.add().await,
            7..11 => {
                let mut body = self.grouping();
                body["givenName"] = json!(self.name());
                body["companyIds"] = json!(self.some(&self.companies.clone()));
                admin.patch(&self.any_client(), &body).await;
            }
            11 => drop(
                admin
                    .patch(&self.any_client(), &json!({ "position": self.position() }))
                    .await,
            ),
            12 => drop(admin.delete(&self.any_client()).await),
            13 => {
                let client = self.any_client();
                let client = client.rsplit('/').next().expect("an id");
                admin
                    .post("/v1/invitations", &json!({ "clientId": client }))
                    .await;
            }
            14..17 => self.act().await,
            17 if self.companies.len() > 2 => {
                let gone = self
                    .companies
                    .swap_remove(self.random.usize(..self.companies.len()));
                admin
                    .delete(&format!("/v1/companies/{gone}"))
                    .await
                    .expect(200);
            }
            _ => {
                if let Some(company) = self.random.choice(self.companies.clone()) {
                    let mut body = self.grouping();
                    body["isActive"] = json!(self.random.bool());
                    admin
                        .patch(&format!("/v1/companies/{company}"), &body)
                        .await
                        .expect(200);
                }
            }
        }
    }

    async fn add(&mut self) {
        let mut body = self.grouping();
        body["name"] = json!(format!("{} {}", self.name(), self.name()));
        body["email"] = json!(format!(
            "{}.{}@example.com",
            self.random.alphabetic(),
            self.count
        ));
        body["position"] = json!(self.position());
        body["companyIds"] = json!(self.some(&self.companies.clone()));
        let created = self.app.admin().post("/v1/clients", &body).await;
        if created.status == 200 {
            self.clients.push(id(&created.body).to_owned());
        }
    }

    /// A client does something itself; no event tells of it.
    async fn act(&mut self) {
        let (client, is_active) = (self.any_client(), self.random.bool());
        let app = self.app.server.app();
        let workspace = app.store.workspace(self.app.server.workspace_id);
        let client = client.rsplit('/').next().and_then(|id| id.parse().ok());
        let before = workspace
            .client(client.expect("an id"))
            .await
            .expect("it answers");
        let Some(before) = before.filter(Client::is_listed) else {
            return;
        };
        let now = app.now();
        let mut change = Change::by_system(app.moment());
        let mut after = Client {
            last_activity_at: Some(now),
            ..before.clone()
        };
        after.activated_at = after.activated_at.or_else(|| is_active.then_some(now));
        change.save_client(Some(&before), after);
        workspace.commit(&change).await.expect("nobody else writes");
    }

    fn grouping(&mut self) -> Value {
        let managers = self.managers.clone();
        json!({ "tags": self.some(&TAGS.map(str::to_owned)), "accountManagerIds": self.some(&managers) })
    }

    fn some(&mut self, of: &[String]) -> Vec<String> {
        let count = self.random.usize(..=of.len().min(3));
        self.random.choose_multiple(of.iter().cloned(), count)
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.random.usize(..NAMES.len())]
    }

    fn position(&mut self) -> &'static str {
        POSITIONS[self.random.usize(..POSITIONS.len())]
    }

    fn any_client(&mut self) -> String {
        format!(
            "/v1/clients/{}",
            self.clients[self.random.usize(..self.clients.len())]
        )
    }

    /// Hands records to a new worker, or not.
    async fn tell(&mut self) {
        self.records.extend(self.app.server.stream_records().await);
        self.random.shuffle(&mut self.records);
        let count = self.random.usize(..=self.records.len());
        let taken = match self.random.u8(..4) {
            // They come again.
            0 => self.records[..count].to_vec(),
            // They are lost.
            1 => return drop(self.records.drain(..count)),
            _ => self.records.drain(..count).collect(),
        };
        let work = self
            .app
            .server
            .work(dispatcher(), json!({ "Records": taken }));
        self.workers.push(Stepped::new(work));
    }

    async fn step(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let place = self.random.usize(..self.workers.len());
        let step = self.workers[place].step().await;
        let dies = self.random.u8(..60) == 0;
        if dies || matches!(step, Step::Done(_)) {
            self.workers.swap_remove(place);
        }
    }

    async fn run(mut self) -> TestApp {
        while self.count < CHANGES {
            match self.random.u8(..12) {
                0 => self.change().await,
                1 => self.tell().await,
                2 => self.app.server.pass(Duration::from_millis(7)),
                _ => self.step().await,
            }
        }
        while !self.workers.is_empty() {
            self.step().await;
        }
        // The sweep makes up for everything that was lost, and the detacher
        // needs its time.
        for _ in 0..3 {
            self.app.advance(Duration::from_mins(1)).await;
        }
        self.app
    }
}

/// Who can be an account manager.
async fn managers(app: &TestApp) -> Vec<String> {
    let mut managers = Vec::new();
    for _ in 0..2 {
        let member = app.member(Role::Staff, CompanyAccess::ALL).await;
        managers.push(member.stored.owner.to_string());
    }
    managers
}

#[tokio::test]
async fn after_any_history_every_list_shows_what_the_things_themselves_say() {
    let (mut clients, mut companies) = (0, 0);
    for seed in 0..HISTORIES {
        let app = History::begin(seed).await.run().await;
        let book = Book::read(&app).await;
        eprintln!(
            "history {seed}: {} clients, {} companies",
            book.clients.len(),
            book.companies.len()
        );
        book.check(&app, &SEARCHES).await;
        clients += book.clients.len();
        companies += book.companies.len();
    }
    assert!(
        clients > 12 && companies > 4,
        "{clients} clients, {companies} companies: nothing was tried"
    );
}

#[tokio::test]
async fn a_list_that_could_not_follow_is_made_up_for_by_the_sweep_and_webhooks_go_out() {
    let app = TestApp::start().await;
    let receiver = e2e::Receiver::start().await;
    app.register(&receiver, &["client.*"]).await;
    app.settle().await;
    let is_listing =
        |call: &Call| call.operation == "TransactWriteItems" && call.function == Some("dispatcher");
    app.server.aws().inject(move |call: &Call| {
        is_listing(call).then_some(Fault::Refuse("InternalServerError"))
    });
    super::client(&app, "Ada Lovelace", "ada@example.com", json!({})).await;
    app.settle().await;

    assert_eq!(receiver.event_types(), ["client.created"]);
    assert_eq!(
        super::names(&app, "/v1/clients?search=ada").await,
        Vec::<String>::new()
    );

    app.server.aws().heal();
    app.advance(Duration::from_mins(1)).await;
    assert_eq!(
        super::names(&app, "/v1/clients?search=ada").await,
        ["Ada Lovelace"]
    );
    assert_eq!(
        receiver.event_types(),
        ["client.created"],
        "and nothing is told twice"
    );
}

#[tokio::test]
async fn what_cannot_be_listed_for_an_hour_keeps_its_event_no_longer() {
    let app = TestApp::start().await;
    let is_listing = |call: &Call| {
        call.operation == "TransactWriteItems"
            && matches!(call.function, Some("dispatcher" | "sweeper"))
    };
    app.server.aws().inject(move |call: &Call| {
        is_listing(call).then_some(Fault::Refuse("ValidationException"))
    });
    super::client(&app, "Ada Lovelace", "ada@example.com", json!({})).await;
    app.settle().await;

    app.advance(Duration::from_mins(59)).await;
    assert!(is_swept(&app).await, "its event is still due");
    app.advance(Duration::from_mins(2)).await;
    assert!(!is_swept(&app).await);
}

/// Whether the sweeper finds an event that is due.
async fn is_swept(app: &TestApp) -> bool {
    let due =
        app.server
            .app()
            .store
            .due::<kind::Event>(portico_store::DueKind::Event, app.now(), 10);
    !due.await.expect("the table answers").is_empty()
}

/// Derives everything anew, as `portico index rebuild` does.
async fn rebuild(app: &TestApp) -> u64 {
    let (mut seen, mut after) = (0, Value::Null);
    loop {
        let body = json!({ "after": after });
        let progress = app.nobody().post("/_dev/index", &body).await.expect(200);
        assert_eq!(progress["failed"], 0);
        seen += progress["seen"].as_u64().expect("a number");
        after = progress["next"].clone();
        if after.is_null() {
            return seen;
        }
    }
}

#[tokio::test]
async fn a_rebuild_lists_what_never_was_and_forgets_what_is_gone() {
    let app = TestApp::start().await;
    let engines = super::company(&app, "Engines", json!({})).await;
    let more = json!({ "companyIds": [engines] });
    let grace = super::client(&app, "Grace Hopper", "grace@example.com", more.clone()).await;
    app.settle().await;
    // From now on nothing follows.
    app.server.aws().inject(|call: &Call| {
        (call.function == Some("dispatcher")).then_some(Fault::Refuse("InternalServerError"))
    });
    super::client(&app, "Ada Lovelace", "ada@example.com", more).await;
    let path = format!("/v1/clients/{}", id(&grace));
    app.admin().delete(&path).await.expect(200);
    app.settle().await;
    assert_eq!(
        super::names(&app, "/v1/clients?sort=name").await,
        ["Grace Hopper"]
    );
    app.server.aws().heal();

    assert_eq!(rebuild(&app).await, 2, "a client and a company");

    for query in ["sort=name", "search=love", "status=notInvited"] {
        let found = super::names(&app, &format!("/v1/clients?{query}")).await;
        assert_eq!(found, ["Ada Lovelace"], "{query}");
    }
    assert_eq!(
        super::names(&app, "/v1/clients?search=grace").await,
        Vec::<String>::new()
    );
    assert_eq!(
        super::names(&app, "/v1/companies?sort=-clientCount").await,
        ["Engines"]
    );
    app.server.aws().record_calls();
    rebuild(&app).await;
    let writes = app
        .server
        .aws()
        .calls()
        .into_iter()
        .filter(|call| call.operation != "Query" && call.operation != "GetItem");
    let writes: Vec<String> = writes.map(|call| call.operation).collect();
    assert_eq!(
        writes,
        Vec::<String>::new(),
        "a second one finds nothing to write"
    );
}
