//! The harness of the end-to-end tests: Portico as its users meet it.
//!
//! [`TestApp`] is the local server with an empty table in memory. Actors talk
//! to it over HTTP, a [`Receiver`] gets its webhooks, and [`TestApp::settle`]
//! runs stream, queues and mail dry, so no test waits for the clock.

#![expect(
    clippy::missing_panics_doc,
    reason = "a harness panics when the test it serves fails"
)]

mod actor;
mod browser;
mod google;
mod receiver;
pub mod stand_in;

pub use actor::{Actor, Answer};
pub use browser::Browser;
pub use google::GoogleStandIn;
pub use receiver::{Received, Receiver, Reply};

use portico_domain::{
    ApiKey, Change, CompanyAccess, Email, InternalUser, InternalUserDraft, InternalUserId, Moment,
    Permission, PersonName, Role, Scope, Time, WorkspaceId,
};
use portico_google::GoogleSettings;
use portico_keys::new_api_key;
use portico_local::{
    Data, LocalServer, Options,
    admin::{FirstAdmin, create_in},
};
use portico_webhook::schedule::Patience;
use serde_json::Value;

use std::{path::Path, time::Duration};

/// The id of a thing that the API answered with.
pub fn id(thing: &Value) -> &str {
    thing["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id in {thing}"))
}

/// The server under test.
pub struct TestApp {
    /// The local server itself.
    pub server: LocalServer,
    http: reqwest::Client,
}

/// The password of every client that [`TestApp::client`] makes.
pub const PASSWORD: &str = "correct horse battery";

/// A client, or a team member, who has accepted its invitation.
pub struct TestClient {
    /// Its id.
    pub id: String,
    /// Its address.
    pub email: String,
    /// Whoever has its access token.
    pub actor: Actor,
    /// What accepting answered: `accessToken`, `refreshToken` and more.
    pub tokens: Value,
}

/// A key that was made for a test.
pub struct TestKey {
    /// The key as the table has it.
    pub stored: ApiKey,
    /// Whoever has it.
    pub actor: Actor,
}

impl TestApp {
    /// A server with nothing in it.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A server that keeps its data in a directory.
    pub async fn start_in(directory: &Path) -> Self {
        Self::with(Options {
            data: Data::Directory(directory.to_owned()),
            ..Options::default()
        })
        .await
    }

    /// A server with nothing in it in which nothing goes on by itself.
    pub async fn driven_from(seed: u64) -> Self {
        Self::with(Options {
            driven_from: Some(seed),
            ..Options::default()
        })
        .await
    }

    /// The same, with clocks that are right.
    pub async fn driven_with_right_clocks(seed: u64) -> Self {
        Self::with(Options {
            driven_from: Some(seed),
            are_clocks_right: true,
            ..Options::default()
        })
        .await
    }

    /// A server with nothing in it whose clients can sign in with Google.
    pub async fn with_google(settings: GoogleSettings) -> Self {
        Self::with(Options {
            google: Some(settings),
            ..Options::default()
        })
        .await
    }

    /// A server that bears with webhooks and endpoints that fail for so long.
    pub async fn with_patience(patience: Patience) -> Self {
        Self::with(Options {
            patience,
            ..Options::default()
        })
        .await
    }

    async fn with(options: Options) -> Self {
        let frozen = Options {
            is_time_frozen: true,
            ..options
        };
        let server = LocalServer::start(frozen).await.expect("the server starts");
        Self {
            server,
            http: client(),
        }
    }

    /// Whoever has the admin's key.
    pub fn admin(&self) -> Actor {
        self.actor(Some(&self.server.api_key))
    }

    /// Whoever has no key.
    pub fn nobody(&self) -> Actor {
        self.actor(None)
    }

    /// Whoever sits at a browser.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.nobody())
    }

    /// A client of this name and address, in this company if one is given, who
    /// has accepted its invitation with [`PASSWORD`].
    pub async fn client(&self, name: &str, email: &str, company: Option<&str>) -> TestClient {
        let mut body = serde_json::json!({ "name": name, "email": email });
        if let Some(company) = company {
            body["companyId"] = company.into();
        }
        let created = self
            .admin()
            .post("/v1/clients?sendInvite=true", &body)
            .await;
        let id = id(&created.expect(200)).to_owned();
        self.settle().await;
        let accept = format!("{}/accept", self.link(email).await);
        let password = serde_json::json!({ "password": PASSWORD });
        let accepted = self.nobody().post(&accept, &password).await.expect(200);
        TestClient {
            id,
            email: email.to_owned(),
            actor: self.bearer(&accepted["session"]),
            tokens: accepted["session"].clone(),
        }
    }

    /// A team member of this name and address, with this role or the id of one,
    /// who has accepted its invitation with [`PASSWORD`].
    pub async fn team_member(&self, name: &str, email: &str, role: &str) -> TestClient {
        let body = serde_json::json!({ "name": name, "email": email, "role": role });
        let path = "/v1/internal-users?sendInvite=true";
        let created = self.admin().post(path, &body).await.expect(201);
        self.settle().await;
        let accept = format!("{}/accept", self.link(email).await);
        let password = serde_json::json!({ "password": PASSWORD });
        let accepted = self.nobody().post(&accept, &password).await.expect(200);
        TestClient {
            id: id(&created).to_owned(),
            email: email.to_owned(),
            actor: self.bearer(&accepted["session"]),
            tokens: accepted["session"].clone(),
        }
    }

    /// Where the team of the first workspace signs in.
    pub fn team_path(&self) -> String {
        format!("{}?team=true", self.sign_in_path())
    }

    /// Whoever shows the access token among these tokens.
    pub fn bearer(&self, tokens: &Value) -> Actor {
        let token = tokens["accessToken"].as_str().expect("an access token");
        self.nobody()
            .with("authorization", &format!("Bearer {token}"))
    }

    /// Where the clients of the first workspace sign in.
    pub fn sign_in_path(&self) -> String {
        format!("/w/{}/sign-in", self.server.workspace_id)
    }

    /// Whoever shows this as a key.
    pub fn actor(&self, key: Option<&str>) -> Actor {
        Actor::new(&self.http, &self.server.url, key)
    }

    /// Whoever has a new key of the first workspace's admin with these
    /// permissions.
    pub async fn key(&self, permissions: &[Permission]) -> TestKey {
        let holder = (self.server.workspace_id, self.server.admin_id);
        let scope = Scope::only(permissions.iter().copied());
        self.key_of(holder, scope).await
    }

    /// The admin of another workspace.
    pub async fn other_tenant(&self) -> TestKey {
        let store = &self.server.app().store;
        let admin = FirstAdmin::new("Other Admin", "admin@other.example").expect("an admin");
        let other = create_in(store, self.moment(), "Other workspace", admin)
            .await
            .expect("the table answers");
        self.key_of((other.id, other.admin_id), Scope::WHOLE).await
    }

    /// Whoever has a new key of a new internal user of the first workspace.
    pub async fn member(&self, role: Role, company_access: CompanyAccess) -> TestKey {
        let (moment, w) = (self.moment(), self.server.workspace_id);
        let id: InternalUserId = moment.id();
        let draft = InternalUserDraft {
            name: PersonName::from_fields(None, None, Some("Mary Major")).expect("a name"),
            email: Email::parse("email", &format!("{id}@example.com")).expect("an address"),
            role,
            company_access,
        };
        let mut change = Change::by_system(moment);
        InternalUser::create(&mut change, id, w, draft, None).expect("nothing is wrong with it");
        let store = &self.server.app().store;
        store
            .workspace(w)
            .commit(&change)
            .await
            .expect("the table answers");
        self.key_of((w, id), Scope::WHOLE).await
    }

    async fn key_of(
        &self,
        (workspace_id, owner): (WorkspaceId, InternalUserId),
        scope: Scope,
    ) -> TestKey {
        let moment = self.moment();
        let id = moment.id();
        let new = new_api_key(workspace_id, owner, id).expect("there is randomness");
        let stored = ApiKey {
            name: "Test".to_owned(),
            scope,
            ..ApiKey::new(id, workspace_id, owner, new.hash, moment.now)
        };
        self.put_key(&stored).await;
        TestKey {
            stored,
            actor: self.actor(Some(new.text.expose())),
        }
    }

    /// Writes a key, such as a revoked one.
    pub async fn put_key(&self, key: &ApiKey) {
        self.server
            .app()
            .store
            .put_api_key(key)
            .await
            .expect("the table answers");
    }

    /// Runs stream, queues and mail until nothing is left to do now.
    pub async fn settle(&self) {
        self.server.settle().await;
    }

    /// Moves the clock forward, runs what is scheduled, and settles.
    pub async fn advance(&self, by: Duration) {
        self.server.advance(by).await;
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.server.app().now()
    }

    fn moment(&self) -> Moment<'_> {
        self.server.app().moment()
    }

    /// The mails to an address, newest first, as Mailpit's API shows them.
    pub async fn mails(&self, to: &str) -> Vec<Value> {
        let nobody = self.nobody();
        let found = nobody
            .get(&format!("/_dev/mail/api/v1/search?query=to:{to}"))
            .await;
        let mut mails = Vec::new();
        for summary in found.body["messages"].as_array().into_iter().flatten() {
            let id = summary["ID"].as_str().expect("a mail has an id");
            mails.push(
                nobody
                    .get(&format!("/_dev/mail/api/v1/message/{id}"))
                    .await
                    .body,
            );
        }
        mails
    }

    /// The path of the link in the newest mail to an address.
    pub async fn link(&self, to: &str) -> String {
        self.link_to(to, "/i/").await
    }

    /// The path of the link to this kind of page in the newest mail to an
    /// address.
    pub async fn link_to(&self, to: &str, page: &str) -> String {
        let mails = self.mails(to).await;
        let text = mails
            .first()
            .and_then(|mail| mail["Text"].as_str())
            .expect("a mail has come");
        let start = text.find(page).expect("the mail has a link");
        text[start..]
            .split_whitespace()
            .next()
            .expect("the link ends")
            .to_owned()
    }

    /// Registers a receiver for these events as the admin; answers with its
    /// endpoint, the secret in it.
    pub async fn register(&self, receiver: &Receiver, event_types: &[&str]) -> Value {
        let body = serde_json::json!({ "url": receiver.url, "eventTypes": event_types });
        self.admin()
            .post("/v1/webhook-endpoints", &body)
            .await
            .expect(201)
    }
}

/// A function that lacks a grant fails the test, also where the answer was as
/// expected: whatever works by a queue is tried again and seen by nobody.
impl Drop for TestApp {
    fn drop(&mut self) {
        let missed = self.server.aws().missed_grants();
        assert!(
            missed.is_empty() || std::thread::panicking(),
            "functions lack grants: {missed:?}"
        );
    }
}

fn client() -> reqwest::Client {
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder()
        .redirect(redirects)
        .no_proxy()
        .build()
        .expect("a client can be made")
}
