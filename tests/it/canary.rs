//! A token canary: every token that the way in gives out is looked for wherever
//! it must not be. In the table, in what is told by events and webhooks, in the
//! record of deliveries, in the audit log, in the logs at their most talkative,
//! and in what a browser would send on as a referrer.

use crate::life::everything;
use e2e::{Browser, GoogleStandIn, PASSWORD, Receiver, TestApp};
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Where logs go.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl io::Write for Logs {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Tokens, and what each is.
#[derive(Default)]
struct Tokens(Vec<(&'static str, String)>);

impl Tokens {
    fn add(&mut self, what: &'static str, token: &str) {
        assert!(token.len() >= 20, "{what}: {token}");
        self.0.push((what, token.to_owned()));
    }

    /// The last part of a link.
    fn link(&mut self, what: &'static str, link: &str) {
        self.add(what, link.rsplit('/').next().expect("a part"));
    }

    fn session(&mut self, session: &Value) {
        for name in ["accessToken", "refreshToken"] {
            self.add(name, session[name].as_str().expect("a token"));
        }
    }

    fn are_not_in(&self, place: &str, text: &str) {
        for (what, token) in &self.0 {
            assert!(!text.contains(token), "{what} is in {place}");
        }
    }
}

async fn mail(app: &TestApp, email: &str, path: &str, page: &str) -> String {
    let body = json!({ "email": email });
    app.nobody().post(path, &body).await.expect(200);
    app.settle().await;
    app.link_to(email, page).await
}

/// Has all that is logged kept.
fn log_everything() -> Logs {
    let logs = Logs::default();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new("trace,hyper=off,h2=off,rustls=off,dynoxide=off,aws=info,aws_runtime=info,aws_smithy=info,aws_smithy_runtime=info"))
        .with_writer(logs.clone())
        .init();
    logs
}

async fn come_with_google(
    app: &TestApp,
    google: &GoogleStandIn,
    browser: &mut Browser,
    tokens: &mut Tokens,
) {
    let door = app.sign_in_path().replace("/sign-in", "/google");
    google.is("1", "ada@example.com", true).await;
    let off = browser.open(&door).await;
    tokens.add(
        "an attempt",
        browser.cookie("__Host-portico-google").expect("one"),
    );
    let back = google.follow(off.header("location")).await;
    let query = back.split_once('?').expect("a query").1;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if matches!(&*name, "code" | "state") {
            tokens.add("what Google answered", &value);
        }
    }
    assert_eq!(browser.open(&back).await.status, 303);
}

/// The team's side: invited, in, and in again by each kind of link.
async fn team_gets_in(app: &TestApp, tokens: &mut Tokens) {
    let (nobody, email) = (app.nobody(), "tess@example.com");
    let set_up = app.server.set_up_url().await.expect("a table");
    tokens.link("the first admin's link", &set_up.expect("nobody is in"));
    let tess = app.team_member("Tess Ter", email, "staff").await;
    tokens.link("an invitation to the team", &app.link(email).await);
    tokens.session(&tess.tokens);
    let right = json!({ "email": email, "password": PASSWORD });
    tokens.session(&nobody.post(&app.team_path(), &right).await.expect(200));
    let door = app.sign_in_path().replace("/sign-in", "");
    for (what, page) in [("sign-in/link", "/magic/"), ("forgotten", "/reset/")] {
        let link = mail(app, email, &format!("{door}/{what}?team=true"), page).await;
        tokens.link("a link of the team", &link);
        tokens.session(&nobody.post(&link, &right).await.expect(200));
    }
}

#[tokio::test]
async fn no_token_is_found_where_it_must_not_be() {
    let logs = log_everything();
    let (app, google) = GoogleStandIn::start().await;
    let (admin, nobody, email) = (app.admin(), app.nobody(), "ada@example.com");
    let receiver = Receiver::start().await;
    let endpoint = app.register(&receiver, &["*"]).await;
    let settings = json!({ "isClientDirectSignUpEnabled": true });
    admin.patch("/v1/workspaces", &settings).await.expect(200);
    let mut tokens = Tokens::default();
    tokens.add("the password", PASSWORD);

    // Invited twice, accepted once.
    let ada = app.client("Ada Lovelace", email, None).await;
    let grace = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    admin
        .post("/v1/clients?sendInvite=true", &grace)
        .await
        .expect(200);
    app.settle().await;
    let invited = app.link("grace@example.com").await;
    tokens.link("an invitation", &app.link(email).await);
    tokens.link("an open invitation", &invited);
    tokens.session(&ada.tokens);

    team_gets_in(&app, &mut tokens).await;

    // All the other ways in, each as a program and some as a browser.
    let door = app.sign_in_path();
    let workspace = door.replace("/sign-in", "");
    let right = json!({ "email": email, "password": PASSWORD });
    let session = nobody.post(&door, &right).await.expect(200);
    tokens.session(&session);
    let refresh = json!({ "refreshToken": session["refreshToken"] });
    let session = nobody.post("/sessions/refresh", &refresh).await.expect(200);
    tokens.session(&session);
    let magic = mail(&app, email, &format!("{door}/link"), "/magic/").await;
    let reset = mail(&app, email, &format!("{workspace}/forgotten"), "/reset/").await;
    let mary = json!({ "givenName": "Mary", "familyName": "S", "email": "mary@example.com" });
    nobody
        .post(&format!("{workspace}/sign-up"), &mary)
        .await
        .expect(200);
    app.settle().await;
    let verify = app.link_to("mary@example.com", "/verify/").await;
    let mut browser = app.browser();
    for page in [&door, &invited, &magic, &reset, &verify] {
        let answer = browser.open(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{page}");
        assert_eq!(answer.header("cache-control"), "no-store", "{page}");
        tokens.add("a form's text", browser.csrf());
    }
    for (what, link) in [
        ("a magic link", &magic),
        ("a reset", &reset),
        ("a sign-up", &verify),
    ] {
        tokens.link(what, link);
        let body = json!({ "password": PASSWORD });
        tokens.session(&nobody.post(link, &body).await.expect(200));
    }
    browser.open(&door).await;
    browser
        .submit(&door, &[("email", email), ("password", PASSWORD)])
        .await;
    tokens.add(
        "a cookie",
        browser.cookie("__Host-portico").expect("a session"),
    );
    come_with_google(&app, &google, &mut browser, &mut tokens).await;
    // What goes wrong is logged as well.
    for (_, token) in &tokens.0 {
        let stranger = nobody.with("authorization", &format!("Bearer {token}x"));
        assert_eq!(stranger.get("/portal/me").await.status, 401);
        assert_eq!(stranger.get("/v1/clients").await.status, 401);
    }
    app.settle().await;

    tokens.are_not_in("the table", &everything(&app));
    let webhooks = receiver.received();
    assert!(webhooks.len() > 8, "{}", webhooks.len());
    for webhook in webhooks {
        tokens.are_not_in("a webhook", &webhook.event().to_string());
    }
    let deliveries = format!("/v1/webhook-endpoints/{}/deliveries", e2e::id(&endpoint));
    for path in ["/v1/events?settled=false", &deliveries] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        tokens.are_not_in(path, &answer.text);
    }
    let logs = logs.0.lock().expect("no panic").clone();
    let logs = String::from_utf8(logs).expect("a text");
    assert!(logs.contains("sign-in-create"), "there are logs");
    tokens.are_not_in("the logs", &logs);
    for secret in [email, "Lovelace", &*app.server.api_key] {
        assert!(!logs.contains(secret), "{secret} is in the logs");
    }
}
