//! What an earlier version wrote is read, and goes on from there.
//!
//! `earlier/` has the items of a small installation as a version left them,
//! with its root key. During an upgrade old and new code run side by side, and
//! afterwards nothing is written anew: whatever is in the table stays as it is
//! until it is changed. With each release a file is added here and none is
//! taken away; its items come from the table of a local server that ran the
//! release, `item_json` in `table.sqlite`.

use e2e::{Actor, Receiver, TestApp};
use portico_domain::Time;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const EARLIER: &[(&str, &str)] = &[("0.1.0", include_str!("earlier/0.1.0.json"))];

const PASSWORD: &str = "correct horse battery staple";

/// A server over what an earlier version left, at the time at which it did.
struct Upgraded {
    app: TestApp,
    left: Value,
    receiver: Receiver,
    _directory: TempDir,
}

impl Upgraded {
    async fn from(text: &str) -> Self {
        let receiver = Receiver::start().await;
        let text = text.replace("http://receiver.test/hooks", &receiver.url);
        let left: Value = serde_json::from_str(&text).expect("JSON");
        let directory = TempDir::new().expect("a directory");
        let taken_at: Time = serde_json::from_value(left["takenAt"].clone()).expect("a time");
        let mut state = left["state"].clone();
        let back = taken_at.unix_millis() - Time::system_now().unix_millis();
        state["clockMovedBy"] = back.into();
        fs::write(directory.path().join("portico.json"), state.to_string()).expect("it is written");
        let app = TestApp::start_in(directory.path()).await;
        for item in left["items"].as_array().expect("items") {
            let put = http::Request::post("/")
                .header("x-amz-target", "DynamoDB_20120810.PutItem")
                .body(
                    json!({ "TableName": "portico", "Item": item })
                        .to_string()
                        .into(),
                )
                .expect("a request");
            let answer = app.server.aws().serve(&put).await;
            assert!(answer.status().is_success(), "{:?}", answer.body());
        }
        Self {
            app,
            left,
            receiver,
            _directory: directory,
        }
    }

    fn id(&self, kind: &str, name: &str) -> &str {
        self.left[kind][name].as_str().expect("an id")
    }

    async fn status(&self, client: &str) -> Value {
        let client = self.id("clients", client);
        let found = self.app.admin().get(&format!("/v1/clients/{client}")).await;
        found.expect(200)["status"].clone()
    }
}

async fn all(admin: &Actor, path: &str) -> usize {
    let page = admin.get(path).await.expect(200);
    page["data"].as_array().expect("a list").len()
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_read() {
    for (version, text) in EARLIER {
        let upgraded = Upgraded::from(text).await;
        let admin = upgraded.app.admin();

        for (client, status) in [
            ("ada", "active"),
            ("grace", "invited"),
            ("kurt", "notInvited"),
        ] {
            assert_eq!(upgraded.status(client).await, status, "{version}: {client}");
        }
        let looms = upgraded.id("companies", "looms");
        let company = admin
            .get(&format!("/v1/companies/{looms}"))
            .await
            .expect(200);
        assert_eq!(company["name"], "Looms", "{version}");
        for (path, count) in [
            ("/v1/clients", 3),
            ("/v1/companies?isPlaceholder=false", 2),
            ("/v1/invitations", 3),
            ("/v1/webhook-endpoints", 2),
            ("/v1/clients?email=ada@example.com", 1),
            (&format!("/v1/clients?companyId={looms}"), 1),
        ] {
            assert_eq!(all(&admin, path).await, count, "{version}: {path}");
        }
        assert!(all(&admin, "/v1/events").await > 10, "{version}");
        for endpoint in upgraded.left["endpoints"].as_array().expect("endpoints") {
            let endpoint = endpoint.as_str().expect("an id");
            let path = format!("/v1/webhook-endpoints/{endpoint}");
            admin.get(&format!("{path}/health")).await.expect(200);
            assert!(
                all(&admin, &format!("{path}/deliveries")).await > 0,
                "{version}"
            );
        }
        let recovery = upgraded.left["recovery"].as_str().expect("an id");
        let recovery = admin
            .get(&format!("/v1/webhook-recoveries/{recovery}"))
            .await;
        recovery.expect(200);
        admin.get("/v1/workspaces").await.expect(200);
    }
}

#[tokio::test]
async fn what_an_earlier_version_began_goes_on() {
    for (version, text) in EARLIER {
        let upgraded = Upgraded::from(text).await;
        let (app, admin) = (&upgraded.app, upgraded.app.admin());
        // Sessions of that version were made in another way, and lasted twelve
        // hours: whoever has one signs in once more, with the same password.
        let session = upgraded.left["session"].as_str().expect("a token");
        let ada = app
            .nobody()
            .with("authorization", &format!("Bearer {session}"));
        ada.get("/portal/me").await.problem(401, "session_missing");
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let tokens = app.nobody().post(&app.sign_in_path(), &body).await;
        let ada = app.bearer(&tokens.expect(200));
        ada.get("/portal/me").await.expect(200);

        let link = upgraded.left["openLink"].as_str().expect("a link");
        let password = json!({ "password": PASSWORD });
        let accepted = app
            .nobody()
            .post(&format!("{link}/accept"), &password)
            .await;
        accepted.expect(200);
        assert_eq!(upgraded.status("grace").await, "active", "{version}");

        let (rides, kurt) = (
            upgraded.id("companies", "rides"),
            upgraded.id("clients", "kurt"),
        );
        let changes = json!({ "givenName": "Kurt Friedrich", "companyIds": [rides] });
        let path = format!("/v1/clients/{kurt}");
        let renamed = admin.patch(&path, &changes).await.expect(200);
        assert_eq!(renamed["givenName"], "Kurt Friedrich", "{version}");
        let invited = admin
            .post("/v1/invitations", &json!({ "clientId": kurt }))
            .await;
        invited.expect(201);
        app.settle().await;

        let told = upgraded.receiver.event_types();
        let told = told.iter().filter(|name| *name == "client.activated");
        assert!(told.count() >= 1, "{version}: the endpoints are told");
        app.link("kurt@example.com").await;
        admin.delete(&path).await.expect(200);
        admin
            .delete(&format!("/v1/companies/{rides}"))
            .await
            .expect(200);
        app.settle().await;
    }
}
